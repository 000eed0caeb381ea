// Next edits of the extension against a server that answers as a case tells it, with a `vscode` module
// that is a few objects (fake_vscode.mjs). Bundled and run by unit.sh.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EventEmitter, fake, Range, window } from 'vscode';
import { activateNextEdit } from '../../../editors/vscode/src/nextEdit';
import { onOneLine } from '../../../editors/vscode/src/nextEditView';

const source = 'file:///w/sum.cpp';
const text = ['int sum() {', '  int all = 0;', '  total += 1;', '  return total;', '}'].join('\n');

let server; // the scripted one
let context;

const edit = (line, from, to, newText) => ({
  range: { start: { line, character: from }, end: { line, character: to } },
  newText,
});

const answer = (id, uri, version, edits, more = []) => ({
  id,
  edit: { textDocument: { uri, version }, edits },
  more,
  why: '`total` is now `all`',
});

const nothing = { edit: null, reason: 'nothing follows from the last edits' };

beforeEach(() => {
  fake.reset();
  context = { subscriptions: [] };
  server = {
    asked: [],
    accepted: [],
    refused: [],
    answers: [], // one a request; then nothing
    ended: new EventEmitter(),
    request: async (method, params) => {
      assert.equal(method, 'curlew/nextEdit');
      server.asked.push(params);
      const next = server.answers.shift() ?? nothing;
      return typeof next === 'function' ? next(params) : next;
    },
    execute: async (command, id) => server.accepted.push([command, id]),
    notify: (method, params) => server.refused.push([method, params.id]),
  };
  server.onDidEnd = server.ended.event;
  activateNextEdit(context, server);
});

afterEach(() => context.subscriptions.forEach((one) => one.dispose()));

/** Renames the declaration by hand; what the server then offers is `answers`. */
async function renamed(...answers) {
  const editor = fake.open(source, text.replace('all', 'total'));
  editor.moveTo(1, 9);
  server.answers = answers;
  editor.document.replaceAll([{ range: new Range(1, 6, 1, 11), newText: 'all' }]);
  await settled();
  return editor;
}

const settled = () => pause(20);
const press = async (name) => {
  await fake.commands[`curlew.nextEdit.${name}`]();
  await settled();
};

const first = answer('n1', source, 2, [edit(2, 2, 7, 'all')], [{}]);
const second = answer('n2', source, 3, [edit(3, 9, 14, 'all')]);

test('an edit that has come to rest is asked about, with version and cursor', async () => {
  await renamed(first);
  assert.deepEqual(server.asked, [{ textDocument: { uri: source, version: 2 }, position: { line: 1, character: 9 } }]);
});

test('what goes, what comes and why are painted', async () => {
  const editor = await renamed(first);
  assert.deepEqual(fake.painted(editor), [
    ['old', 2, 'total'],
    ['new', 2, 'all'],
    ['label', 2, 'Tab: `total` is now `all` (+1)'],
  ]);
  assert.equal(fake.contexts['curlew.nextEditVisible'], true);
  assert.equal(fake.contexts['curlew.nextEditTakesTab'], true);
});

test('the key goes there, then makes the edit as one step, and the next one is shown', async () => {
  const editor = await renamed(first, second);
  await press('accept');
  assert.equal(editor.selection.active.line, 2);
  assert.equal(editor.document.version, 2, 'only gone to');
  await press('accept');
  assert.equal(editor.document.lines[2], '  all += 1;');
  assert.deepEqual(fake.undoStops, [{ undoStopBefore: true, undoStopAfter: true }]);
  assert.deepEqual(server.accepted, [['curlew.accepted', 'n1']]);
  assert.deepEqual(fake.painted(editor).at(-1), ['label', 3, 'Tab: `total` is now `all`']);
});

test('several edits of one place are one step', async () => {
  const twice = answer('n1', source, 2, [edit(2, 2, 7, 'all'), edit(3, 9, 14, 'all')]);
  const editor = await renamed(twice);
  editor.moveTo(2, 0);
  await press('accept');
  assert.deepEqual(editor.document.lines.slice(2, 4), ['  all += 1;', '  return all;']);
  assert.equal(fake.undoStops.length, 1);
});

test('an offer for an older text is not made; it is asked again', async () => {
  const editor = await renamed(first);
  editor.moveTo(2, 2);
  ++editor.document.version; // a change whose event is still under way
  const before = editor.document.text;
  await press('accept');
  assert.equal(editor.document.text, before);
  assert.deepEqual(server.accepted, []);
  assert.equal(server.asked.length, 2);
});

test('a text that changes while the edit is made is left alone', async () => {
  const editor = await renamed(first);
  editor.moveTo(2, 2);
  const made = fake.commands['curlew.nextEdit.accept']();
  ++editor.document.version;
  const before = editor.document.text;
  await made;
  assert.equal(editor.document.text, before);
  assert.deepEqual(server.accepted, []);
});

