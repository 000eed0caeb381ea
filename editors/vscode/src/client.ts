// The server process and the language client that talks to it.
//
// One Server lives as long as the extension. Restarting makes a new LanguageClient, because the
// program or its first settings may have changed; everything else asks the Server.

import * as vscode from 'vscode';
import {
  ExecuteCommandRequest,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type LanguageClientOptions,
  type Middleware,
  type ProgressToken,
  type ServerOptions,
  type StaticFeature,
  type WorkDoneProgressBegin,
  type WorkDoneProgressEnd,
  type WorkDoneProgressReport,
} from 'vscode-languageclient/node';
import { findBinary } from './binary';
import { InlineCompletionFeature, type Offered } from './inlineCompletion';
import type { ServerNote } from './protocol';
import { section, serverPath, serverSettings } from './settings';

const restartsMax = 3; // by itself after a crash; then only when the user asks

/** Tells the server that we have the command curlew.askAndEdit (commands.ts). */
const asksForInstructions: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    capabilities.experimental = { ...capabilities.experimental, curlewAskAndEdit: true };
  },
  initialize: () => undefined,
  getState: () => ({ kind: 'static' }),
  clear: () => undefined,
};

export type Progress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

/** What the status bar listens to. */
export interface ServerListener {
  onState(state: 'starting' | 'running' | 'stopped', error?: string): void;
  onProgress(token: ProgressToken, progress: Progress): void;
  onRequest(inFlight: 'began' | 'ended'): void;
  onServerNote(note: ServerNote): void;
}

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private inlineCompletion: InlineCompletionFeature | undefined;
  private readonly ended = new vscode.EventEmitter<void>();
  private turn: Promise<void> = Promise.resolve(); // starts and stops happen one after the other

  /** The server stopped, or ended by itself: what it said is no longer so. */
  readonly onDidEnd = this.ended.event;

  constructor(
    private readonly extensionFolder: string,
    private readonly output: vscode.OutputChannel,
    private readonly listener: ServerListener,
  ) {}

  /** Stops what runs and starts afresh. Rejects with the reason when the server does not start. */
  restart(): Promise<void> {
    const next = this.turn.then(() => this.stopNow()).then(() => this.startNow());
    this.turn = next.catch(() => undefined);
    return next;
  }

  stop(): Promise<void> {
    this.turn = this.turn.then(() => this.stopNow());
    return this.turn;
  }

  dispose(): void {
    void this.stop().then(() => this.ended.dispose());
  }

  /** The completion that the editor was given last, if any. */
  offered(): Offered | undefined {
    return this.inlineCompletion?.offered;
  }

  /** Rejects when the server does not run or refuses. */
  request<Result>(method: string, params: unknown, token?: vscode.CancellationToken): Promise<Result> {
    if (!this.client) return Promise.reject(new Error('the Curlew server is not running'));
    // An absent token would be taken for one more parameter.
    return token ? this.client.sendRequest(method, params, token) : this.client.sendRequest(method, params);
  }

  execute<Result>(command: string, ...args: unknown[]): Promise<Result> {
    return this.request<Result>(ExecuteCommandRequest.method, { command, arguments: args });
  }

  notify(method: string, params: unknown): void {
    if (this.client?.state === State.Running) void this.client.sendNotification(method, params);
  }

  tellDiagnostics(document: vscode.TextDocument, diagnostics: readonly vscode.Diagnostic[]): void {
    const convert = this.client?.code2ProtocolConverter;
    if (!convert) return;
    this.notify('curlew/didChangeDiagnostics', {
      textDocument: convert.asVersionedTextDocumentIdentifier(document),
      diagnostics: diagnostics.map((one) => convert.asDiagnostic(one)),
    });
  }

  private async startNow(): Promise<void> {
    this.listener.onState('starting');
    try {
      const binary = findBinary(serverPath(), this.extensionFolder);
      this.output.appendLine(`Starting ${binary.path} lsp (from ${binary.from})`);
      this.client = this.makeClient({ command: binary.path, args: ['lsp'] });
      await this.client.start();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.output.appendLine(`The server did not start: ${reason}`);
      this.listener.onState('stopped', reason);
      throw error;
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.inlineCompletion = undefined;
    this.ended.fire();
    if (client?.needsStop()) await client.stop().catch(() => undefined);
    await client?.dispose().catch(() => undefined);
  }

  private makeClient(program: ServerOptions): LanguageClient {
    const options: LanguageClientOptions = {
      documentSelector: [{ scheme: 'file' }, { scheme: 'untitled' }],
      initializationOptions: serverSettings(),
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      connectionOptions: { maxRestartCount: restartsMax },
      middleware: this.middleware(),
    };
    const client = new LanguageClient(section, 'Curlew', program, options);
    this.inlineCompletion = new InlineCompletionFeature(client, this.listener);
    client.registerFeature(this.inlineCompletion);
    client.registerFeature(asksForInstructions);
    client.onNotification('didChangeStatus', (note: ServerNote) => this.listener.onServerNote(note));
    client.onDidChangeState(({ newState }) => {
      if (this.client !== client) return; // a client that was replaced stops in its own time
      if (newState === State.Running) this.listener.onState('running');
      if (newState === State.Starting) this.listener.onState('starting');
      if (newState === State.Stopped) {
        this.ended.fire();
        this.listener.onState('stopped', 'the server ended');
      }
    });
    return client;
  }

  private middleware(): Middleware {
    return {
      handleWorkDoneProgress: (token, progress, next) => {
        this.listener.onProgress(token, progress);
        next(token, progress);
      },
      workspace: {
        // The library would push the whole section, defaults and all: activateSettings does it.
        didChangeConfiguration: () => Promise.resolve(),
        configuration: (params, cancel, next) => {
          const ours = params.items.every((item) => item.section === section);
          return ours ? params.items.map(() => serverSettings()) : next(params, cancel);
        },
      },
    };
  }
}

/** Sends changed settings on, and restarts when the program itself changed. */
export function activateSettings(context: vscode.ExtensionContext, server: Server): void {
  const push = (): void =>
    server.notify('workspace/didChangeConfiguration', { settings: { [section]: serverSettings() } });
  context.subscriptions.push(
    vscode.workspace.onDidGrantWorkspaceTrust(push),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration(section)) return;
      if (change.affectsConfiguration(`${section}.server.path`)) {
        void server.restart().catch(() => undefined); // the status bar says why
        return;
      }
      push();
    }),
  );
}
