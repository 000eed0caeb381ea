// The extension: starts the server and connects one file per feature to it.

import * as vscode from 'vscode';
import { activateSettings, Server } from './client';
import { activateCommands } from './commands';
import { activateContextView } from './contextView';
import { activateDiagnostics } from './diagnostics';
import { activateNextEdit } from './nextEdit';
import { activatePartialAccept } from './partialAccept';
import { StatusBar } from './status';

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('Curlew');
  const status = new StatusBar();
  server = new Server(context.extensionPath, output, status);
  status.watch(server);
  context.subscriptions.push(output, status, server);

  activateSettings(context, server);
  activateCommands(context, server, status, output);
  activateContextView(context, server);
  activatePartialAccept(context, server);
  activateDiagnostics(context, server);
  activateNextEdit(context, server);

  // Not awaited: the editor need not wait for a model to load. The status bar says how it went.
  void server.restart().catch(() => undefined);
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
