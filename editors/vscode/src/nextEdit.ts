// The next edit: asked for when an edit has come to rest, shown where it would be made, and made at a
// key. `curlew/nextEdit`, see docs/protocol.md and docs/next_edit.md.
//
// One offer at a time. It holds for the texts as they were when it was made: any change of a text
// throws it away, and before it is made the document's version is compared once more. A file that is
// not open has no version: it is opened and the server asked again, so that nothing is ever made by
// what stood on the disk.

import * as vscode from 'vscode';
import type { Server } from './client';
import { NextEditView, type TakesTab } from './nextEditView';
import type { NextEditAnswer } from './protocol';
import { section } from './settings';

// The server takes a name that may go on for half typed until the last key is 2.5 s old.
const settledMs = 2600;

/** What this feature needs of the server. */
export type NextEditServer = Pick<Server, 'request' | 'execute' | 'notify' | 'onDidEnd'>;

export interface NextEdit {
  readonly id: string;
  /** Where it was asked for. In other documents than this one and its own it is not spoken of. */
  readonly from: vscode.Uri;
  readonly uri: vscode.Uri;
  /** None: the file was not open. */
  readonly version: number | undefined;
  readonly edits: readonly vscode.TextEdit[];
  /** From the first edit's start to the last one's end. */
  readonly range: vscode.Range;
  readonly why: string;
}

export function activateNextEdit(context: vscode.ExtensionContext, server: NextEditServer): void {
  const nextEdits = new NextEdits(server);
  context.subscriptions.push(
    nextEdits,
    server.onDidEnd(() => nextEdits.clear()),
    vscode.commands.registerCommand('curlew.nextEdit.accept', () => nextEdits.accept()),
    vscode.commands.registerCommand('curlew.nextEdit.dismiss', () => nextEdits.dismiss()),
    vscode.workspace.onDidChangeTextDocument((change) => nextEdits.onChange(change)),
    vscode.window.onDidChangeActiveTextEditor(() => nextEdits.onMove()),
    vscode.window.onDidChangeVisibleTextEditors(() => nextEdits.onMove()),
    vscode.window.onDidChangeTextEditorSelection(() => nextEdits.onMove()),
    vscode.window.onDidChangeTextEditorVisibleRanges(() => nextEdits.onMove()),
  );
}

class NextEdits implements vscode.Disposable {
  private readonly view = new NextEditView();
  private offer: NextEdit | undefined;
  private asking: vscode.CancellationTokenSource | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The cursor after the last edit that was made: from there Tab goes on. */
  private madeAt: vscode.Position | undefined;

  constructor(private readonly server: NextEditServer) {}

  /** Throws the offer away, and the request for one. */
  clear(): void {
    this.stopAsking();
    this.show(undefined);
  }

  dispose(): void {
    this.clear();
    this.view.dispose();
  }

  onChange({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || !isCode(document)) return; // saved, or an output channel
    this.clear();
    const config = vscode.workspace.getConfiguration(section);
    if (document !== vscode.window.activeTextEditor?.document || !config.get('nextEdit.enabled', true)) return;
    this.askAfter(config.get('nextEdit.delayMs', 250), 'once more');
  }

  /** The cursor moved, or other lines or editors are seen. */
  onMove(): void {
    if (this.offer) this.render();
  }

  /** Goes where the offered edit is; there, makes it. */
  async accept(): Promise<void> {
    const offer = this.offer;
    if (!offer) return;
    const document = openDocument(offer.uri);
    if (offer.version === undefined) return this.openAndJump(offer);
    if (document?.version !== offer.version) {
      this.clear(); // another text by now
      this.askAfter(0);
      return;
    }
    const editor = vscode.window.activeTextEditor;
    if (editor?.document === document && isAt(editor, offer)) return this.apply(editor, offer);
    return jump(document, offer);
  }

  /** Hides the offer; the server does not make it again. */
  dismiss(): void {
    if (!this.offer) return;
    this.server.notify('curlew/nextEditRefused', { id: this.offer.id });
    this.clear();
  }

  private render(): void {
    const editor = vscode.window.activeTextEditor;
    const shown = editor && this.offer && concerns(editor.document, this.offer) ? this.offer : undefined;
    const tab: TakesTab = editor && shown && this.takesTab(editor, shown) ? 'takes Tab' : 'leaves Tab';
    const current = shown && openDocument(shown.uri)?.version === shown.version;
    this.view.render(shown, current === true, tab);
    setContext('curlew.nextEditVisible', shown !== undefined);
    setContext('curlew.nextEditTakesTab', tab === 'takes Tab');
  }

