// The settings section `curlew`, as the server reads it.
//
// Only what the user set is sent: a default sent from here would override curlew.toml, and the
// defaults are the server's to know.

import * as vscode from 'vscode';

export const section = 'curlew';

/** Editor setting -> key of the server's settings. */
const serverKeys: Readonly<Record<string, string>> = {
  'model': 'model',
  'endpoint': 'endpoint',
  'endpointModel': 'endpoint_model',
  'device': 'device',
  'threads': 'threads',
  'completion.enabled': 'completion_enabled',
  'completion.lines': 'lines',
  'completion.budgetMs': 'completion_budget_ms',
  'completion.disabledLanguages': 'disabled_languages',
  'nextEdit.enabled': 'next_edit_enabled',
  navigation: 'navigation',
  'index.enabled': 'index_enabled',
  'check': 'check',
  'repair.ahead': 'repair_ahead',
  'repair.budgetMs': 'repair_budget_ms',
  'log.level': 'log_level',
};

export type ServerSettings = Record<string, unknown>;

export function serverSettings(): ServerSettings {
  const config = vscode.workspace.getConfiguration(section);
  const settings: ServerSettings = {};
  for (const [name, key] of Object.entries(serverKeys)) {
    const places = config.inspect(name);
    const value = places?.workspaceFolderValue ?? places?.workspaceValue ?? places?.globalValue;
    if (value !== undefined) settings[key] = value;
  }
  // The server asks by itself where this says nothing.
  if (vscode.workspace.isTrusted) settings['trusted'] = true;
  return settings;
}

/** The program the user named, or '' for none. */
export function serverPath(): string {
  return vscode.workspace.getConfiguration(section).get<string>('server.path', '').trim();
}
