// The embedded key store: keys.db, in a thread of its own, so that a slow disk holds up nothing but keys.

import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { keyFilePath, wrappedBytes } from '#key-store-sqlite/key-file.js';
import { type Failure, KeyStoreFailure, unavailable } from '#key-store-sqlite/key-store-failure.js';
import type {
  Answer,
  Call,
  KeeperReply,
  KeeperRequest,
  Operation,
  Outcomes,
} from '#key-store-sqlite/messages.js';
import type { KeyPage, KeyStore, WrappedKey } from '#secrets/key-store.js';

export interface SqliteKeyStoreOptions {
  readonly directory: string;
  /** After this a call that is not answered is `unavailable`. */
  readonly timeoutMs?: number;
  /** Told what an operator should know: a failed disk, a thread that ended. */
  readonly onTrouble?: (text: string) => void;
}

interface Waiting {
  readonly resolve: (outcome: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** As long as the default deadline of a call: waiting longer would help nobody. */
const timeoutDefaultMs = 10_000;
/** Beyond it the disk is not keeping up, and more would only wait. */
const callsWaitingMax = 20_000;
/** After a thread ended by itself, so that a disk that fails for long is not opened without a pause. */
const restartPauseMs = 250;

const fromSources = import.meta.url.endsWith('.ts');
const keeperUrl = new URL(`./keeper${fromSources ? '.ts' : '.js'}`, import.meta.url);
const execArgv = fromSources ? ['--conditions=development', '--no-warnings'] : [];

export class SqliteKeyStore implements KeyStore {
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #onTrouble: (text: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #unsent: Call[] = [];
  #number = 0;
  #worker: Worker | null = null;
  /** Why the last thread could not open the file. */
  #refusal: Failure | null = null;
  #pausedUntil = 0;
  #closing: Promise<void> | null = null;

  private constructor({ directory, timeoutMs = timeoutDefaultMs, onTrouble }: SqliteKeyStoreOptions) {
    this.#path = keyFilePath(directory);
    this.#timeoutMs = timeoutMs;
    this.#onTrouble = onTrouble ?? (() => undefined);
  }

  /** Throws `KeyStoreError`: `damaged` also for a file that is no key store, which is left as it is. */
  static async open(options: SqliteKeyStoreOptions): Promise<KeyStore> {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    const store = new SqliteKeyStore(options);
    await new Promise<void>((resolve, reject) => store.#start(resolve, reject));
    return store;
  }

  async add(key: WrappedKey): Promise<boolean> {
    return this.#call({ kind: 'add', key: toSend(key) });
  }

  get(subject: string): Promise<WrappedKey | null> {
    return this.#call({ kind: 'get', subject });
  }

  erase(subject: string): Promise<boolean> {
    return this.#call({ kind: 'erase', subject });
  }

  async rewrap(from: WrappedKey, to: WrappedKey): Promise<boolean> {
    return this.#call({ kind: 'rewrap', from: toSend(from), to: toSend(to) });
  }

  notWrappedBy(masterKeyId: string, page: KeyPage): Promise<readonly WrappedKey[]> {
    return this.#call({ kind: 'page', masterKeyId, page });
  }

  countByMasterKey(): Promise<ReadonlyMap<string, number>> {
    return this.#call({ kind: 'count' });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#flush();
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    this.#post({ kind: 'close' });
    await ended;
  }

  #call<Kind extends Operation['kind']>(
    operation: Operation & { readonly kind: Kind },
  ): Promise<Outcomes[Kind]> {
    const refusal = this.#refusalOfCall();
    if (refusal !== null) return Promise.reject(refusal);
    this.#number += 1;
    const number = this.#number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(number, unavailable('it took too long')), this.#timeoutMs);
      this.#waiting.set(number, { resolve, reject, timer });
      this.#unsent.push({ number, operation });
      // What is called in one go leaves as one message.
      if (this.#unsent.length === 1) queueMicrotask(() => this.#flush());
    });
  }

  #refusalOfCall(): KeyStoreFailure | null {
    if (this.#closing !== null) return unavailable('it is closed');
    if (this.#waiting.size >= callsWaitingMax) return unavailable('too many calls are waiting');
    if (this.#worker !== null || performance.now() >= this.#pausedUntil) return null;
    return this.#refusal === null
      ? unavailable('its thread is being started')
      : new KeyStoreFailure(this.#refusal);
  }

  #flush(): void {
    const calls = this.#unsent;
    if (calls.length === 0) return;
    this.#unsent = [];
    if (this.#worker === null)
      this.#start(
        () => undefined,
        () => undefined,
      );
    this.#post({ kind: 'calls', calls });
  }

  #post(request: KeeperRequest): void {
    this.#worker?.postMessage(request);
  }

  #start(onReady: () => void, onRefused: (error: Error) => void): void {
    const worker = new Worker(keeperUrl, { execArgv, env: {}, workerData: { path: this.#path } });
    this.#worker = worker;
    this.#refusal = null;
    worker.on('message', (reply: KeeperReply) => {
      switch (reply.kind) {
        case 'ready':
          onReady();
          return;
        case 'refused':
          this.#refusal = reply.failure;
          onRefused(new KeyStoreFailure(reply.failure));
          return;
        case 'answered':
          for (const answer of reply.answers) this.#settle(answer);
          return;
        case 'trouble':
          this.#onTrouble(reply.text);
          return;
      }
    });
    worker.on('error', (error) => {
      this.#lose(worker, error);
      onRefused(unavailable('its thread ended', error));
    });
    worker.on('exit', () => {
      this.#lose(worker, undefined);
      onRefused(unavailable('its thread ended'));
    });
  }

  #settle(answer: Answer): void {
    if ('failure' in answer) this.#fail(answer.number, new KeyStoreFailure(answer.failure));
    else this.#take(answer.number)?.resolve(answer.outcome as never);
  }

  #fail(number: number, error: Error): void {
    this.#take(number)?.reject(error);
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.timer);
    this.#waiting.delete(number);
    return waiting;
  }

  /** The next call starts another thread. */
  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#pausedUntil = performance.now() + restartPauseMs;
    const failure = this.#refusal ?? { code: 'unavailable', reason: 'its thread ended' };
    for (const number of [...this.#waiting.keys()])
      this.#fail(number, new KeyStoreFailure(failure, { cause }));
    if (this.#closing === null) this.#onTrouble(`the thread of the key store ended: ${failure.reason}`);
  }
}

/** What is sent takes its whole buffer along, which may be one that small buffers share. */
function toSend(key: WrappedKey): WrappedKey {
  if (key.wrapped.length !== wrappedBytes)
    throw new TypeError(`a wrapped key has ${wrappedBytes} bytes, not ${key.wrapped.length}`);
  return { ...key, wrapped: new Uint8Array(key.wrapped) };
}
