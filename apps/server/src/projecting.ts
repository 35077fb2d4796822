// The serving thread's side of the thread that projects: started again when it ends, with a growing delay, and asked
// by numbered orders, each of which is answered once, whatever becomes of the thread.

import { Worker } from 'node:worker_threads';

import type { Position } from '#event-log/event-log.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import type { RunnerStatus } from '#read-models/runner.js';
import type { ModelStore } from '#read-models/store.js';
import type { GoneOn } from '#read-models/stream-replay.js';
import { OrderRefused, ProjectingAway } from '#server/order-errors.js';
import type {
  Order,
  OrderFailure,
  ParkedAt,
  ProjectingData,
  ProjectingReply,
  ProjectingRequest,
} from '#server/projecting-messages.js';
import type { Projected } from '#telemetry/traces.js';

export interface ProjectingOptions extends Omit<ProjectingData, 'isTraced'> {
  /** Every reading that begins from now on shows the rows up to here. */
  readonly onMoved: (projection: string, position: Position) => void;
  /** Told what an operator should know; the projection is null where all are concerned. */
  readonly onTrouble: (text: string, projection: string | null) => void;
  /** Of a thread that replays: another build is live. */
  readonly onSwitched?: (projection: string) => void;
  /** Where rows are shared: this process may write them, by this token; null once it may not. */
  readonly onHeld?: (token: number | null) => Promise<void>;
  /** Where rows are shared: users of these streams were erased, by whichever server. */
  readonly onErased?: (streams: readonly string[]) => void;
  /** Where rows are shared: users may have been erased of whom nothing was told. */
  readonly onErasuresMissed?: () => void;
  /** This process may replay, and there is something to go on with. */
  readonly onReplayLeft?: () => void;
  /** Of traced calls: their appends, as they come into rows. */
  readonly onProjected?: (projected: readonly Projected[]) => void;
  readonly restartDelaysMs?: readonly number[];
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Up to the last of them, while it does not stay. */
const restartDelaysDefaultMs = [100, 500, 2_000, 10_000];
/** A thread that lived so long ended for another reason than the one before it. */
const steadyMs = 60_000;
/** A batch under way is finished in less; what is not is done again after the next start. It has a share of the 10 s. */
const closeMaxMs = 2_000;
const orderMaxMs = 10_000;

const failures = {
  refused: OrderRefused,
  away: ProjectingAway,
  failed: Error,
} as const satisfies Record<OrderFailure, unknown>;

const fromSources = import.meta.url.endsWith('.ts');
const threadUrl = (name: 'projecting' | 'replaying') =>
  new URL(`./${name}-thread${fromSources ? '.ts' : '.js'}`, import.meta.url);
const execArgv = fromSources ? ['--conditions=development', '--no-warnings'] : [];

export class Projecting {
  readonly #options: ProjectingOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #startedAt = 0;
  #failures = 0;
  #number = 0;
  #restarting: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  private constructor(options: ProjectingOptions) {
    this.#options = options;
  }

  static start(options: ProjectingOptions): Projecting {
    const projecting = new Projecting(options);
    projecting.#start();
    return projecting;
  }

  /** That it writes by, where it was given one. */
  get token(): number | null {
    return this.#options.shared?.token ?? null;
  }

  status(): Promise<readonly RunnerStatus[]> {
    return this.ask({ order: 'status' });
  }

  /** Of every projection, whichever server makes them. */
  builds(): Promise<Awaited<ReturnType<ModelStore['builds']>>> {
    return this.ask({ order: 'builds' });
  }

  /** Nothing where the stream is not parked at this event. */
  retryParked(at: ParkedAt): Promise<GoneOn> {
    return this.ask({ order: 'retry-parked', ...at });
  }

  skipParked(at: ParkedAt): Promise<GoneOn> {
    return this.ask({ order: 'skip-parked', ...at });
  }

  /** As their notes tell of them. */
  replays(): Promise<readonly ReplayStatus[]> {
    return this.ask({ order: 'replays' });
  }

  pause(projection: string): Promise<void> {
    return this.ask({ order: 'pause', projection });
  }

  resume(projection: string): Promise<void> {
    return this.ask({ order: 'resume', projection });
  }

  /** Looks which build is live by now, and goes on with that. */
  follow(projection: string): Promise<void> {
    return this.ask({ order: 'follow', projection });
  }

