// Next edits, quick fixes and edits in words, in a real VS Code with the Curlew extension. No model: what
// must be offered is known exactly.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { lap, source, withIde } from './ide.mjs';

const files = {
  'mean.cpp': `// The mean of some values.
#include <vector>

double mean(const std::vector<double>& values) {
  double total = 0;
  for (double value : values) {
    total += value;
  }
  return values.empty() ? 0 : total / values.size();
}
`,
  'cache.h': `#pragma once

class Cache {
 public:
  int lookup(int key) const;
};
`,
  'cache.cpp': `#include "cache.h"

int Cache::lookup(int key) const {
  return key % 7;
}
`,
  'sum.cpp': `double sum(const double* values, int count) {
  double total = 0;
  for (int i = 0; i < count; ++i) total += values[i];
  return total;
}
`,
  'lines.cpp': 'int lines(int n) {\r\n  int total = n;\r\n  /* ü 😀 */ return total;\r\n}\r\n',
  'spread.cpp': `#include <algorithm>
#include <vector>

double spread(const std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
  return *largest - *smalest;
}
`,
};

function fill(workspace) {
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(workspace, name), text);
}

/** What decorations paint beside the text; it is CSS content, no part of textContent. */
const painted = (page) =>
  page.$$eval('.editor-instance .view-line span', (spans) =>
    spans
      .flatMap((span) => ['::before', '::after'].map((side) => getComputedStyle(span, side).content))
      .filter((content) => content !== 'none' && content !== 'normal')
      .map((content) => content.slice(1, -1).replaceAll('\u00a0', ' ')),
  );

async function expectPainted(ide, want) {
  let got;
  await ide.until(() => `painted: expected ${JSON.stringify(want)}, got ${JSON.stringify(got)}`, async () => {
    got = await painted(ide.page);
    return JSON.stringify(got) === JSON.stringify(want) ? true : undefined;
  });
}

async function expectSaved(ide, file, want) {
  await ide.until(() => `${file}: ${ide.read(file)}`, async () => {
    await ide.page.keyboard.press('Control+S');
    await ide.page.waitForTimeout(100);
    return ide.read(file) === want ? true : undefined;
  });
}

/** A name of `length` letters before the cursor becomes another. */
async function retype(page, length, name) {
  for (let i = 0; i < length; ++i) await page.keyboard.press('Backspace');
  await page.keyboard.type(name, { delay: 40 });
}

const editorPart = { x: 328, y: 36, width: 772, height: 260 }; // of the window: the text

async function renameIsFollowed(ide) {
  const { page } = ide;
  await ide.openFile('mean.cpp', 5, 15);
  await retype(page, 'total'.length, 'sum');
  await expectPainted(ide, ['sum', 'Tab: `total` is now `sum` (+1)']);
  await ide.screenshot('vscode-next-edit.png', editorPart);
  await page.keyboard.press('Tab');
  await ide.cursorAt(7, 5);
  assert.equal(ide.read('mean.cpp'), files['mean.cpp'], 'only gone to');
  await page.keyboard.press('Tab');
  await expectPainted(ide, ['sum', 'Tab: `total` is now `sum`']);
  const declared = files['mean.cpp'].replace('total = 0', 'sum = 0');
  await expectSaved(ide, 'mean.cpp', declared.replace('total +=', 'sum +='));
  lap('next edit: gone to and made');

  await page.keyboard.press('Control+Z');
  await expectSaved(ide, 'mean.cpp', declared);
  lap('next edit: undone in one step');
  await expectPainted(ide, ['sum', 'Tab: `total` is now `sum`']); // the other one
  await page.keyboard.press('Escape');
  await expectPainted(ide, []);
  await page.keyboard.press('Control+End');
  await page.keyboard.type('// The end.', { delay: 20 });
  await page.waitForTimeout(3500);
  assert.deepEqual(await painted(page), [], 'what was taken back or dismissed is not shown again');
  lap('next edit: dismissed for good');
}

async function otherFileIsOpened(ide) {
  const { page } = ide;
  await ide.openFile('cache.h', 5, 13);
  await retype(page, 'lookup'.length, 'find');
  await expectPainted(ide, ['Tab: next edit at cache.cpp:3']);
  await page.keyboard.press('Tab');
  await ide.cursorAt(3, 12);
  await page.waitForSelector('.tab.active >> text=cache.cpp');
  await expectPainted(ide, ['find', 'Tab: `lookup` is now `find`']);
  await page.keyboard.press('Tab');
  await expectSaved(ide, 'cache.cpp', files['cache.cpp'].replace('lookup', 'find'));
  lap('next edit: in another file');
}

