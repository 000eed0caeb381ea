// A read-only document with the pieces of the workspace that stood in the last completion's prompt.

import * as vscode from 'vscode';
import type { Server } from './client';
import { dataOf, type ContextEntry } from './protocol';

const scheme = 'curlew-context';
const uri = vscode.Uri.from({ scheme, path: '/Context of the last completion.md' });

export function activateContextView(context: vscode.ExtensionContext, server: Server): void {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent: () => describe(server),
  };
  context.subscriptions.push(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(scheme, provider),
    vscode.commands.registerCommand('curlew.showContext', async () => {
      changed.fire(uri);
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside, true);
    }),
  );
}

async function describe(server: Server): Promise<string> {
  const offered = server.offered();
  const data = dataOf(offered?.item);
  if (!offered || !data) return 'No completion was shown yet.\n';
  const { insertText } = offered.item;
  const text = typeof insertText === 'string' ? insertText : insertText.value;
  const place = `${vscode.workspace.asRelativePath(offered.document)}:${offered.start.line + 1}`;
  const entries = data.context ?? [];
  const pieces = await Promise.all(entries.map((entry) => excerpt(entry, offered.document)));
  return [
    `# Completion at ${place}`,
    fenced(text),
    `By ${data.source ?? 'the server'}, ${data.prompt_tokens ?? 0} prompt tokens, ` +
      `${data.cached_tokens ?? 0} of them from the cache.`,
    entries.length === 0
      ? 'Nothing but the file itself stood in the prompt.'
      : '## What stood in the prompt beside the file itself, best first',
    ...pieces,
    '',
  ].join('\n\n');
}

async function excerpt(entry: ContextEntry, document: vscode.Uri): Promise<string> {
  const { path = '?', start_line: first = 1, end_line: last = first } = entry;
  const score = entry.score === undefined ? '' : ` (score ${entry.score.toFixed(2)})`;
  const heading = `### ${path}:${first}-${last}\n\n${entry.why ?? ''}${score}`;
  const folder = vscode.workspace.getWorkspaceFolder(document);
  if (!folder) return heading;
  try {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder.uri, path));
    const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
    return `${heading}\n\n${fenced(lines.slice(first - 1, last).join('\n'))}`;
  } catch {
    return `${heading}\n\n(the file cannot be read now)`;
  }
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
