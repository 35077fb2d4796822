// The runners of one thread: one for each projection, each following the log for whichever build is live.

import type { Position } from '#event-log/event-log.js';
import type { Hurry } from '#read-models/hurry.js';
import { LiveRunner } from '#read-models/live-runner.js';
import type { Projection } from '#read-models/projection.js';
import type { RunnerStatus } from '#read-models/runner.js';
import { OtherVersion } from '#read-models/store.js';
import { AppendsPassing } from '#server/appends-passing.js';
import { ErasuresPassing } from '#server/erasures-passing.js';
import type { ProjectingParts } from '#server/projecting-parts.js';
import { StandingRows } from '#server/standing-rows.js';
import type { Projected } from '#telemetry/traces.js';

export interface LiveRunnersOptions extends Omit<ProjectingParts, 'lease' | 'close'> {
  readonly onMoved: (projection: string, position: Position) => void;
  readonly onTrouble: (text: string, projection: string) => void;
  /** Left out where nothing is traced. */
  readonly onProjected?: (projected: readonly Projected[]) => void;
  /** Somebody else moved the rows. */
  readonly onFenced?: () => void;
  /** Where nobody but this process waits for them. */
  readonly hurry?: Hurry;
}

export class LiveRunners {
  readonly #options: LiveRunnersOptions;
  readonly #runners = new Map<string, LiveRunner>();
  readonly #others: StandingRows;

  private constructor(options: LiveRunnersOptions) {
    this.#options = options;
    this.#others = new StandingRows(options);
  }

  static async start(options: LiveRunnersOptions): Promise<LiveRunners> {
    const runners = new LiveRunners(options);
    try {
      for (const projection of options.projections) await runners.#run(projection);
    } catch (error) {
      await runners.close();
      throw error;
    }
    return runners;
  }

  async status(): Promise<readonly RunnerStatus[]> {
    const made = await Promise.all([...this.#runners.values()].map((runner) => runner.status()));
    const others = this.#options.projections.filter(({ name }) => !this.#runners.has(name));
    return [...made, ...(await this.#others.status(others))];
  }

  of(name: string): LiveRunner {
    const runner = this.#runners.get(name);
    if (runner === undefined) throw new Error(`no rows are made of ${name}`);
    return runner;
  }

  /** Another build of it is live, or the first one is. */
  async follow(name: string): Promise<void> {
    const projection = this.#options.projections.find((one) => one.name === name);
    if (projection === undefined) throw new Error(`no rows are made of ${name}`);
    const runner = this.#runners.get(name);
    if (runner === undefined) await this.#run(projection);
    else await runner.look();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
  }

  /** Not one whose rows are of another version: a replay has to build them, and `follow` is called then. */
  async #run(projection: Projection): Promise<void> {
    const { log, keys, store, measure, onMoved, onTrouble, onFenced, hurry } = this.#options;
    const { name } = projection;
    try {
      const erasures = new ErasuresPassing((stream) => keys.forget(stream));
      const appends = this.#appendsTo(projection);
      const runner = await LiveRunner.start({
        log: erasures.over(appends?.over(log) ?? log),
        store,
        projection,
        opener: keys,
        onMoved: (position) => {
          erasures.movedTo(position);
          appends?.movedTo(position);
          onMoved(name, position);
        },
        onTrouble: (text) => onTrouble(text, name),
        ...(onFenced && { onFenced }),
        ...(hurry && { hurry }),
        ...(measure !== null && {
          countBetween: (after: Position, upTo: Position) => measure.upTo(upTo) - measure.upTo(after),
        }),
      });
      this.#runners.set(name, runner);
      const checkpoint = await store.checkpoint(await store.open(projection));
      if (checkpoint !== null) onMoved(name, checkpoint.position);
    } catch (error) {
      if (!(error instanceof OtherVersion)) throw error;
      onTrouble(error.message, name);
    }
  }

  #appendsTo(projection: Projection): AppendsPassing | null {
    const { onProjected: tell } = this.#options;
    if (tell === undefined) return null;
    const isParked = (stream: string) => this.#runners.get(projection.name)?.isParked(stream) === true;
    return new AppendsPassing({ projection, tell, isParked });
  }
}
