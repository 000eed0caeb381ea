// Paints a next edit: what goes is marked, what comes stands beside it, and behind the line stands
// why. Where the place is not on the screen, a hint behind the cursor's line says where it is.

import * as path from 'node:path';
import * as vscode from 'vscode';
import type { NextEdit } from './nextEdit';

const shownCharactersMax = 160;

export type TakesTab = 'takes Tab' | 'leaves Tab';

export class NextEditView implements vscode.Disposable {
  private readonly old = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('diffEditor.removedTextBackground'),
    textDecoration: 'line-through',
  });
  private readonly fresh = vscode.window.createTextEditorDecorationType({
    after: {
      backgroundColor: new vscode.ThemeColor('diffEditor.insertedTextBackground'),
      color: new vscode.ThemeColor('editor.foreground'),
    },
  });
  private readonly label = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 2em' },
  });

  /** `isCurrent`: the place's document is open, with the text that the offer was made for. */
  render(offer: NextEdit | undefined, isCurrent: boolean, tab: TakesTab): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const isPlace = isCurrent && offer?.uri.toString() === editor.document.uri.toString();
      const edits = isPlace ? offer.edits : [];
      editor.setDecorations(this.old, edits.filter(({ range }) => !range.isEmpty).map(({ range }) => range));
      editor.setDecorations(this.fresh, edits.filter(({ newText }) => newText !== '').map(freshText));
      editor.setDecorations(this.label, offer ? labels(editor, offer, isPlace, tab) : []);
    }
  }

  dispose(): void {
    this.old.dispose();
    this.fresh.dispose();
    this.label.dispose();
  }
}

/** New text on one line; the editor has no room for more. All of it stands in the hover. */
export function onOneLine(newText: string): string {
  const lines = newText.split(/\r?\n/);
  const line = lines.map((text, i) => (i === 0 ? text : text.trimStart())).join('↵');
  const short = line.length > shownCharactersMax ? `${line.slice(0, shownCharactersMax)}…` : line;
  return short.replaceAll('\t', '  ').replaceAll(' ', '\u00a0'); // the editor would run blanks together
}

function freshText({ range, newText }: vscode.TextEdit): vscode.DecorationOptions {
  const hover = new vscode.MarkdownString().appendCodeblock(newText);
  return {
    range: new vscode.Range(range.end, range.end),
    hoverMessage: hover,
    renderOptions: { after: { contentText: onOneLine(newText) } },
  };
}

function labels(editor: vscode.TextEditor, offer: NextEdit, isPlace: boolean, tab: TakesTab): vscode.DecorationOptions[] {
  const key = tab === 'takes Tab' ? 'Tab: ' : '';
  const out: vscode.DecorationOptions[] = [];
  if (isPlace) out.push(behind(editor, offer.range.start.line, `${key}${offer.why}`));
  const isSeen = isPlace && editor.visibleRanges.some((visible) => visible.intersection(offer.range) !== undefined);
  if (editor === vscode.window.activeTextEditor && !isSeen) {
    const line = offer.range.start.line + 1;
    const where = isPlace ? `line ${line}` : `${path.basename(offer.uri.path)}:${line}`;
    out.push(behind(editor, editor.selection.active.line, `${key}next edit at ${where}`));
  }
  return out;
}

function behind(editor: vscode.TextEditor, line: number, text: string): vscode.DecorationOptions {
  const end = editor.document.lineAt(Math.min(line, editor.document.lineCount - 1)).range.end;
  return { range: new vscode.Range(end, end), renderOptions: { after: { contentText: text } } };
}
