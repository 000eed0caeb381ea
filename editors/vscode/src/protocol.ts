// What the server tells beyond LSP: docs/protocol.md. Every field may be missing, as from an older
// or newer server.

import type { InlineCompletionItem, TextDocumentEdit } from 'vscode-languageclient/node';

/** A piece of the workspace that stood in a completion's prompt. Lines are 1-based, inclusive. */
export interface ContextEntry {
  readonly path?: string;
  readonly start_line?: number;
  readonly end_line?: number;
  readonly score?: number;
  readonly why?: string;
}

/** `data` of an inline completion item. */
export interface CompletionData {
  readonly source?: string;
  readonly model?: string;
  readonly device?: string;
  readonly prompt_tokens?: number;
  readonly cached_tokens?: number;
  readonly tokens?: number;
  readonly timings?: Readonly<Record<string, number>>;
  readonly context?: readonly ContextEntry[];
}

export function dataOf(item: InlineCompletionItem | undefined): CompletionData | undefined {
  return (item as { data?: CompletionData } | undefined)?.data;
}

/** The answer to `curlew/status`: what is used of it. */
export interface ServerStatus {
  readonly model?: { readonly name?: string; readonly device?: string; readonly state?: string };
  readonly index?: readonly { readonly root?: string; readonly files?: number; readonly symbols?: number }[];
}

/** The answer to `curlew/nextEdit`. The version is null for a file that is not open. */
export interface NextEditAnswer {
  readonly id?: string;
  readonly edit: TextDocumentEdit | null;
  readonly more?: readonly TextDocumentEdit[];
  readonly why?: string;
}

/** The notification `didChangeStatus`. */
export interface ServerNote {
  readonly kind: 'Normal' | 'Error' | 'Warning' | 'Inactive';
  readonly busy?: boolean;
  readonly message?: string;
}

/** What `curlew.repair` answers. */
export interface RepairAnswer {
  readonly found: boolean;
  readonly verified: boolean;
  readonly applied: boolean;
  readonly why: string;
  readonly reason: string;
  readonly check: string;
}

/** What `curlew.edit` answers. */
export interface EditAnswer {
  readonly found: boolean;
  readonly applied: boolean;
  readonly checked: boolean | null;
  readonly check: string;
  readonly why: string;
}
