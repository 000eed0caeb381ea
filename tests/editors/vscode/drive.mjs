// Types into a real VS Code with the Curlew extension, accepts a completion, and compares the file with
// what was on the screen. Started by run.sh, which says what must be there.
//
// The completion's text is the server's business: whatever it suggests must be shown, and what was
// shown must be what Tab writes.

import { spawn, spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const source = process.env.CURLEW_SOURCE_DIR;
const extension = path.join(source, 'editors/vscode');
const updatePictures = process.argv.includes('--update-pictures');
const { chromium } = createRequire(path.join(extension, 'package.json'))('playwright-core');

const limitMs = 60_000; // of every single wait
// A half-written function beside one much like it, kernels/reference/reference.cpp: whatever the model,
// there is something to suggest.
const file = 'kernels/reference/unit_rows.cpp';
const fileText = fs.readFileSync(path.join(source, 'tests/editors/sample.cpp'), 'utf8');
const cursorLine = fileText.split('\n').indexOf('    double squares = 0;') + 1; // the empty line
const typed = '    for (int c = 0; c < cols; ++c) squares +=';

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
const lap = (what) => console.log(`${((Date.now() - started) / 1000).toFixed(1)} s  ${what}`);

function makeWorkspace(folder) {
  const workspace = path.join(folder, 'curlew');
  fs.cpSync(path.join(source, 'kernels'), path.join(workspace, 'kernels'), { recursive: true });
  fs.mkdirSync(path.join(workspace, '.git'));
  fs.writeFileSync(path.join(workspace, file), fileText);
  return workspace;
}

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

async function startCodeServer(folder, workspace) {
  const home = path.join(folder, 'home');
  const userData = path.join(home, 'user-data');
  for (const [scope, settings] of [['User', editorSettings], ['Machine', machineSettings]]) {
    fs.mkdirSync(path.join(userData, scope), { recursive: true });
    fs.writeFileSync(path.join(userData, scope, 'settings.json'), JSON.stringify(settings));
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
  const vsix = path.join(extension, 'curlew-0.1.0.vsix');
  const install = spawnSync(process.execPath, [...common, '--install-extension', vsix], options);
  assert.equal(install.status, 0, `the extension does not install: ${install.stdout}${install.stderr}`);

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

async function openBrowser(folder) {
  return chromium.launchPersistentContext(path.join(folder, 'browser'), {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1100, height: 620 },
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}

/** Types into the quick input and takes the row with `label`; again when the first keys were lost. */
async function pick(page, openKey, text, label) {
  const row = `.quick-input-list .monaco-list-row >> text=${label}`;
  for (let tries = 3; ; --tries) {
    await page.keyboard.press(openKey);
    await page.waitForSelector('.quick-input-widget input');
    await page.keyboard.type(text, { delay: 40 });
    const found = await page.waitForSelector(row, { timeout: limitMs / 4 }).catch(() => undefined);
    if (found) break;
    assert.ok(tries > 1, `no "${label}" to pick`);
    await page.keyboard.press('Escape');
  }
  await page.keyboard.press('Enter');
}

async function openFile(page) {
  const name = path.basename(file);
  await pick(page, 'Control+P', `${name}:${cursorLine + 1}`, name);
  await page.waitForSelector('.editor-instance .view-lines');
  await page.waitForSelector(`.statusbar-item >> text=Ln ${cursorLine + 1}, Col 1`);
}

function runCommand(page, title) {
  return pick(page, 'F1', title, title);
}

async function waitForStatus(page, text) {
  await page.waitForSelector(`.statusbar-item >> text=${text}`);
  lap(`status bar: ${text}`);
}

async function screenshot(page, folder, name) {
  await page.screenshot({ path: path.join(folder, name) });
  if (!updatePictures) return;
  const pictures = path.join(source, 'docs/images');
  fs.mkdirSync(pictures, { recursive: true });
  fs.copyFileSync(path.join(folder, name), path.join(pictures, name));
}

/** Ghost text as it is shown, its lines joined; the editor paints blanks as no-break spaces. */
async function ghostText(page) {
  const pieces = await page.$$eval('.ghost-text-decoration, .ghost-text-decoration-preview', (all) =>
    all.map((piece) => piece.textContent),
  );
  const lines = await page.$$eval('.suggest-preview-text .view-line, .ghost-text .view-line', (all) =>
    all.map((line) => line.textContent),
  );
  return [pieces.join(''), ...lines].join('\n').replaceAll('\u00a0', ' ');
}

/** The ghost text, other than `before`, when it has not changed for a while: the answer to the last key. */
async function settledGhostText(page, before = '') {
  const settledMs = 1000;
  let shown = before;
  let since = Date.now();
  for (const deadline = Date.now() + limitMs; shown === before || Date.now() - since < settledMs; ) {
    assert.ok(Date.now() < deadline, 'no ghost text');
    const now = await ghostText(page);
    if (now !== shown) [shown, since] = [now, Date.now()];
    await page.waitForTimeout(50);
  }
  return shown;
}

async function savedText(page, workspace, before) {
  await page.keyboard.press('Control+S');
  for (const deadline = Date.now() + limitMs; ; ) {
    const text = fs.readFileSync(path.join(workspace, file), 'utf8');
    if (text !== before) return text;
    assert.ok(Date.now() < deadline, 'the file was not saved');
    await page.waitForTimeout(50);
  }
}

async function completeAndAccept(page, folder, workspace) {
  await page.keyboard.type(typed, { delay: 40 });
  const shown = await settledGhostText(page);
  lap(`ghost text: ${JSON.stringify(shown)}`);
  await screenshot(page, folder, 'vscode-completion.png');

  await page.keyboard.press('Control+ArrowRight'); // its first word, then all of it
  assert.ok(shown.endsWith(await settledGhostText(page, shown)), 'what is left is the end of what was shown');
  lap('accepted a word');
  await page.keyboard.press('Tab');
  await page.waitForSelector('.ghost-text-decoration, .ghost-text', { state: 'detached' });
  const text = await savedText(page, workspace, fileText);
  const lines = fileText.split('\n');
  const want = [...lines.slice(0, cursorLine), typed + shown, ...lines.slice(cursorLine + 1)].join('\n');
  const bare = (code) => code.replace(/[ \t]+/g, ''); // indentation is the editor's to change
  assert.equal(bare(text), bare(want), 'the file holds what was shown');
  lap('accepted, and the file holds what was shown');
}

async function pauseAndResume(page) {
  await runCommand(page, 'Curlew: Pause or Resume Completions');
  await waitForStatus(page, 'Curlew: paused');
  await runCommand(page, 'Curlew: Pause or Resume Completions');
  await waitForStatus(page, 'Curlew: ready');
}

async function showContext(page) {
  await runCommand(page, 'Curlew: Show Context of the Last Completion');
  await page.waitForSelector('.view-line >> text=/Completion.at/'); // its blank is a no-break one
  lap('context view');
}

async function test(folder) {
  const workspace = makeWorkspace(folder);
  const { server, url } = await startCodeServer(folder, workspace);
  const browser = await openBrowser(folder).catch((error) => {
    server.kill();
    throw error;
  });
  const page = browser.pages()[0] ?? (await browser.newPage());
  page.setDefaultTimeout(limitMs);
  try {
    await page.goto(`${url}/?folder=${workspace}`);
    await page.waitForSelector('.monaco-workbench');
    lap('workbench');
    await waitForStatus(page, 'Curlew: ready');
    await openFile(page);
    await completeAndAccept(page, folder, workspace);
    await pauseAndResume(page);
    await showContext(page);
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

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'curlew-vscode-'));
try {
  await test(folder);
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  lap('passed');
} catch (error) {
  console.log(error);
  process.exitCode = 1;
}