test('an answer for a text that was typed on since is dropped', async () => {
  const editor = fake.open(source, text);
  const slow = async () => {
    ++editor.document.version;
    return first;
  };
  server.answers = [slow];
  editor.document.replaceAll([{ range: new Range(1, 6, 1, 9), newText: 'sum' }]);
  await settled();
  assert.deepEqual(fake.painted(editor), []);
});

test('any change takes the offer away', async () => {
  const editor = await renamed(first);
  editor.document.replaceAll([{ range: new Range(0, 0, 0, 0), newText: '//\n' }]);
  assert.deepEqual(fake.painted(editor), []);
  assert.equal(fake.contexts['curlew.nextEditVisible'], false);
});

test('a dismissed edit is refused and gone', async () => {
  const editor = await renamed(first);
  await press('dismiss');
  assert.deepEqual(server.refused, [['curlew/nextEditRefused', 'n1']]);
  assert.deepEqual(fake.painted(editor), []);
  await press('accept');
  assert.equal(editor.document.version, 2, 'nothing is left to make');
});

test('a file that is not open is opened, and the server asked again, before anything is gone to', async () => {
  const other = 'file:///w/cache.cpp';
  fake.disk = { [other]: '// new\nint lookup() {}' };
  const editor = await renamed(
    answer('n1', other, null, [edit(0, 4, 10, 'find')]),
    answer('n2', other, 1, [edit(1, 4, 10, 'find')]),
  );
  assert.deepEqual(fake.painted(editor), [['label', 1, 'Tab: next edit at cache.cpp:1']]);
  await press('accept');
  assert.deepEqual(server.asked[1].textDocument, { uri: source, version: 2 });
  const opened = window.activeTextEditor;
  assert.equal(opened.document.uri.toString(), other);
  assert.equal(opened.selection.active.line, 1);
  await press('accept');
  assert.equal(opened.document.text, '// new\nint find() {}');
  assert.deepEqual(server.accepted, [['curlew.accepted', 'n2']]);
});

test('a place that is not on the screen is hinted at behind the cursor', async () => {
  const editor = fake.open(source, text.replace('all', 'total'));
  editor.visibleRanges = [new Range(0, 0, 1, 0)];
  editor.moveTo(1, 9);
  server.answers = [first];
  editor.document.replaceAll([{ range: new Range(1, 6, 1, 11), newText: 'all' }]);
  await settled();
  assert.deepEqual(fake.painted(editor).at(-1), ['label', 1, 'Tab: next edit at line 3']);
});

test('in a third file nothing is said of it, and back in its own it is there again', async () => {
  const editor = await renamed(first);
  const third = fake.open('file:///w/other.cpp', 'int x = 1;');
  third.moveTo(0, 9);
  fake.events.active.fire(third);
  assert.deepEqual(fake.painted(third), []);
  assert.equal(fake.contexts['curlew.nextEditVisible'], false);
  assert.equal(fake.contexts['curlew.nextEditTakesTab'], false);
  Object.assign(window, { activeTextEditor: editor, visibleTextEditors: [editor] });
  fake.events.active.fire(editor);
  assert.equal(fake.painted(editor).length, 3);
});

test('before the first word of another line Tab goes on to indent', async () => {
  const editor = await renamed(first);
  editor.moveTo(3, 1);
  fake.events.selection.fire({});
  assert.equal(fake.contexts['curlew.nextEditTakesTab'], false);
  assert.equal(fake.contexts['curlew.nextEditVisible'], true);
  editor.moveTo(2, 0); // the line of the edit itself
  fake.events.selection.fire({});
  assert.equal(fake.contexts['curlew.nextEditTakesTab'], true);
});

test('what the server said is forgotten when it ends', async () => {
  const editor = await renamed(first);
  server.ended.fire();
  assert.deepEqual(fake.painted(editor), []);
});

test('switched off, nothing is asked', async () => {
  fake.settings['nextEdit.enabled'] = false;
  await renamed(first);
  assert.deepEqual(server.asked, []);
});

test('saving and output channels are no edits', async () => {
  const editor = fake.open(source, text);
  fake.events.change.fire({ document: editor.document, contentChanges: [] });
  fake.open('output:///log', 'x').document.replaceAll([{ range: new Range(0, 0, 0, 0), newText: 'y' }]);
  await settled();
  assert.deepEqual(server.asked, []);
});

test('new text is shown on one line, its blanks kept', () => {
  assert.equal(onOneLine('\n    case 1:\n\tgo();'), '↵case\u00a01:↵go();');
  assert.equal(onOneLine('x'.repeat(200)), `${'x'.repeat(160)}…`);
});
