// The status bar item: what the server does, and about the last completion in its tooltip.

import * as vscode from 'vscode';
import type { ProgressToken } from 'vscode-languageclient/node';
import type { Progress, Server, ServerListener } from './client';
import { dataOf, type ServerNote, type ServerStatus } from './protocol';

const busyShownAfterMs = 250; // a completion faster than this does not make the item flicker

type ServerState = 'starting' | 'running' | 'stopped';

interface Work {
  readonly title: string;
  readonly percentage: number | undefined;
}

export class StatusBar implements ServerListener, vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('curlew', vscode.StatusBarAlignment.Right);
  private readonly work = new Map<ProgressToken, Work>();
  private server: Server | undefined;
  private state: ServerState = 'starting';
  private error: string | undefined;
  private requests = 0;
  private busy = false;
  private busyTimer: NodeJS.Timeout | undefined;
  private known: ServerStatus = {};
  private note: ServerNote = { kind: 'Normal' };

  constructor() {
    this.item.name = 'Curlew';
    this.item.command = 'curlew.showStatus';
    this.render();
    this.item.show();
  }

  watch(server: Server): void {
    this.server = server;
  }

  /** Whether the user has paused completions. */
  get paused(): boolean {
    return this.note.kind === 'Inactive';
  }

  onState(state: ServerState, error?: string): void {
    this.state = state;
    this.error = error;
    this.note = { kind: 'Normal' };
    this.work.clear();
    void vscode.commands.executeCommand('setContext', 'curlew.running', state === 'running');
    if (state === 'running') void this.refresh();
    this.render();
  }

  onProgress(token: ProgressToken, progress: Progress): void {
    if (progress.kind === 'begin') {
      this.work.set(token, { title: progress.title, percentage: progress.percentage });
    } else if (progress.kind === 'report') {
      const title = this.work.get(token)?.title ?? 'working';
      this.work.set(token, { title, percentage: progress.percentage });
    } else {
      this.work.delete(token);
      void this.refresh();
    }
    this.render();
  }

  onRequest(inFlight: 'began' | 'ended'): void {
    this.requests += inFlight === 'began' ? 1 : -1;
    if (this.requests === 0) {
      clearTimeout(this.busyTimer);
      this.busyTimer = undefined;
      this.busy = false;
    } else {
      this.busyTimer ??= setTimeout(() => {
        this.busy = true;
        this.render();
      }, busyShownAfterMs);
    }
    this.render();
  }

  onServerNote(note: ServerNote): void {
    this.note = note;
    if (!note.busy) void this.refresh(); // it may have finished an index
    this.render();
  }

  /** Asks the server about itself again; what it does not tell stays as it was known. */
  async refresh(): Promise<void> {
    try {
      this.known = (await this.server?.request<ServerStatus>('curlew/status', {})) ?? {};
    } catch {
      return; // not running: the item says so already
    }
    this.render();
  }

  /** What is known, a line each, for people. */
  lines(): string[] {
    const { model, index } = this.known;
    const problem = this.error ?? (this.note.kind === 'Normal' ? undefined : this.note.message);
    const data = dataOf(this.server?.offered()?.item);
    const lines = [this.text()];
    if (problem) lines.push(problem);
    if (model?.name) lines.push(`Model ${model.name} ${model.device ? `on ${model.device}` : ''}`);
    for (const { root, files, symbols } of index ?? []) {
      lines.push(`Index of ${root ?? 'the workspace'}: ${files ?? 0} files, ${symbols ?? 0} symbols`);
    }
    if (data) {
      const ms = data.timings?.['total_ms'];
      const time = ms === undefined ? '' : ` in ${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
      lines.push(
        `Last completion by ${data.source ?? 'the server'}${time}`,
        `${data.prompt_tokens ?? 0} prompt tokens, ${data.cached_tokens ?? 0} from the cache`,
      );
    }
    return lines;
  }

  dispose(): void {
    clearTimeout(this.busyTimer);
    this.item.dispose();
  }

  private text(): string {
    if (this.state === 'stopped') return 'Curlew: error';
    if (this.state === 'starting') return 'Curlew: starting';
    const work = [...this.work.values()].at(-1);
    if (work) {
      const percentage = work.percentage === undefined ? '' : ` ${Math.round(work.percentage)}%`;
      return `Curlew: ${work.title.toLowerCase()}${percentage}`;
    }
    if (this.paused) return 'Curlew: paused';
    if (this.note.kind !== 'Normal') return 'Curlew: warning';
    return this.busy ? 'Curlew: busy' : 'Curlew: ready';
  }

  private icon(): string {
    if (this.state === 'stopped') return '$(error)';
    if (this.state === 'starting' || this.work.size > 0 || this.busy) return '$(loading~spin)';
    if (this.paused) return '$(debug-pause)';
    return this.note.kind === 'Normal' ? '$(check)' : '$(warning)';
  }

  private render(): void {
    this.item.text = `${this.icon()} ${this.text()}`;
    this.item.tooltip = this.lines().join('\n');
    this.item.backgroundColor =
      this.state === 'stopped' ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
  }
}