async function charactersAndLineEndsAreKept(ide) {
  const { page } = ide;
  await ide.openFile('lines.cpp', 2, 12);
  await retype(page, 'total'.length, 'sum');
  await expectPainted(ide, ['sum', 'Tab: `total` is now `sum`']);
  await page.keyboard.press('Tab');
  await page.waitForSelector('.statusbar-item >> text=/^Ln 3, Col/');
  await page.keyboard.press('Tab');
  await expectSaved(ide, 'lines.cpp', files['lines.cpp'].replaceAll('total', 'sum'));
  lap('next edit: behind characters of several units, with CRLF');
}

async function tabIsTheSuggestWidgetsFirst(ide) {
  const { page } = ide;
  await ide.openFile('sum.cpp', 2, 15);
  await retype(page, 'total'.length, 'val');
  await expectPainted(ide, ['val', 'Tab: `total` is now `val` (+1)']);
  await page.keyboard.press('Control+Space');
  await page.waitForSelector('.suggest-widget.visible .monaco-list-row >> text=value');
  await page.keyboard.press('Tab');
  await expectSaved(ide, 'sum.cpp', files['sum.cpp'].replace('total = 0', 'value = 0'));
  lap('next edit: Tab takes the suggestion that is open');
}

/** Opens the menu of quick fixes until a checked one is there: its title says what it does. */
async function checkedFix(ide) {
  const { page } = ide;
  return ide.until(() => 'no checked quick fix', async () => {
    await page.keyboard.press('Control+.');
    // While nothing has been offered yet, the editor says so and opens no menu.
    const menu = page.waitForSelector('.action-widget .monaco-list-row', { timeout: 5000 });
    if (!(await menu.catch(() => undefined))) return undefined;
    const titles = await page.$$eval('.action-widget .monaco-list-row', (rows) => rows.map((row) => row.textContent));
    const found = titles.find((title) => title.startsWith('Curlew: ') && !title.startsWith('Curlew: repair '));
    if (found) return found;
    await page.keyboard.press('Escape');
    await page.waitForTimeout(500);
    return undefined;
  });
}

async function errorIsRepaired(ide) {
  const { page } = ide;
  await ide.openFile('spread.cpp', 7, 25);
  await page.waitForSelector('.squiggly-error');
  const title = await checkedFix(ide);
  lap(`quick fix: ${title}`);
  await ide.screenshot('vscode-quick-fix.png', editorPart);
  await page.keyboard.press('Enter');
  await expectSaved(ide, 'spread.cpp', files['spread.cpp'].replace('*smalest', '*smallest'));
  await page.waitForSelector('.squiggly-error', { state: 'detached' });
  lap('quick fix: the error is gone');
}

async function sayAndEnter(ide, instruction) {
  await ide.page.waitForSelector('.quick-input-message >> text=What should be done?');
  await ide.page.keyboard.type(instruction, { delay: 20 });
  await ide.page.keyboard.press('Enter');
}

async function selectionIsEditedInWords(ide) {
  const { page } = ide;
  const before = ide.read('spread.cpp');
  await ide.openFile('spread.cpp', 4, 1);
  for (let i = 0; i < 4; ++i) await page.keyboard.press('Shift+ArrowDown');
  await ide.runCommand('Curlew: Edit the Selection');
  await sayAndEnter(ide, 'rename largest to most');
  await page.waitForSelector('.statusbar-item >> text=/renamed `largest` to `most` 2 times .checked: /');
  await expectSaved(ide, 'spread.cpp', before.replaceAll('largest', 'most'));
  await page.keyboard.press('Control+Z');
  await expectSaved(ide, 'spread.cpp', before);
  lap('edit in words: checked, made, undone in one step');
}

async function doubtfulEditIsPreviewed(ide) {
  const { page } = ide;
  const before = ide.read('spread.cpp');
  await ide.openFile('spread.cpp', 4, 1);
  for (let i = 0; i < 3; ++i) await page.keyboard.press('Shift+ArrowDown'); // not the line that uses it
  await ide.runCommand('Curlew: Edit the Selection');
  await sayAndEnter(ide, 'rename largest to most');
  await page.waitForSelector('.panel >> text=Refactor Preview');
  await page.click('.panel >> text=Discard');
  await page.keyboard.press('Control+S');
  assert.equal(ide.read('spread.cpp'), before);
  lap('edit in words: one that the check complains of waits for a click');
}

const complainer = path.join(source, 'tests/editors/vscode/complainer');
await withIde({ fill, settings: { 'curlew.model': 'none' }, extensions: [complainer] }, async (ide) => {
  await errorIsRepaired(ide);
  await renameIsFollowed(ide);
  await otherFileIsOpened(ide);
  await charactersAndLineEndsAreKept(ide);
  await tabIsTheSuggestWidgetsFirst(ide);
  await selectionIsEditedInWords(ide);
  await doubtfulEditIsPreviewed(ide);
});
