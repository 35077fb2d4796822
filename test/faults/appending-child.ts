// The test's side of the process that is struck.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

import type { EventLogFailure } from '#event-log/errors.js';
import type { Position, RecordedEvent } from '#event-log/event-log.js';
import type { Attempt } from '#test/faults/appending-clients.js';

export interface AppendingOrder {
  readonly directory: string;
  /** What comes after this position is news. */
  readonly after: Position;
  /** What each client does first. */
  readonly attempts: readonly Attempt[];
  readonly journalPath: string;
}

export type AppendingReport =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'not-opened'; readonly failure: EventLogFailure }
  /** Something else failed than a call of the log may fail. */
  | { readonly kind: 'broken'; readonly text: string }
  | { readonly kind: 'found'; readonly events: readonly RecordedEvent[] }
  | { readonly kind: 'working' };

export type OnReport = (report: AppendingReport) => void;

/** This tree's sources. A copy of them with a planted bug has another root. */
export const sourcesRoot = join(import.meta.dirname, '..', '..');

export class AppendingChild {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #loaded = Promise.withResolvers<void>();
  readonly #working = Promise.withResolvers<void>();
  #onReport: OnReport = () => undefined;
  #heard = '';
  #errors = '';

  constructor(root: string) {
    const main = join(root, 'test/faults/appending-process.ts');
    this.#child = spawn(process.execPath, ['--conditions=development', '--no-warnings', main], {
      cwd: root,
      env: {},
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = this.#child;
    // It may be killed before it reads its order.
    stdin?.on('error', () => undefined);
    stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => resolve(signal ?? `exit ${code}`));
    });
  }

  get loaded(): Promise<void> {
    return this.#unlessEnded(this.#loaded.promise);
  }

  /** Its clients append, or never will. */
  get working(): Promise<void> {
    return this.#unlessEnded(this.#working.promise);
  }

  begin(order: AppendingOrder, onReport: OnReport): void {
    this.#onReport = onReport;
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** Resolves when it is gone and everything that it told has been heard. Rejects where it ended by itself. */
  async kill(): Promise<void> {
    const signal = await this.end();
    if (signal !== 'SIGKILL' || this.#errors !== '') throw this.#endedByItself();
  }

  /** However it ends: a process whose disk is taken away may die of that. */
  end(): Promise<string> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }

  /** What comes after the last line break is not whole, and never will be where it was killed. */
  #hear(text: string): void {
    const lines = (this.#heard + text).split('\n');
    this.#heard = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    const report = JSON.parse(line) as AppendingReport;
    if (report.kind === 'loaded') this.#loaded.resolve();
    else if (report.kind !== 'found') this.#working.resolve();
    this.#onReport(report);
  }

  #unlessEnded(promise: Promise<void>): Promise<void> {
    const ended = this.#ended.then(() => {
      throw this.#endedByItself();
    });
    return Promise.race([promise, ended]);
  }

  #endedByItself(): Error {
    return new Error(`the appending process ended by itself: ${this.#errors}`);
  }
}