  /** Before the first word of a line, Tab indents it, unless the offered edit is there. */
  private takesTab(editor: vscode.TextEditor, offer: NextEdit): boolean {
    const { active } = editor.selection;
    const before = editor.document.lineAt(active.line).text.slice(0, active.character);
    return isAt(editor, offer) || before.trim() !== '' || this.madeAt?.isEqual(active) === true;
  }

  private show(offer: NextEdit | undefined): void {
    if (!offer && !this.offer) return;
    this.offer = offer;
    this.render();
  }

  private stopAsking(): void {
    clearTimeout(this.timer);
    this.asking?.cancel();
    this.asking = undefined;
  }

  /** `once more`: what is half typed now may have been finished all along. */
  private askAfter(waitMs: number, again?: 'once more'): void {
    this.stopAsking();
    this.timer = setTimeout(() => {
      void this.ask().then((offer) => {
        if (offer === 'not answered') return;
        this.show(offer);
        if (!offer && again) this.askAfter(settledMs);
      });
    }, waitMs);
  }

  /** Not answered: the text changed meanwhile, something newer is asked, or the server does not run. */
  private async ask(): Promise<NextEdit | undefined | 'not answered'> {
    this.stopAsking();
    const editor = vscode.window.activeTextEditor;
    if (!editor || !isCode(editor.document)) return 'not answered';
    const { document, selection } = editor;
    const version = document.version;
    const asking = (this.asking = new vscode.CancellationTokenSource());
    const { line, character } = selection.active;
    const params = {
      textDocument: { uri: document.uri.toString(), version },
      position: { line, character },
    };
    try {
      const answer = await this.server.request<NextEditAnswer>('curlew/nextEdit', params, asking.token);
      if (asking.token.isCancellationRequested || document.version !== version) return 'not answered';
      return offerOf(answer, document.uri);
    } catch {
      return 'not answered'; // cancelled, or refused: the server logs why, and nobody asked for a popup
    } finally {
      if (this.asking === asking) this.asking = undefined;
      asking.dispose();
    }
  }

  /** Opens the file, in the background, and asks again: the answer is for the text that was opened. */
  private async openAndJump(offer: NextEdit): Promise<void> {
    await vscode.workspace.openTextDocument(offer.uri);
    const again = await this.ask();
    if (again === 'not answered') return;
    this.show(again);
    const document = again && openDocument(again.uri);
    if (document && document.version === again.version) await jump(document, again);
  }

  private async apply(editor: vscode.TextEditor, offer: NextEdit): Promise<void> {
    const made = await editor.edit(
      (builder) => offer.edits.forEach(({ range, newText }) => builder.replace(range, newText)),
      { undoStopBefore: true, undoStopAfter: true },
    );
    this.clear();
    if (!made) return; // the editor's text changed, or it is read-only
    this.madeAt = editor.selection.active;
    void this.server.execute('curlew.accepted', offer.id).catch(() => undefined);
    this.askAfter(0, 'once more'); // a rename has more than one use
  }
}

function isCode({ uri }: vscode.TextDocument): boolean {
  return uri.scheme === 'file' || uri.scheme === 'untitled';
}

function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
}

function offerOf({ id, edit, why = '', more = [] }: NextEditAnswer, from: vscode.Uri): NextEdit | undefined {
  if (!edit || id === undefined) return undefined;
  const edits = edit.edits.map(({ range: { start, end }, newText }) =>
    vscode.TextEdit.replace(new vscode.Range(start.line, start.character, end.line, end.character), newText),
  );
  const [first, last] = [edits[0], edits.at(-1)];
  if (!first || !last) return undefined;
  return {
    id,
    from,
    uri: vscode.Uri.parse(edit.textDocument.uri),
    version: edit.textDocument.version ?? undefined,
    edits,
    range: first.range.union(last.range),
    why: more.length === 0 ? why : `${why} (+${more.length})`,
  };
}

function concerns({ uri }: vscode.TextDocument, offer: NextEdit): boolean {
  return [offer.uri.toString(), offer.from.toString()].includes(uri.toString());
}

async function jump(document: vscode.TextDocument, { range, edits }: NextEdit): Promise<void> {
  const start = edits[0]?.range.start ?? range.start;
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
  const editor = await vscode.window.showTextDocument(document, {
    selection: new vscode.Range(start, start),
    ...(shown?.viewColumn !== undefined && { viewColumn: shown.viewColumn }),
  });
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

function isAt(editor: vscode.TextEditor, { uri, range }: NextEdit): boolean {
  const { line } = editor.selection.active;
  const here = editor.document.uri.toString() === uri.toString();
  return here && line >= range.start.line && line <= range.end.line;
}

function setContext(key: string, value: boolean): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
