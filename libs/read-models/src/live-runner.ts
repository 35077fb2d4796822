// Follows the log for whichever build of a projection is live: after a switch it goes on with the new one, from that
// one's checkpoint.

import { setTimeout as delay } from 'node:timers/promises';

import type { Position } from '#event-log/event-log.js';
import { pass } from '#read-models/passing.js';
import type { Projection } from '#read-models/projection.js';
import { RestingBuilds } from '#read-models/resting-builds.js';
import { Runner, type RunnerStatus } from '#read-models/runner.js';
import type { RunnerOptions } from '#read-models/runner-options.js';
import { ModelStoreError, OtherVersion } from '#read-models/store.js';
import type { GoneOn } from '#read-models/stream-replay.js';

export interface LiveRunnerOptions extends Omit<RunnerOptions, 'build' | 'whileLive' | 'isPaused'> {
  readonly projection: Projection;
  /** Somebody else moved the rows of the build that is live, or made another version live. They are followed no more. */
  readonly onFenced?: () => void;
  readonly sweepEveryMs?: number;
}

const lookAgainMs = 500;
/** So long after an erasure it is in no row of a build that nobody writes to. */
const sweepEveryDefaultMs = 5_000;

export class LiveRunner {
  readonly #options: LiveRunnerOptions;
  #runner: Runner;
  #build: number;
  #changing: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();
  readonly #sweeping: Promise<void>;

  private constructor(options: LiveRunnerOptions, build: number, runner: Runner) {
    this.#options = options;
    this.#build = build;
    this.#runner = runner;
    this.#followEndOf(runner);
    this.#sweeping = this.#sweep();
  }

  /** Throws `OtherVersion`. */
  static async start(options: LiveRunnerOptions): Promise<LiveRunner> {
    const { projection, onFenced: _, ...others } = options;
    const build = await options.store.open(projection);
    const isPaused = (await options.store.paused()).includes(projection.name);
    return new LiveRunner(options, build.build, new Runner({ ...others, build, isPaused, whileLive: true }));
  }

  get position(): Position {
    return this.#runner.position;
  }

  status(): Promise<RunnerStatus> {
    return this.#runner.status();
  }

  unpark(stream: string): Promise<GoneOn> {
    return this.#runner.unpark(stream);
  }

  skip(stream: string): Promise<GoneOn> {
    return this.#runner.skip(stream);
  }

  isParked(stream: string): boolean {
    return this.#runner.isParked(stream);
  }

  /** Until it is resumed, whoever makes the rows by then. */
  pause(): Promise<void> {
    return this.#setPaused(true);
  }

  resume(): Promise<void> {
    return this.#setPaused(false);
  }

  /** Looks whether another build is live by now. Without it that is found out with the next event. */
  look(): Promise<void> {
    const looking = this.#changing.then(() => this.#change());
    this.#changing = looking.catch(() => undefined);
    return looking;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#changing;
    await this.#runner.close();
    await this.#sweeping;
  }

  /** Not while another build is gone on with, which would miss it. */
  #setPaused(isPaused: boolean): Promise<void> {
    const changing = this.#changing.then(async () => {
      await this.#options.store.setPaused(this.#options.projection.name, isPaused);
      if (isPaused) this.#runner.pause();
      else this.#runner.resume();
    });
    this.#changing = changing.catch(() => undefined);
    return changing;
  }

  /** Where the store does not answer, the new build is followed later. */
  async #lookUntilSeen(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        const before = this.#runner;
        await this.look();
        if (this.#runner === before && !this.#closing.signal.aborted) this.#tellFenced();
        return;
      } catch (error) {
        if (error instanceof OtherVersion) return this.#leaveToOthers(error);
        if (!(error instanceof ModelStoreError)) throw error;
        await delay(lookAgainMs);
      }
    }
  }

  /** Rows of another version are another release's to make. */
  #leaveToOthers(error: OtherVersion): void {
    const { onFenced, onTrouble } = this.#options;
    onTrouble?.(error.message);
    onFenced?.();
  }

  #tellFenced(): void {
    const { onFenced, onTrouble } = this.#options;
    if (onFenced === undefined) onTrouble?.('another runner goes on instead');
    else onFenced();
  }

  async #change(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { projection, ...others } = this.#options;
    const build = await others.store.open(projection);
    if (build.build === this.#build) return;
    pass('runner: before it goes on with another build');
    const isPaused = (await others.store.paused()).includes(projection.name);
    await this.#runner.close();
    this.#build = build.build;
    this.#runner = new Runner({ ...others, build, isPaused, whileLive: true });
    this.#followEndOf(this.#runner);
    pass('runner: after it went on with another build');
  }

  /** Again and again, since builds come to rest without a word. */
  async #sweep(): Promise<void> {
    const { log, store, projection, onTrouble, sweepEveryMs = sweepEveryDefaultMs } = this.#options;
    const { signal: until } = this.#closing;
    const tell = (text: string) => onTrouble?.(text);
    const resting = new RestingBuilds({ log, store, projection, until, onTrouble: tell });
    let told = '';
    while (!until.aborted) {
      try {
        await resting.sweep();
        told = '';
      } catch (error) {
        const text = `who was erased is still in rows that stand still: ${String(error)}`;
        if (text !== told && !until.aborted) tell(text);
        told = text;
      }
      await delay(sweepEveryMs, undefined, { signal: until }).catch(() => undefined);
    }
  }

  #followEndOf(runner: Runner): void {
    void runner.ended.then((stopped) => {
      if (stopped.code === 'fenced' && runner === this.#runner)
        void this.#lookUntilSeen().catch((error: unknown) => this.#options.onTrouble?.(String(error)));
    });
  }
}
