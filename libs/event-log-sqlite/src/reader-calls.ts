// The service's side of the reading thread: numbered calls, each answered in parts.

import { Worker } from 'node:worker_threads';

import { EventLogError, unavailable } from '#event-log/errors.js';
import type { Position, RecordedEvent } from '#event-log/event-log.js';
import type { ReaderMessage, ReaderReply, ReaderRequest, Unnumbered } from '#event-log-sqlite/messages.js';
import { threadOptions, threadUrl } from '#event-log-sqlite/thread.js';

export interface ReadAnswer {
  readonly events: RecordedEvent[];
  readonly unknown: boolean;
  readonly upTo: Position;
  readonly atHead: boolean;
}

interface Call {
  readonly events: RecordedEvent[];
  readonly resolve: (answer: ReadAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Calls that wait for the reading thread at a time; each holds a page at most. */
const readsWaitingMax = 10_000;

export class ReaderCalls {
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #calls = new Map<number, Call>();
  #worker: Worker | null = null;
  #number = 0;
  #closed = false;
  #unsent: ReaderRequest[] = [];

  constructor(path: string, timeoutMs: number) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
  }

  call(request: Unnumbered<ReaderRequest>): Promise<ReadAnswer> {
    if (this.#closed) return Promise.reject(unavailable('it is closed'));
    if (this.#calls.size >= readsWaitingMax) return Promise.reject(unavailable('too many reads are waiting'));
    this.#number += 1;
    const number = this.#number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(number, unavailable('reading took too long')),
        this.#timeoutMs,
      );
      this.#calls.set(number, { events: [], resolve, reject, timer });
      if (this.#unsent.length === 0) setImmediate(() => this.#send());
      this.#unsent.push({ ...request, number });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#send();
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const message: ReaderMessage = 'close';
    worker.postMessage(message);
    await ended;
  }

  #send(): void {
    if (this.#unsent.length === 0) return;
    const message: ReaderMessage = this.#unsent;
    this.#unsent = [];
    this.#running().postMessage(message);
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(threadUrl('reader'), { ...threadOptions, workerData: { path: this.#path } });
    worker.on('message', (replies: readonly ReaderReply[]) => {
      for (const reply of replies) this.#take(reply);
    });
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, undefined));
    this.#worker = worker;
    return worker;
  }

  #take(reply: ReaderReply): void {
    const call = this.#calls.get(reply.number);
    if (call === undefined) return;
    switch (reply.kind) {
      case 'part':
        addTo(call.events, reply.events);
        return;
      case 'end': {
        const { events, unknown, upTo, atHead } = reply;
        if (events !== '') addTo(call.events, events);
        this.#forget(reply.number, call);
        call.resolve({ events: call.events, unknown, upTo, atHead });
        return;
      }
      case 'failed':
        this.#fail(reply.number, new EventLogError(reply.failure));
        return;
    }
  }

  /** The next call starts another thread. */
  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const number of [...this.#calls.keys()])
      this.#fail(number, unavailable('the reading thread ended', cause));
  }

  #fail(number: number, error: EventLogError): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    this.#forget(number, call);
    call.reject(error);
  }

  #forget(number: number, call: Call): void {
    clearTimeout(call.timer);
    this.#calls.delete(number);
  }
}

function addTo(events: RecordedEvent[], text: string): void {
  for (const event of JSON.parse(text) as RecordedEvent[]) events.push(event);
}
