// Where each projection stands, looked at now and then, for the metrics.

import type { RunnerStatus } from '#read-models/runner.js';
import type { Metrics } from '#server/metrics/metrics.js';

export interface ProjectionWatchOptions {
  readonly projections: readonly string[];
  readonly status: () => Promise<readonly RunnerStatus[]>;
  readonly metrics: Pick<Metrics, 'projection'>;
  /** By projections: how many events their rows had seen before. */
  readonly events: ReadonlyMap<string, number>;
  readonly lookEveryMs?: number;
}

/** More often than anybody scrapes, and rarely enough to cost nothing. */
const lookEveryDefaultMs = 2_000;

/** Answers how to end it. */
export function watchProjections({
  projections,
  status,
  metrics,
  events,
  lookEveryMs = lookEveryDefaultMs,
}: ProjectionWatchOptions): () => void {
  const told = new Map(projections.map((name) => [name, metrics.projection(name)]));
  const seen = new Map(events);
  const heard = new Map(projections.map((name) => [name, { at: Date.now(), lagSeconds: 0 }]));
  const tell = (one: RunnerStatus): void => {
    const series = told.get(one.projection);
    const isLevel = one.head === one.position;
    // Where the engine does not count, only whether there are any is known.
    series?.lag({ events: one.lagEvents ?? (isLevel ? 0 : Number.NaN), seconds: one.lagSeconds });
    series?.parked(one.parked.length);
    series?.projected(Math.max(0, one.events - (seen.get(one.projection) ?? 0)));
    seen.set(one.projection, one.events);
    heard.set(one.projection, { at: Date.now(), lagSeconds: one.lagSeconds });
  };
  // What was level a while ago need not be so any more, and the alarm of who is behind is to be heard.
  const tellUnheard = (name: string): void => {
    const { at, lagSeconds } = heard.get(name) as { readonly at: number; readonly lagSeconds: number };
    told.get(name)?.lag({ events: Number.NaN, seconds: lagSeconds + (Date.now() - at) / 1_000 });
  };
  const look = async (): Promise<void> => {
    // Of a thread that is being started again nothing is known, which was told already.
    const statuses = await status().catch(() => []);
    for (const one of statuses) tell(one);
    const names = new Set(statuses.map(({ projection }) => projection));
    for (const name of projections) if (!names.has(name)) tellUnheard(name);
  };
  const timer = setInterval(() => void look(), lookEveryMs).unref();
  return () => clearInterval(timer);
}
