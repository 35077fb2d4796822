// One thread that reads, as the service sees it: every call is answered once, whatever becomes of the thread.

import { Worker } from 'node:worker_threads';

import { ModelStoreError } from '#read-models/store.js';
import type { Shown } from '#read-models/stores/shown.js';
import type { QueryFailure, QueryReply, QueryRequest } from '#read-models/stores/sqlite/query-messages.js';

const fromSources = import.meta.url.endsWith('.ts');
const threadUrl = new URL(`./query-thread${fromSources ? '.ts' : '.js'}`, import.meta.url);
const execArgv = fromSources ? ['--conditions=development', '--no-warnings'] : [];

interface Waiting {
  readonly resolve: (outcome: never) => void;
  readonly reject: (error: Error) => void;
}

export class KeptThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<ModelStoreError>();
  readonly ended: Promise<void>;
  #calls = 0;
  #reads = 0;
  #loss: ModelStoreError | null = null;
  /** Readings under way. */
  reading = 0;

  constructor(path: string) {
    this.#worker = new Worker(threadUrl, { execArgv, env: {}, workerData: { path } });
    this.#ready.promise.catch(() => undefined);
    this.ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (reply: QueryReply) => this.#take(reply));
    this.#worker.on('error', (error) => this.#lose(unavailable('its thread ended', error)));
    this.#worker.on('exit', () => this.#lose(unavailable('its thread ended')));
  }

  /** Why it answers no more; null while it does. */
  get loss(): ModelStoreError | null {
    return this.#loss;
  }

  get lost(): Promise<ModelStoreError> {
    return this.#lost.promise;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  begin(): { readonly read: number; readonly shown: Promise<Shown> } {
    this.#reads += 1;
    const read = this.#reads;
    return { read, shown: this.#call((call) => ({ kind: 'begin', read, call })) };
  }

  ask(read: number, question: Omit<Extract<QueryRequest, { kind: 'ask' }>, 'kind' | 'read' | 'call'>) {
    return this.#call<readonly unknown[]>((call) => ({ kind: 'ask', read, call, ...question }));
  }

  end(read: number): void {
    this.#post({ kind: 'end', read });
  }

  close(): Promise<void> {
    this.#post({ kind: 'close' });
    return this.ended;
  }

  /** It answers nothing more. A question that is under way goes on to its end: SQLite cannot be stopped in it. */
  abandon(): void {
    this.#lose(unavailable('another question took too long'));
    this.#worker.unref();
    void this.#worker.terminate();
  }

  #call<Outcome>(request: (call: number) => QueryRequest): Promise<Outcome> {
    if (this.#loss !== null) return Promise.reject(this.#loss);
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      this.#post(request(call));
    });
  }

  #post(request: QueryRequest): void {
    if (this.#loss === null) this.#worker.postMessage(request);
  }

  #take(reply: QueryReply): void {
    switch (reply.kind) {
      case 'ready':
        this.#ready.resolve();
        return;
      case 'refused':
        this.#lose(errorOf(reply.failure));
        return;
      case 'answered':
        this.#waiting.get(reply.call)?.resolve(reply.outcome as never);
        this.#waiting.delete(reply.call);
        return;
      case 'failed':
        this.#waiting.get(reply.call)?.reject(errorOf(reply.failure));
        this.#waiting.delete(reply.call);
        return;
    }
  }

  #lose(error: Error): void {
    if (this.#loss !== null) return;
    this.#loss = error instanceof ModelStoreError ? error : unavailable(error.message, error);
    this.#ready.reject(this.#loss);
    this.#lost.resolve(this.#loss);
    for (const { reject } of this.#waiting.values()) reject(this.#loss);
    this.#waiting.clear();
  }
}

export function unavailable(reason: string, cause?: unknown): ModelStoreError {
  return new ModelStoreError('unavailable', reason, { cause });
}

function errorOf({ code, reason }: QueryFailure): Error {
  return code === 'bug' ? new Error(reason) : new ModelStoreError(code, reason);
}
