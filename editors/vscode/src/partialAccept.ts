// Accepting a completion by the word or by the line: the editor's own action, and a word to the
// server of how much was taken (the editor itself tells nobody).

import * as vscode from 'vscode';
import type { Server } from './client';
import type { Offered } from './inlineCompletion';

const editorActions: Readonly<Record<string, string>> = {
  'curlew.acceptWord': 'editor.action.inlineSuggest.acceptNextWord',
  'curlew.acceptLine': 'editor.action.inlineSuggest.acceptNextLine',
};

export function activatePartialAccept(context: vscode.ExtensionContext, server: Server): void {
  for (const [command, action] of Object.entries(editorActions)) {
    context.subscriptions.push(
      vscode.commands.registerCommand(command, async () => {
        const offered = server.offered(); // before: the editor asks again as soon as it has accepted
        await vscode.commands.executeCommand(action);
        if (offered) reportAccepted(server, offered);
      }),
    );
  }
}

/** The accepted length is what now stands between the item's start and the cursor, in UTF-16 units. */
function reportAccepted(server: Server, offered: Offered): void {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.document.uri.toString() !== offered.document.toString()) return;
  const cursor = editor.selection.active;
  if (cursor.isBefore(offered.start)) return;
  const { insertText } = offered.item;
  const between = editor.document.getText(new vscode.Range(offered.start, cursor));
  const accepted = between.replaceAll('\r\n', '\n'); // as the server wrote it
  if (typeof insertText !== 'string' || accepted === '' || !insertText.startsWith(accepted)) return;
  server.notify('textDocument/didPartiallyAcceptCompletion', {
    item: offered.item,
    acceptedLength: accepted.length,
  });
}
