// The commands of the palette. What the user asked for here may answer with a message.

import * as vscode from 'vscode';
import type { Server } from './client';
import type { StatusBar } from './status';

export function activateCommands(
  context: vscode.ExtensionContext,
  server: Server,
  status: StatusBar,
  output: vscode.OutputChannel,
): void {
  const commands: Readonly<Record<string, () => Promise<unknown>>> = {
    'curlew.showStatus': () => showStatus(status, output),
    'curlew.restart': () => server.restart(),
    'curlew.togglePause': () => server.execute('curlew.pause', !status.paused),
    'curlew.rebuildIndex': () => server.execute('curlew.reindex'),
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(
      vscode.commands.registerCommand(name, () =>
        run().catch((error: Error) => vscode.window.showErrorMessage(`Curlew: ${error.message}`)),
      ),
    );
  }
}

interface Choice extends vscode.QuickPickItem {
  readonly run: () => unknown;
}

async function showStatus(status: StatusBar, output: vscode.OutputChannel): Promise<void> {
  await status.refresh();
  const command = (id: string) => () => vscode.commands.executeCommand(id);
  const choices: Choice[] = [
    ...status.lines().map((label): Choice => ({ label, run: () => undefined })),
    { label: '', kind: vscode.QuickPickItemKind.Separator, run: () => undefined },
    {
      label: status.paused ? '$(play) Resume completions' : '$(debug-pause) Pause completions',
      run: command('curlew.togglePause'),
    },
    { label: '$(list-tree) Show the context of the last completion', run: command('curlew.showContext') },
    { label: '$(database) Rebuild the index', run: command('curlew.rebuildIndex') },
    { label: '$(refresh) Restart the server', run: command('curlew.restart') },
    { label: '$(output) Show the log', run: () => output.show() },
    {
      label: '$(gear) Settings',
      run: () => vscode.commands.executeCommand('workbench.action.openSettings', 'curlew.'),
    },
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title: 'Curlew' });
  await chosen?.run();
}
