// A real VS Code for a test: code-server with the extension, a workspace in a temporary folder, and
// Chromium to type into it. Started by run.sh, which says what must be there.

import { spawn, spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export const source = process.env.CURLEW_SOURCE_DIR;
export const limitMs = 120_000; // of every single wait, on a machine that may be busy
const extension = path.join(source, 'editors/vscode');
const updatePictures = process.argv.includes('--update-pictures');
const { chromium } = createRequire(path.join(extension, 'package.json'))('playwright-core');

// A program's place belongs to the machine the server runs on, and so to that machine's settings.
const machineSettings = { 'curlew.server.path': process.env.CURLEW_BINARY };

const editorSettings = {
  'chat.disableAIFeatures': true,
  'editor.autoClosingBrackets': 'never',
  'editor.inlineSuggest.enabled': true,
  'editor.minimap.enabled': false,
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'files.autoSave': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

const started = Date.now();
export const lap = (what) => console.log(`${((Date.now() - started) / 1000).toFixed(1)} s  ${what}`);

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function environment(home) {
  const nowhere = 'http://127.0.0.1:9/none'; // no look-ups in an extension gallery
  const gallery = { serviceUrl: nowhere, itemUrl: nowhere, resourceUrlTemplate: nowhere };
  return {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_DATA_HOME: path.join(home, '.local/share'),
    XDG_CACHE_HOME: path.join(home, '.cache'),
    XDG_STATE_HOME: path.join(home, '.local/state'),
    EXTENSIONS_GALLERY: JSON.stringify(gallery),
  };
}

/** Packs the extension that was written in one folder into another. */
function packed(written, folder) {
  const vsce = path.join(extension, 'node_modules/.bin/vsce');
  const vsix = path.join(folder, `${path.basename(written)}.vsix`);
  const options = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
  const done = spawnSync(vsce, ['package', ...options], { cwd: written, encoding: 'utf8', timeout: limitMs });
  assert.equal(done.status, 0, `${written} cannot be packed: ${done.stdout}${done.stderr}`);
  return vsix;
}

async function startCodeServer(folder, workspace, { settings, extensions }) {
  const home = path.join(folder, 'home');
  const userData = path.join(home, 'user-data');
  const user = { ...editorSettings, ...settings };
  for (const [scope, chosen] of [['User', user], ['Machine', machineSettings]]) {
    fs.mkdirSync(path.join(userData, scope), { recursive: true });
    fs.writeFileSync(path.join(userData, scope, 'settings.json'), JSON.stringify(chosen));
  }
  const config = path.join(home, 'config.yaml');
  fs.writeFileSync(config, '');
  const common = [
    process.env.CODE_SERVER,
    ...['--user-data-dir', userData],
    ...['--extensions-dir', path.join(home, 'extensions')],
    ...['--config', config],
  ];
  const options = { env: environment(home), encoding: 'utf8', timeout: limitMs };
  for (const vsix of [path.join(extension, 'curlew-0.1.0.vsix'), ...extensions.map((one) => packed(one, folder))]) {
    const install = spawnSync(process.execPath, [...common, '--install-extension', vsix], options);
    assert.equal(install.status, 0, `${vsix} does not install: ${install.stdout}${install.stderr}`);
  }

  const port = await freePort();
  const quiet = ['--auth', 'none', '--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'];
  const log = fs.openSync(path.join(folder, 'code-server.log'), 'w');
  const server = spawn(
    process.execPath,
    [...common, '--bind-addr', `127.0.0.1:${port}`, ...quiet, workspace],
    { env: environment(home), stdio: ['ignore', log, log] },
  );
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + limitMs; ; ) {
    const healthy = await fetch(`${url}/healthz`).then((reply) => reply.ok, () => false);
    if (healthy) return { server, url };
    assert.ok(Date.now() < deadline && server.exitCode === null, 'code-server does not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function openBrowser(folder, viewport) {
  return chromium.launchPersistentContext(path.join(folder, 'browser'), {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}

/** What a test does with the editor. */
class Ide {
  constructor(page, folder, workspace) {
    Object.assign(this, { page, folder, workspace });
  }

  /** Types into the quick input and takes the row with `label`; again when the first keys were lost. */
  async pick(openKey, text, label) {
    const row = `.quick-input-list .monaco-list-row >> text=${label}`;
    for (let tries = 3; ; --tries) {
      await this.page.keyboard.press(openKey);
      await this.page.waitForSelector('.quick-input-widget input');
      await this.page.keyboard.type(text, { delay: 40 });
      const found = await this.page.waitForSelector(row, { timeout: limitMs / 8 }).catch(() => undefined);
      if (found) break;
      assert.ok(tries > 1, `no "${label}" to pick`);
      await this.page.keyboard.press('Escape');
    }
    await this.page.keyboard.press('Enter');
  }

  /** Line and column from 1, as the status bar has them. */
  async openFile(name, line, column = 1) {
    await this.pick('Control+P', `${name}:${line}:${column}`, name);
    await this.page.waitForSelector(`.tab.active >> text=${name}`);
    await this.page.waitForSelector('.editor-instance .view-lines');
    await this.cursorAt(line, column);
  }

  cursorAt(line, column) {
    return this.page.waitForSelector(`.statusbar-item >> text="Ln ${line}, Col ${column}"`);
  }

  runCommand(title) {
    return this.pick('F1', title, title);
  }

  async waitForStatus(text) {
    await this.page.waitForSelector(`.statusbar-item >> text=${text}`);
    lap(`status bar: ${text}`);
  }

  /** Into the folder of the test; into docs/images, too, when that is asked for. */
  async screenshot(name, clip) {
    await this.page.screenshot({ path: path.join(this.folder, name), ...(clip && { clip }) });
    if (!updatePictures) return;
    const pictures = path.join(source, 'docs/images');
    fs.mkdirSync(pictures, { recursive: true });
    fs.copyFileSync(path.join(this.folder, name), path.join(pictures, name));
  }

  read(file) {
    return fs.readFileSync(path.join(this.workspace, file), 'utf8');
  }

  /** Saves, and waits until the file holds something else than `before`. */
  async savedText(file, before) {
    await this.page.keyboard.press('Control+S');
    return this.until(() => 'the file was not saved', () => {
      const text = this.read(file);
      return text === before ? undefined : text;
    });
  }

  /** The first answer of `probe` that is not undefined; `what` went wrong when there is none. */
  async until(what, probe) {
    for (const deadline = Date.now() + limitMs; ; ) {
      const answer = await probe();
      if (answer !== undefined) return answer;
      if (Date.now() > deadline) assert.fail(what());
      await this.page.waitForTimeout(50);
    }
  }
}

/** Until the extension says that it is ready. An editor whose extensions do not start is loaded again. */
async function open(page, url) {
  const ready = '.statusbar-item >> text=Curlew: ready';
  for (let tries = 3; ; --tries) {
    await page.goto(url);
    await page.waitForSelector('.monaco-workbench');
    lap('workbench');
    const found = await page.waitForSelector(ready, { timeout: limitMs / 2 }).catch(() => undefined);
    if (found) return lap('ready');
    assert.ok(tries > 1, 'the extension does not start');
  }
}

async function run(folder, options, test) {
  const workspace = path.join(folder, 'curlew');
  fs.mkdirSync(path.join(workspace, '.git'), { recursive: true });
  options.fill(workspace);
  const { server, url } = await startCodeServer(folder, workspace, { settings: {}, extensions: [], ...options });
  const viewport = options.viewport ?? { width: 1100, height: 620 };
  const browser = await openBrowser(folder, viewport).catch((error) => {
    server.kill();
    throw error;
  });
  const page = browser.pages()[0] ?? (await browser.newPage());
  page.setDefaultTimeout(limitMs);
  try {
    await open(page, `${url}/?folder=${workspace}`);
    await test(new Ide(page, folder, workspace));
  } catch (error) {
    await page.screenshot({ path: path.join(folder, 'failed.png') }).catch(() => undefined);
    const labels = await page.$$eval('.statusbar-item', (all) => all.map((item) => item.ariaLabel));
    console.log(`status bar at the end: ${labels.filter((label) => label?.includes('Curlew'))}; see ${folder}`);
    throw error;
  } finally {
    await browser.close().catch(() => undefined);
    server.kill();
  }
}

/**
 * Runs `test(ide)` in an editor of its own and sets this process's exit code.
 * options: fill(workspace) writes the workspace's files; settings of the user; extensions: folders of more
 * extensions; viewport.
 */
export async function withIde(options, test) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'curlew-vscode-'));
  try {
    await run(folder, options, test);
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    lap('passed');
  } catch (error) {
    console.log(error);
    process.exitCode = 1;
  }
}
