// Tells the server what other extensions say of open documents, so that it can repair errors before
// anybody asks: `curlew/didChangeDiagnostics` (docs/protocol.md).

import * as vscode from 'vscode';
import type { Server } from './client';

const ownSource = 'curlew';

export function activateDiagnostics(context: vscode.ExtensionContext, server: Server): void {
  const tell = (uri: vscode.Uri): void => {
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    if (!document || document.uri.scheme !== 'file') return;
    const diagnostics = vscode.languages.getDiagnostics(uri).filter((one) => one.source !== ownSource);
    server.tellDiagnostics(document, diagnostics);
  };
  context.subscriptions.push(
    vscode.languages.onDidChangeDiagnostics((change) => change.uris.forEach(tell)),
  );
}
