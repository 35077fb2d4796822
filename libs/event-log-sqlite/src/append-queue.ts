// The service's side of the writing thread: what comes while it writes leaves together, and each append is answered
// once, whatever becomes of the thread.

import { channel } from 'node:diagnostics_channel';
import { Worker } from 'node:worker_threads';
import { positionText } from '#event-log/counted-position.js';
import type { EncodedAppend } from '#event-log/encode-append.js';
import { EventLogError, outcomeUnknown, unavailable } from '#event-log/errors.js';
import type { AppendResult } from '#event-log/event-log.js';
import type { AppendOutcome, WriterData, WriterReply, WriterRequest } from '#event-log-sqlite/messages.js';
import { packAppends, unpackOutcome } from '#event-log-sqlite/messages.js';
import { threadOptions, threadUrl } from '#event-log-sqlite/thread.js';

interface Waiting {
  readonly append: EncodedAppend;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

interface Sent {
  readonly waiting: Waiting[];
  readonly deadline: number;
}

/** Whoever measures is told how many appends left together. */
const batchSizes = channel('countersign.append-batch');

export interface AppendQueueOptions {
  readonly directory: string;
  readonly timeoutMs: number;
  /** Moved by the writing thread. */
  readonly head: SharedArrayBuffer;
  readonly onHead: (head: number) => void;
  readonly onTrouble: (text: string) => void;
}

/** Appends that are not answered yet; beyond it the disk is not keeping up, and more would only wait. */
const appendsWaitingMax = 20_000;
/**
 * A full batch leaves at once, so that this thread answers one and fills the next while the other thread writes:
 * replies that came meanwhile are all taken in the same tick, at whose end both threads would wait in turn.
 */
const appendsPerBatch = 128;
/** How often deadlines are looked at: a timer for each append would cost more than the append. */
const sweepMs = 250;
/** Before the thread is started anew, up to the last of them while that fails. */
const restartDelaysMs = [250, 500, 1_000, 2_000, 4_000];

export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #sent = new Map<number, Sent>();
  #worker: Worker | null = null;
  #waiting: Waiting[] = [];
  #unanswered = 0;
  #batch = 0;
  #scheduled = false;
  #closing = false;
  /** For ever: the log is damaged. */
  #refusal: EventLogError | null = null;
  /** For now. */
  #away: EventLogError | null = null;
  #restarts = 0;
  #sweep: NodeJS.Timeout | null = null;
  #idle: (() => void) | null = null;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** Resolves when the log is open. */
  start(): Promise<{ identity: string; head: number }> {
    return new Promise((resolve, reject) => {
      const { directory, head } = this.#options;
      const workerData: WriterData = { directory, head };
      const worker = new Worker(threadUrl('writer'), { ...threadOptions, workerData });
      this.#worker = worker;
      worker.on('message', (reply: WriterReply) => {
        if (reply.kind === 'ready') resolve(reply);
        else if (reply.kind === 'refused') reject(this.#refuse(new EventLogError(reply.failure)));
        else this.#take(reply);
      });
      worker.on('error', (error) => {
        this.#lose(worker, error);
        reject(error);
      });
      worker.on('exit', () => {
        this.#lose(worker, undefined);
        reject(unavailable('its writing thread ended'));
      });
    });
  }

  /** Why nothing can be appended; null when it can be. */
  get failure(): EventLogError | null {
    if (this.#refusal !== null) return this.#refusal;
    return this.#worker === null ? unavailable('its writing thread is being started') : this.#away;
  }

  push(append: EncodedAppend): Promise<AppendResult> {
    if (this.#closing) return Promise.reject(unavailable('it is closed'));
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    if (this.#worker === null) return Promise.reject(unavailable('its writing thread is being started'));
    if (this.#unanswered >= appendsWaitingMax)
      return Promise.reject(unavailable('too many appends are waiting'));
    this.#unanswered += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject });
      if (this.#waiting.length >= appendsPerBatch) this.#flush();
      else this.#schedule();
    });
  }

  /** Answers what was accepted, then ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#unanswered > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    const worker = this.#worker;
    if (worker !== null) {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      this.#post({ kind: 'close' });
      await ended;
    }
    if (this.#sweep !== null) clearInterval(this.#sweep);
  }

  /**
   * Less than a batch waits for the thread to answer what it has: a message costs as much as an append, and what is
   * committed together is synced together.
   */
  #schedule(): void {
    if (this.#scheduled || this.#sent.size > 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#waiting.length > 0) this.#flush();
    });
  }

  #flush(): void {
    if (this.#worker === null) {
      this.#turnAway('its writing thread ended');
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#batch += 1;
    if (batchSizes.hasSubscribers) batchSizes.publish(waiting.length);
    this.#sent.set(this.#batch, { waiting, deadline: performance.now() + this.#options.timeoutMs });
    this.#sweep ??= setInterval(() => this.#expire(), sweepMs).unref();
    this.#post({
      kind: 'append',
      batch: this.#batch,
      appends: packAppends(waiting.map((one) => one.append)),
    });
  }