  ask<Answer>(order: Order): Promise<Answer> {
    const worker = this.#worker;
    if (worker === null || this.#closing !== null)
      return Promise.reject(new ProjectingAway(`${this.#name} is not there`));
    this.#number += 1;
    const number = this.#number;
    return new Promise<Answer>((resolve, reject) => {
      const fail = () => this.#settle(number)?.reject(new ProjectingAway('it took too long'));
      this.#waiting.set(number, { resolve, reject, timer: setTimeout(fail, orderMaxMs) });
      this.#post(worker, { kind: 'order', number, order });
    });
  }

  /** Before the log is closed. Ends what does not end by itself in time: rows and checkpoint move together. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#restarting);
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    this.#post(worker, { kind: 'close' });
    const late = setTimeout(() => {
      this.#options.onTrouble(`${this.#name} did not end in time`, null);
      void worker.terminate();
    }, closeMaxMs);
    await ended;
    clearTimeout(late);
  }

  #start(): void {
    const { log, keysPath, masterKeys, modelsPath, shared, hurry, projections, role, onProjected } =
      this.#options;
    const files = { keysPath, modelsPath };
    const more = {
      ...(shared && { shared }),
      ...(hurry && { hurry }),
      ...(onProjected && { isTraced: true as const }),
    };
    const data: ProjectingData = { log, masterKeys, projections, ...files, ...more };
    // The service's settings are not the thread's business.
    const worker = new Worker(threadUrl(role ?? 'projecting'), { execArgv, env: {}, workerData: data });
    this.#worker = worker;
    this.#startedAt = performance.now();
    worker.on('message', (reply: ProjectingReply) => this.#take(reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, undefined));
  }

  #post(worker: Worker, request: ProjectingRequest): void {
    worker.postMessage(request);
  }

  #take(reply: ProjectingReply): void {
    const { onMoved, onSwitched, onErased, onTrouble } = this.#options;
    switch (reply.kind) {
      case 'ready':
        return;
      case 'moved':
        for (const [projection, position] of reply.positions) onMoved(projection, position);
        return;
      case 'held':
        void this.#hear(reply.token);
        return;
      case 'erased':
        onErased?.(reply.streams);
        return;
      case 'erasures-missed':
        this.#options.onErasuresMissed?.();
        return;
      case 'projected':
        this.#options.onProjected?.(reply.projected);
        return;
      case 'replay-left':
        this.#options.onReplayLeft?.();
        return;
      case 'switched':
        onSwitched?.(reply.projection);
        return;
      case 'trouble':
        onTrouble(reply.text, reply.projection);
        return;
      case 'done':
        this.#settle(reply.number)?.resolve(reply.answer as never);
        return;
      case 'failed':
        this.#settle(reply.number)?.reject(new failures[reply.as](reply.text));
    }
  }

  /** The lease is given up after the answer. */
  async #hear(token: number | null): Promise<void> {
    const worker = this.#worker;
    await this.#options.onHeld?.(token);
    if (worker !== null) this.#post(worker, { kind: 'heard', token });
  }

  #settle(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(number);
    return waiting;
  }

  get #name(): string {
    return `the thread that ${this.#options.role === 'replaying' ? 'replays' : 'projects'}`;
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    void this.#options.onHeld?.(null);
    if (this.#options.shared !== undefined) this.#options.onErasuresMissed?.();
    const away = new ProjectingAway(`${this.#name} ended`, { cause });
    for (const number of [...this.#waiting.keys()]) this.#settle(number)?.reject(away);
    if (this.#closing !== null) return;
    const { onTrouble, restartDelaysMs = restartDelaysDefaultMs } = this.#options;
    if (performance.now() - this.#startedAt > steadyMs) this.#failures = 0;
    const delay = restartDelaysMs[Math.min(this.#failures, restartDelaysMs.length - 1)];
    this.#failures += 1;
    onTrouble(`${this.#name} ended${kindOf(cause)}; it is started again`, null);
    this.#restarting = setTimeout(() => this.#start(), delay).unref();
  }
}

/** The text of an error that is not ours may hold what was opened. */
function kindOf(cause: unknown): string {
  if (!(cause instanceof Error)) return '';
  const { code } = cause as { readonly code?: unknown };
  return `: ${cause.name}${typeof code === 'string' ? ` ${code}` : ''}`;
}
