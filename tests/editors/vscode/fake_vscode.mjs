// As much of the `vscode` module as the next edits use: documents, editors that apply edits and keep an
// undo list, decorations that can be read back. The tests turn the events by hand, through `fake`.

import path from 'node:path';

export class EventEmitter {
  #listeners = new Set();
  event = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(value) {
    for (const listener of this.#listeners) listener(value);
  }
  dispose() {
    this.#listeners.clear();
  }
}

export class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
  isEqual(other) {
    return this.line === other.line && this.character === other.character;
  }
  isBefore(other) {
    return this.line < other.line || (this.line === other.line && this.character < other.character);
  }
}

export class Range {
  constructor(start, character, endLine, endCharacter) {
    const whole = start instanceof Position;
    this.start = whole ? start : new Position(start, character);
    this.end = whole ? character : new Position(endLine, endCharacter);
  }
  get isEmpty() {
    return this.start.line === this.end.line && this.start.character === this.end.character;
  }
  union(other) {
    const start = other.start.isBefore(this.start) ? other.start : this.start;
    return new Range(start, this.end.isBefore(other.end) ? other.end : this.end);
  }
  intersection(other) {
    const apart = this.end.isBefore(other.start) || other.end.isBefore(this.start);
    return apart ? undefined : this;
  }
}

export class TextEdit {
  static replace(range, newText) {
    return { range, newText };
  }
}

export class Uri {
  static parse(text) {
    const { protocol, pathname } = new URL(text);
    return { scheme: protocol.slice(0, -1), path: decodeURIComponent(pathname), toString: () => text };
  }
}

export class ThemeColor {}
export class MarkdownString {
  appendCodeblock(text) {
    this.value = text;
    return this;
  }
}
export class CancellationTokenSource {
  token = { isCancellationRequested: false };
  cancel() {
    this.token.isCancellationRequested = true;
  }
  dispose() {}
}
export const TextEditorRevealType = { InCenterIfOutsideViewport: 2 };

class Document {
  version = 1;
  constructor(uri, text) {
    this.uri = Uri.parse(uri);
    this.lines = text.split('\n');
  }
  get text() {
    return this.lines.join('\n');
  }
  get lineCount() {
    return this.lines.length;
  }
  lineAt(line) {
    const text = this.lines[line];
    return { text, range: new Range(line, 0, line, text.length) };
  }
  offsetAt({ line, character }) {
    return this.lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, character);
  }
  /** One step, as seen by the version, by listeners, and by undo. */
  replaceAll(edits) {
    let text = this.text;
    const places = edits.map(({ range, newText }) => [this.offsetAt(range.start), this.offsetAt(range.end), newText]);
    for (const [start, end, newText] of places.reverse()) text = text.slice(0, start) + newText + text.slice(end);
    this.lines = text.split('\n');
    ++this.version;
    events.change.fire({ document: this, contentChanges: edits });
  }
}

class Editor {
  decorations = new Map();
  visibleRanges = [new Range(0, 0, 40, 0)];
  revealed = [];
  constructor(document) {
    this.document = document;
    this.moveTo(0, 0);
  }
  moveTo(line, character) {
    const active = new Position(line, character);
    this.selection = { active, start: active, end: active };
  }
  setDecorations(type, list) {
    this.decorations.set(type, list);
  }
  revealRange(range) {
    this.revealed.push(range);
  }
  /** Takes its turn, like the editor, which refuses when the text changed meanwhile. */
  async edit(build, options) {
    const version = this.document.version;
    const edits = [];
    build({ replace: (range, newText) => edits.push({ range, newText }) });
    await undefined;
    if (this.document.version !== version) return false;
    fake.undoStops.push(options);
    this.document.replaceAll(edits);
    return true;
  }
}

const events = {
  change: new EventEmitter(),
  active: new EventEmitter(),
  visible: new EventEmitter(),
  selection: new EventEmitter(),
  ranges: new EventEmitter(),
};

/** What the tests read and turn. */
export const fake = {
  contexts: {},
  commands: {},
  settings: {},
  disk: {}, // uri -> text of files that are not open
  undoStops: [],
  events,
  reset() {
    Object.assign(this, { contexts: {}, commands: {}, settings: { 'nextEdit.delayMs': 0 }, disk: {}, undoStops: [] });
    Object.assign(window, { activeTextEditor: undefined, visibleTextEditors: [] });
    workspace.textDocuments = [];
    for (const emitter of Object.values(events)) emitter.dispose();
  },
  open(uri, text) {
    const document = new Document(uri, text);
    workspace.textDocuments.push(document);
    const editor = new Editor(document);
    window.activeTextEditor = editor;
    window.visibleTextEditors = [editor];
    return editor;
  },
  /** What is painted in an editor: [kind, line, text]; the kinds are old, new and label. */
  painted(editor) {
    const kinds = ['old', 'new', 'label'];
    return [...editor.decorations.values()].flatMap((list, i) =>
      list.map((one) => {
        const range = one.range ?? one;
        const text = one.renderOptions?.after.contentText.replaceAll('\u00a0', ' ');
        return [kinds[i], range.start.line, text ?? editor.document.lines[range.start.line].slice(range.start.character, range.end.character)];
      }),
    );
  },
};

export const window = {
  onDidChangeActiveTextEditor: events.active.event,
  onDidChangeVisibleTextEditors: events.visible.event,
  onDidChangeTextEditorSelection: events.selection.event,
  onDidChangeTextEditorVisibleRanges: events.ranges.event,
  createTextEditorDecorationType: () => ({ dispose() {} }),
  async showTextDocument(document, { selection }) {
    let editor = window.visibleTextEditors.find((shown) => shown.document === document);
    if (!editor) {
      editor = new Editor(document);
      window.visibleTextEditors = [editor];
    }
    window.activeTextEditor = editor;
    editor.moveTo(selection.start.line, selection.start.character);
    events.active.fire(editor);
    events.selection.fire({ textEditor: editor });
    return editor;
  },
};

export const workspace = {
  textDocuments: [],
  onDidChangeTextDocument: events.change.event,
  getConfiguration: () => ({ get: (name, otherwise) => fake.settings[name] ?? otherwise }),
  async openTextDocument(uri) {
    const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open) return open;
    const document = new Document(uri.toString(), fake.disk[uri.toString()]);
    workspace.textDocuments.push(document);
    return document;
  },
  asRelativePath: (uri) => path.basename(uri.path),
};

export const commands = {
  registerCommand(name, run) {
    fake.commands[name] = run;
    return { dispose() {} };
  },
  async executeCommand(name, key, value) {
    if (name === 'setContext') fake.contexts[key] = value;
  },
};