  #post(request: WriterRequest): void {
    this.#worker?.postMessage(request);
  }

  #take(reply: Exclude<WriterReply, { kind: 'ready' | 'refused' }>): void {
    switch (reply.kind) {
      case 'appended': {
        this.#options.onHead(reply.head);
        const sent = this.#sent.get(reply.batch);
        if (sent === undefined) return;
        this.#sent.delete(reply.batch);
        // Taken out, since a table that the map has outgrown still holds what it held, until the old generation is collected.
        for (const [index, one] of sent.waiting.splice(0).entries())
          this.#settle(one, unpackOutcome(reply.outcomes, index));
        if (this.#waiting.length > 0) this.#schedule();
        return;
      }
      case 'trouble':
        this.#options.onTrouble(reply.text);
        return;
      case 'state':
        this.#away = reply.failure === null ? null : new EventLogError(reply.failure);
        return;
      case 'closed':
        return;
    }
  }

  #settle(one: Waiting, outcome: AppendOutcome | undefined): void {
    if (outcome === undefined) this.#reject(one, outcomeUnknown('its writing thread left it unanswered'));
    else if ('failure' in outcome) this.#reject(one, new EventLogError(outcome.failure));
    else {
      one.resolve({ revision: outcome.revision, position: positionText(outcome.position) });
      this.#answered();
    }
  }

  #reject(one: Waiting, error: EventLogError): void {
    one.reject(error);
    this.#answered();
  }

  #answered(): void {
    this.#unanswered -= 1;
    if (this.#unanswered === 0) this.#idle?.();
  }

  /** What has not left is written nowhere. */
  #turnAway(reason: string): void {
    for (const one of this.#waiting.splice(0)) this.#reject(one, unavailable(reason));
  }

  /**
   * What is overdue is answered, and stays with the thread: a retry with the same ids finds out. What waited for it
   * has waited as long.
   */
  #expire(): void {
    const now = performance.now();
    for (const [batch, sent] of this.#sent) {
      if (sent.deadline > now) return;
      this.#sent.delete(batch);
      for (const one of sent.waiting) this.#reject(one, outcomeUnknown('writing took too long'));
      this.#turnAway('writing takes too long');
    }
  }

  #refuse(error: EventLogError): EventLogError {
    if (error.code === 'corrupt') this.#refusal = error;
    return error;
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const lost = [...this.#sent.values()].flatMap((sent) => sent.waiting);
    this.#sent.clear();
    for (const one of lost) this.#reject(one, outcomeUnknown('its writing thread ended', cause));
    this.#turnAway('its writing thread ended');
    if (this.#closing || this.#refusal !== null) return;
    const why = cause === undefined ? '' : `: ${String(cause)}`;
    this.#options.onTrouble(`the writing thread ended${why}`);
    const delay = restartDelaysMs[Math.min(this.#restarts, restartDelaysMs.length - 1)];
    this.#restarts += 1;
    setTimeout(() => this.#restart(), delay).unref();
  }

  async #restart(): Promise<void> {
    if (this.#closing) return;
    try {
      const { head } = await this.start();
      this.#restarts = 0;
      this.#away = null;
      this.#options.onHead(head);
      this.#options.onTrouble('the writing thread was started anew');
    } catch (error) {
      // `#lose` or `#refuse` has already drawn the consequence.
      this.#options.onTrouble(`starting the writing thread failed: ${String(error)}`);
    }
  }
}
