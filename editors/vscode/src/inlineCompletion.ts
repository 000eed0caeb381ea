// textDocument/inlineCompletion, LSP 3.18, as a feature of the language client.
//
// The client library's own proposed feature hands VS Code's trigger kinds and ranges to the server
// as they are, but VS Code counts Invoke = 0 and Automatic = 1 where LSP has 1 and 2, and a
// vscode.Range is not an LSP range on the wire. So this is ours; it also names the document version,
// and drops an answer that belongs to an older one.

import * as vscode from 'vscode';
import type {
  ClientCapabilities,
  DocumentSelector,
  FeatureState,
  InlineCompletionItem,
  InlineCompletionList,
  InlineCompletionParams,
  LanguageClient,
  Range,
  ServerCapabilities,
  StaticFeature,
} from 'vscode-languageclient/node';

const method = 'textDocument/inlineCompletion';

// As the published LSP 3.18 has them; the client library's types still carry an earlier draft's 0, 1.
const lspTriggerInvoked = 1;
const lspTriggerAutomatic = 2;

/** The last completion that was given to the editor: partial acceptance and the context view need it. */
export interface Offered {
  readonly item: InlineCompletionItem;
  readonly document: vscode.Uri;
  /** Where the item's text begins. */
  readonly start: vscode.Position;
}

export interface InlineCompletionEvents {
  /** A request left, or its answer (of any kind) came. */
  onRequest(inFlight: 'began' | 'ended'): void;
}

interface Params extends Omit<InlineCompletionParams, 'textDocument' | 'context'> {
  readonly textDocument: { readonly uri: string; readonly version: number };
  readonly context: {
    readonly triggerKind: number;
    readonly selectedCompletionInfo?: { readonly range: Range; readonly text: string };
  };
}

export class InlineCompletionFeature implements StaticFeature, vscode.InlineCompletionItemProvider {
  offered: Offered | undefined;
  private registration: vscode.Disposable | undefined;

  constructor(
    private readonly client: LanguageClient,
    private readonly events: InlineCompletionEvents,
  ) {}

  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.textDocument = {
      ...capabilities.textDocument,
      inlineCompletion: { dynamicRegistration: false },
    };
  }

  initialize(capabilities: ServerCapabilities, selector: DocumentSelector | undefined): void {
    if (!capabilities.inlineCompletionProvider || !selector) return;
    this.registration = vscode.languages.registerInlineCompletionItemProvider(
      this.client.protocol2CodeConverter.asDocumentSelector(selector),
      this,
    );
  }

  getState(): FeatureState {
    return { kind: 'static' };
  }

  clear(): void {
    this.registration?.dispose();
    this.registration = undefined;
    this.offered = undefined;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    const version = document.version;
    this.events.onRequest('began');
    try {
      const answer = await this.client.sendRequest<InlineCompletionList | InlineCompletionItem[] | null>(
        method,
        this.params(document, position, context),
        token,
      );
      if (!answer || token.isCancellationRequested || document.version !== version) return undefined;
      return this.offer(document, position, Array.isArray(answer) ? answer : answer.items);
    } catch {
      return undefined; // cancelled, or refused: the server logs why, and nobody asked for a popup
    } finally {
      this.events.onRequest('ended');
    }
  }

  private params(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
  ): Params {
    const convert = this.client.code2ProtocolConverter;
    const selected = context.selectedCompletionInfo;
    const invoked = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    return {
      textDocument: { uri: convert.asUri(document.uri), version: document.version },
      position: convert.asPosition(position),
      context: {
        triggerKind: invoked ? lspTriggerInvoked : lspTriggerAutomatic,
        ...(selected && {
          selectedCompletionInfo: { range: convert.asRange(selected.range), text: selected.text },
        }),
      },
    };
  }

  private offer(
    document: vscode.TextDocument,
    position: vscode.Position,
    items: InlineCompletionItem[],
  ): vscode.InlineCompletionItem[] {
    const convert = this.client.protocol2CodeConverter;
    const first = items[0];
    if (first) {
      const start = first.range ? convert.asPosition(first.range.start) : position;
      this.offered = { item: first, document: document.uri, start };
      void this.client.sendNotification('textDocument/didShowCompletion', { item: first });
    }
    return items.map((item) => {
      const { insertText: text } = item;
      return new vscode.InlineCompletionItem(
        typeof text === 'string' ? text : new vscode.SnippetString(text.value),
        item.range ? convert.asRange(item.range) : new vscode.Range(position, position),
        item.command && convert.asCommand(item.command),
      );
    });
  }
}
