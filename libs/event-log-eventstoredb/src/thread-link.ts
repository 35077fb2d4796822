// The owner's end of the client's thread. It starts it again when it dies; what was under way then ends as a
// failure that may or may not have reached the server, and whoever asked goes on from there.

import { Worker } from 'node:worker_threads';

import type { Position } from '#event-log/event-log.js';
import {
  abandonAnswerMs,
  restartFirstMs,
  restartForgivenAfterMs,
  restartLastMs,
  threadCloseMs,
} from '#event-log-eventstoredb/limits.js';
import type { ForeignEvents } from '#event-log-eventstoredb/settings.js';
import { Outbox } from '#event-log-eventstoredb/thread/outbox.js';
import {
  type Body,
  type Done,
  type Failure,
  type FromThread,
  silent,
  type ThreadData,
  type ToThread,
} from '#event-log-eventstoredb/thread/protocol.js';

export interface Answers {
  rows?(text: string, upTo: Position): void;
  done(done: Done): void;
  failed(failure: Failure): void;
}

export interface ThreadEvents {
  foreign(foreign: ForeignEvents): void;
  restarted(reason: string): void;
}

export type Outcome =
  | { readonly ok: true; readonly done: Done }
  | { readonly ok: false; readonly failure: Failure };

interface Starting {
  onReady(): void;
  onUnusable(error: Error): void;
}

export class ThreadLink {
  readonly #data: ThreadData;
  readonly #events: ThreadEvents;
  readonly #waiting = new Map<number, Answers>();
  /** Asked while the thread was starting: they go to it when it has. */
  readonly #unsent = new Map<number, Body>();
  #worker: Worker | null = null;
  #outbox = new Outbox<ToThread>(() => undefined);
  #requests = 0;
  #deaths = 0;
  #startedAt = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #isClosing = false;
  #whenClosed: () => void = () => undefined;

  private constructor(data: ThreadData, events: ThreadEvents) {
    this.#data = data;
    this.#events = events;
  }

  /** Rejects with `TypeError` when the connection string cannot be used. */
  static async start(data: ThreadData, events: ThreadEvents): Promise<ThreadLink> {
    const link = new ThreadLink(data, events);
    await new Promise<void>((onReady, onUnusable) => link.#start({ onReady, onUnusable }));
    return link;
  }

  /** Answers come later, never within this call. Returns the number by which it is left. */
  request(body: Body, answers: Answers): number {
    this.#requests += 1;
    const request = this.#requests;
    this.#waiting.set(request, answers);
    if (this.#worker === null) this.#unsent.set(request, body);
    else this.#outbox.post({ kind: 'request', request, body });
    return request;
  }

  /** Whoever asked left: nothing is answered any more. */
  leave(request: number): void {
    this.#unsent.delete(request);
    if (this.#waiting.delete(request)) this.#outbox.post({ kind: 'abandon', request, why: 'left' });
  }

  credit(request: number): void {
    if (this.#waiting.has(request)) this.#outbox.post({ kind: 'credit', request });
  }

  /** The outcome within a time, which begins anew with each part of the answer. */
  call(body: Body, timeoutMs: number, onRows: (text: string) => void = () => undefined): Promise<Outcome> {
    return new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const request = this.request(body, {
        rows: (text) => {
          timer.refresh();
          onRows(text);
        },
        done: (done) => settle({ ok: true, done }),
        failed: (failure) => settle({ ok: false, failure }),
      });
      const timer = setTimeout(() => this.#giveUp(request), timeoutMs);
    });
  }

  /** The thread answers at once whether anything was sent; one that does not is taken to have sent it. */
  #giveUp(request: number): void {
    if (this.#unsent.delete(request)) {
      this.#settle(request)?.failed({ meaning: 'retry', reason: 'the client does not start', sent: false });
      return;
    }
    this.#outbox.post({ kind: 'abandon', request, why: silent });
    setTimeout(() => {
      this.#settle(request)?.failed({ meaning: 'retry', reason: 'no answer in time', sent: true });
    }, abandonAnswerMs);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restartTimer);
    const worker = this.#worker;
    if (worker === null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, threadCloseMs);
      this.#whenClosed = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#outbox.post({ kind: 'close' });
    });
    await worker.terminate();
  }

  #start(starting: Starting): void {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./thread/client-thread.${extension}`, import.meta.url), {
      workerData: this.#data,
      execArgv: extension === 'ts' ? ['--conditions=development'] : [],
      // The client prints warnings that quote the connection string.
      stdout: true,
      stderr: true,
    });
    worker.stdout.resume();
    worker.stderr.resume();
    let reason = 'it ended';
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => this.#died(worker, reason, starting));
    worker.on('message', (messages: readonly FromThread[]) => {
      for (const message of messages) this.#take(message, worker, starting);
    });
    this.#startedAt = performance.now();
  }

  #take(message: FromThread, worker: Worker, { onReady, onUnusable }: Starting): void {
    switch (message.kind) {
      case 'ready':
        this.#worker = worker;
        this.#outbox = new Outbox((messages) => worker.postMessage(messages));
        for (const [request, body] of this.#unsent) this.#outbox.post({ kind: 'request', request, body });
        this.#unsent.clear();
        onReady();
        break;
      case 'unusable':
        this.#isClosing = true;
        void worker.terminate();
        onUnusable(new TypeError(`the connection string cannot be used: ${message.reason}`));
        break;
      case 'rows':
        this.#waiting.get(message.request)?.rows?.(message.text, message.upTo);
        break;
      case 'done':
        this.#settle(message.request)?.done(message.done);
        break;
      case 'failed':
        this.#settle(message.request)?.failed(message.failure);
        break;
      case 'foreign':
        this.#events.foreign(message.foreign);
        break;
      case 'closed':
        this.#whenClosed();
    }
  }

  #settle(request: number): Answers | undefined {
    const answers = this.#waiting.get(request);
    this.#waiting.delete(request);
    return answers;
  }

  #died(worker: Worker, reason: string, { onUnusable }: Starting): void {
    const wasReady = this.#worker === worker;
    this.#worker = null;
    this.#whenClosed();
    for (const request of [...this.#waiting.keys()]) {
      if (this.#unsent.has(request)) continue;
      this.#settle(request)?.failed({ meaning: 'retry', reason: `the client died: ${reason}`, sent: true });
    }
    if (this.#isClosing) return;
    if (!wasReady && this.#deaths === 0) {
      onUnusable(new Error(`the client does not start: ${reason}`));
      return;
    }
    this.#restart(reason);
  }

  #restart(reason: string): void {
    if (performance.now() - this.#startedAt > restartForgivenAfterMs) this.#deaths = 0;
    const delayMs = this.#deaths === 0 ? 0 : Math.min(restartLastMs, restartFirstMs * 2 ** this.#deaths);
    this.#deaths += 1;
    this.#restartTimer = setTimeout(() => {
      this.#start({ onReady: () => this.#events.restarted(reason), onUnusable: () => undefined });
    }, delayMs);
  }
}
