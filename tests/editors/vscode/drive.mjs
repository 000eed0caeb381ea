// Types into a real VS Code with the Curlew extension, accepts a completion, and compares the file with
// what was on the screen.
//
// The completion's text is the server's business: whatever it suggests must be shown, and what was
// shown must be what Tab writes.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { lap, limitMs, source, withIde } from './ide.mjs';

// A half-written function beside one much like it, kernels/reference/reference.cpp: whatever the model,
// there is something to suggest.
const file = 'kernels/reference/unit_rows.cpp';
const fileText = fs.readFileSync(path.join(source, 'tests/editors/sample.cpp'), 'utf8');
const cursorLine = fileText.split('\n').indexOf('    double squares = 0;') + 1; // the empty line
const typed = '    for (int c = 0; c < cols; ++c) squares +=';

function fill(workspace) {
  fs.cpSync(path.join(source, 'kernels'), path.join(workspace, 'kernels'), { recursive: true });
  fs.writeFileSync(path.join(workspace, file), fileText);
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

async function completeAndAccept(ide) {
  const { page } = ide;
  await page.keyboard.type(typed, { delay: 40 });
  const shown = await settledGhostText(page);
  lap(`ghost text: ${JSON.stringify(shown)}`);
  await ide.screenshot('vscode-completion.png');

  await page.keyboard.press('Control+ArrowRight'); // its first word, then all of it
  assert.ok(shown.endsWith(await settledGhostText(page, shown)), 'what is left is the end of what was shown');
  lap('accepted a word');
  await page.keyboard.press('Tab');
  await page.waitForSelector('.ghost-text-decoration, .ghost-text', { state: 'detached' });
  const text = await ide.savedText(file, fileText);
  const lines = fileText.split('\n');
  const want = [...lines.slice(0, cursorLine), typed + shown, ...lines.slice(cursorLine + 1)].join('\n');
  const bare = (code) => code.replace(/[ \t]+/g, ''); // indentation is the editor's to change
  assert.equal(bare(text), bare(want), 'the file holds what was shown');
  lap('accepted, and the file holds what was shown');
}

async function pauseAndResume(ide) {
  await ide.runCommand('Curlew: Pause or Resume Completions');
  await ide.waitForStatus('Curlew: paused');
  await ide.runCommand('Curlew: Pause or Resume Completions');
  await ide.waitForStatus('Curlew: ready');
}

async function showContext(ide) {
  await ide.runCommand('Curlew: Show Context of the Last Completion');
  await ide.page.waitForSelector('.view-line >> text=/Completion.at/'); // its blank is a no-break one
  lap('context view');
}

await withIde({ fill }, async (ide) => {
  await ide.openFile(path.basename(file), cursorLine + 1);
  await completeAndAccept(ide);
  await pauseAndResume(ide);
  await showContext(ide);
});
