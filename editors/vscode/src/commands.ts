// The commands of the palette. What the user asked for here may answer with a message.

import * as vscode from 'vscode';
import type { Range } from 'vscode-languageclient/node';
import type { Server } from './client';
import type { EditAnswer, RepairAnswer } from './protocol';
import type { StatusBar } from './status';

const toldMs = 10_000; // how an edit or a repair went, in the status bar

export function activateCommands(
  context: vscode.ExtensionContext,
  server: Server,
  status: StatusBar,
  output: vscode.OutputChannel,
): void {
  const commands: Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>> = {
    'curlew.showStatus': () => showStatus(status, output),
    'curlew.restart': () => server.restart(),
    'curlew.togglePause': () => server.execute('curlew.pause', !status.paused),
    'curlew.rebuildIndex': () => server.execute('curlew.reindex'),
    'curlew.repairFile': () => repairFile(server),
    'curlew.askAndEdit': (uri, range) => askAndEdit(server, uri as string | undefined, range as Range | undefined),
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(
      vscode.commands.registerCommand(name, (...args: unknown[]) =>
        run(...args).catch((error: Error) => vscode.window.showErrorMessage(`Curlew: ${error.message}`)),
      ),
    );
  }
}

/** Repairs what the check of the file at hand complains of. */
async function repairFile(server: Server): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (!document) return;
  const answer = await server.execute<RepairAnswer>('curlew.repair', document.uri.toString());
  if (!answer.found) return; // the server has said why
  const how = answer.verified ? `checked: ${answer.check}` : answer.reason;
  vscode.window.setStatusBarMessage(`Curlew: ${answer.why} (${how})`, toldMs);
}

/** Asks what to do with the selection, or with the range of a code action, and has it done. */
async function askAndEdit(server: Server, uri?: string, range?: Range): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  const { start, end } = editor.selection;
  const instruction = await vscode.window.showInputBox({
    title: 'Curlew: edit the selection',
    prompt: 'What should be done? “rename a to b” needs no model.',
  });
  if (!instruction) return;
  const progress = { location: vscode.ProgressLocation.Window, title: 'Curlew: editing' };
  const answer = await vscode.window.withProgress(progress, () =>
    server.execute<EditAnswer>('curlew.edit', uri ?? editor.document.uri.toString(), range ?? { start, end }, instruction),
  );
  if (!answer.found) {
    void vscode.window.showInformationMessage('Curlew: nothing to change');
  } else if (answer.applied) {
    const how = answer.checked ? `checked: ${answer.check}` : `unchecked: ${answer.check}`;
    vscode.window.setStatusBarMessage(`Curlew: ${answer.why} (${how})`, toldMs);
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
