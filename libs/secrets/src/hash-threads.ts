// Threads that hash: not those of libuv, which files and other lookups share. Each is started when it is first needed,
// and ends when nothing was hashed for a while.

import { Worker } from 'node:worker_threads';

import type { HashReply } from '#secrets/hash-thread.js';
import type { HashJob } from '#secrets/hash-work.js';

const fromSources = import.meta.url.endsWith('.ts');
const threadUrl = new URL(`./hash-thread${fromSources ? '.ts' : '.js'}`, import.meta.url);
const threadOptions = {
  execArgv: fromSources ? ['--conditions=development', '--no-warnings'] : [],
  // The service's settings are not the thread's business.
  env: {},
};
/** Starting one takes some tens of milliseconds; an idle one keeps some megabytes. */
const idleMs = 10_000;

/** The thread ended before it had answered. What it was asked is in no message. */
export class HashThreadEnded extends Error {
  readonly code = 'hash-thread-ended';

  constructor(options?: ErrorOptions) {
    super('a thread that hashes ended', options);
    this.name = 'HashThreadEnded';
  }
}

export class HashThreads {
  /** The one that was used last is used next, so that what is not needed ends. */
  readonly #idle: HashThread[] = [];

  run(job: HashJob): Promise<HashReply> {
    const thread = this.#idle.pop() ?? new HashThread((ended) => this.#forget(ended));
    return thread.run(job).finally(() => {
      if (!thread.isEnded) this.#idle.push(thread);
    });
  }

  #forget(thread: HashThread): void {
    const at = this.#idle.indexOf(thread);
    if (at !== -1) this.#idle.splice(at, 1);
  }
}

class HashThread {
  readonly #worker = new Worker(threadUrl, threadOptions);
  readonly #onEnd: (thread: HashThread) => void;
  #job: PromiseWithResolvers<HashReply> | null = null;
  #ending: NodeJS.Timeout | undefined;
  isEnded = false;

  constructor(onEnd: (thread: HashThread) => void) {
    this.#onEnd = onEnd;
    this.#worker.on('message', (reply: HashReply) => this.#answer(reply));
    this.#worker.on('error', (error) => this.#end(new HashThreadEnded({ cause: error })));
    this.#worker.on('exit', () => this.#end(new HashThreadEnded()));
  }

  run(job: HashJob): Promise<HashReply> {
    clearTimeout(this.#ending);
    this.#job = Promise.withResolvers();
    this.#worker.ref();
    this.#worker.postMessage(job);
    return this.#job.promise;
  }

  /** One that waits for work keeps no process alive. */
  #answer(reply: HashReply): void {
    this.#worker.unref();
    this.#ending = setTimeout(() => {
      this.#end(new HashThreadEnded());
      void this.#worker.terminate();
    }, idleMs).unref();
    this.#job?.resolve(reply);
    this.#job = null;
  }

  #end(why: HashThreadEnded): void {
    if (this.isEnded) return;
    this.isEnded = true;
    clearTimeout(this.#ending);
    this.#job?.reject(why);
    this.#onEnd(this);
  }
}
