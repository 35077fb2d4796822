// Where rows stand that no runner of this server makes, as far as their checkpoints tell: another server does, or they
// are of another version.

import type { EventLog, Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import type { Projection } from '#read-models/projection.js';
import type { Measure } from '#read-models/replay/progress.js';
import type { RunnerStatus } from '#read-models/runner.js';
import type { ModelStore } from '#read-models/store.js';

export interface StandingRowsOptions {
  readonly log: Pick<EventLog, 'head'>;
  readonly store: Pick<ModelStore, 'builds' | 'parked'>;
  readonly projections: readonly Projection[];
  readonly measure: Measure | null;
}

interface Seen {
  readonly events: number;
  readonly at: number;
}

export class StandingRows {
  readonly #options: StandingRowsOptions;
  readonly #seen = new Map<string, Seen>();
  /** When rows last showed all that there was, by projections. */
  readonly #levelAt = new Map<string, number>();

  constructor(options: StandingRowsOptions) {
    this.#options = options;
  }

  async status(projections = this.#options.projections): Promise<readonly RunnerStatus[]> {
    if (projections.length === 0) return [];
    const { log, store } = this.#options;
    const head = await log.head().catch(() => null);
    const live = (await store.builds()).filter(({ isLive }) => isLive);
    return Promise.all(
      projections.flatMap((projection) => {
        const build = live.find((one) => one.projection === projection.name);
        return build === undefined ? [] : [this.#statusOf(projection, build, head)];
      }),
    );
  }

  async #statusOf(
    projection: Projection,
    { build, version, checkpoint }: Awaited<ReturnType<ModelStore['builds']>>[number],
    head: Position | null,
  ): Promise<RunnerStatus> {
    const { store, measure } = this.#options;
    const { position, events } = checkpoint ?? { position: logStart, events: 0 };
    const isLevel = head !== null && head <= position;
    return {
      projection: projection.name,
      build,
      phase: version === projection.version ? 'elsewhere' : 'to-be-replayed',
      position,
      head,
      events,
      lagEvents: head === null || measure === null ? null : measure.upTo(head) - measure.upTo(position),
      lagSeconds: this.#lagSeconds(projection.name, isLevel),
      eventsPerSecond: this.#rateOf(projection.name, events),
      parked: await store.parked({ projection, build }),
      lastError: null,
      stopped: null,
    };
  }

  /** Not more than is true by as long as nobody had looked. */
  #lagSeconds(projection: string, isLevel: boolean): number {
    const now = performance.now();
    const since = this.#levelAt.get(projection);
    if (isLevel || since === undefined) this.#levelAt.set(projection, now);
    return isLevel || since === undefined ? 0 : (now - since) / 1_000;
  }

  /** Since the last look. */
  #rateOf(projection: string, events: number): number {
    const now = performance.now();
    const before = this.#seen.get(projection);
    this.#seen.set(projection, { events, at: now });
    if (before === undefined || now <= before.at) return 0;
    return Math.max(0, events - before.events) / ((now - before.at) / 1_000);
  }
}
