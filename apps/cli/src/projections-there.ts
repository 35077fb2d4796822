// Projections by the API of a service that runs.

import { pathOf } from '#cli/change-of-user.js';
import type { Changed, Parked, ParkedAt, Projections } from '#cli/projections.js';
import { isOverdue, type Json, listOf, type ServiceApi } from '#cli/service-api.js';
import {
  type BuildStanding,
  isUnderWay,
  type ProjectionStanding,
  type ReplayStanding,
  type Standing,
} from '#cli/standing.js';
import type { ReplayAsked } from '#read-models/replay/asked.js';
import type { Comparison } from '#read-models/replay/comparison.js';
import type { ReplayPhase } from '#read-models/store.js';

const base = '/countersign/v1';

export async function standingThere(service: ServiceApi): Promise<Standing> {
  const [{ projections }, { replays }] = await Promise.all([
    service.ask({ verb: 'GET', path: `${base}/projections` }),
    service.ask({ verb: 'GET', path: `${base}/replays` }),
  ]);
  const [first] = listOf(projections);
  return {
    head: textOf(first?.head),
    projections: listOf(projections).map(projectionStanding),
    replays: listOf(replays).map(replayStanding),
  };
}

export class ProjectionsThere implements Projections {
  readonly goesOn = true;
  readonly #service: ServiceApi;

  constructor(service: ServiceApi) {
    this.#service = service;
  }

  async begin(projection: string, asked: ReplayAsked): Promise<ReplayStanding> {
    const { replay } = await this.#post(`projections/${pathOf(projection)}/replays`, {
      options: optionsOf(asked),
    });
    return replayStanding(replay as Json);
  }

  async replay(build: number): Promise<ReplayStanding> {
    const { replay } = await this.#service.ask({ verb: 'GET', path: `${base}/replays/${build}` });
    return replayStanding(replay as Json);
  }

  async *changes(build: number, stopped: AbortSignal): AsyncGenerator<ReplayStanding> {
    while (!stopped.aborted) {
      try {
        const lines = this.#service.lines({ path: `${base}/replays/${build}/progress`, stopped });
        for await (const { replay } of lines) {
          const standing = replayStanding(replay as Json);
          yield standing;
          if (!isUnderWay(standing)) return;
        }
      } catch (error) {
        if (!isOverdue(error)) throw error;
      }
    }
  }

  async pauseReplay(build: number): Promise<void> {
    await this.#post(`replays/${build}/pause`);
  }

  async resumeReplay(build: number, changed: Changed): Promise<void> {
    await this.#post(`replays/${build}/resume`, changed);
  }

  async cancel(build: number): Promise<void> {
    await this.#post(`replays/${build}/cancel`);
  }

  async drop(build: number): Promise<void> {
    await this.#service.ask({ verb: 'DELETE', path: `${base}/builds/${build}` });
  }

  async pause(projection: string): Promise<void> {
    await this.#post(`projections/${pathOf(projection)}/pause`);
  }

  async resume(projection: string): Promise<void> {
    await this.#post(`projections/${pathOf(projection)}/resume`);
  }

  retry(projection: string, at: ParkedAt): Promise<Parked | null> {
    return this.#goOnWith(projection, 'retry', at);
  }

  skip(projection: string, at: ParkedAt): Promise<Parked | null> {
    return this.#goOnWith(projection, 'skip', at);
  }

  async close(): Promise<void> {}

  async #goOnWith(projection: string, how: 'retry' | 'skip', at: ParkedAt): Promise<Parked | null> {
    // The service takes no field that it does not know, and who asks may have more of it at hand.
    const { stream, position } = at;
    const path = `projections/${pathOf(projection)}/parked/${how}`;
    const { parked } = await this.#post(path, { stream, position });
    return parked === undefined ? null : parkedOf(parked as Json);
  }

  #post(path: string, body: object = {}): Promise<Json> {
    return this.#service.ask({ verb: 'POST', path: `${base}/${path}`, body });
  }
}

/** Empty texts are left out of JSON. */
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const numberOf = (value: unknown): number => Number(value ?? 0);
const numberOrNull = (value: unknown): number | null => (value === undefined ? null : Number(value));
/** `PROJECTION_STATE_CATCHING_UP` is `catching-up`. */
const wordOf = (value: unknown, prefix: string): string =>
  String(value ?? '')
    .replace(prefix, '')
    .toLowerCase()
    .replaceAll('_', '-');

function projectionStanding(json: Json): ProjectionStanding {
  return {
    projection: String(json.name),
    version: numberOrNull(json.liveVersion),
    build: numberOrNull(json.liveBuild),
    state: wordOf(json.state, 'PROJECTION_STATE_'),
    position: textOf(json.position),
    events: numberOf(json.eventsSeen),
    lagEvents: numberOrNull(json.lagEvents),
    lagSeconds: numberOf(json.lagSeconds),
    eventsPerSecond: numberOf(json.eventsPerSecond),
    parked: listOf(json.parked).map(parkedOf),
    lastError: textOf(json.lastError),
    builds: listOf(json.builds).map(buildStanding),
  };
}

function buildStanding({ build, version, live, position, eventsSeen }: Json): BuildStanding {
  return {
    build: numberOf(build),
    version: numberOf(version),
    isLive: live === true,
    position: textOf(position),
    events: numberOf(eventsSeen),
  };
}

function parkedOf({ stream, position, error, attempts }: Json): Parked {
  return {
    stream: String(stream),
    position: String(position) as Parked['position'],
    error: String(error ?? ''),
    attempts: numberOf(attempts),
  };
}

function replayStanding(json: Json): ReplayStanding {
  const { options = {}, progress = {} } = json as { readonly options?: Json; readonly progress?: Json };
  return {
    build: numberOf(json.build),
    projection: String(json.projection),
    side: textOf(options.side),
    isDryRun: options.dryRun === true,
    phase: wordOf(json.phase, 'REPLAY_PHASE_') as ReplayPhase,
    position: textOf(json.position),
    done: numberOf(progress.done),
    total: numberOrNull(progress.total),
    unit: wordOf(progress.unit, 'REPLAY_UNIT_') as ReplayStanding['unit'],
    eventsPerSecond: numberOf(progress.eventsPerSecond),
    etaSeconds: numberOrNull(progress.etaSeconds),
    comparison: json.comparison === undefined ? null : comparisonOf(json.comparison as Json),
    lastError: textOf(json.lastError),
    failedAt: json.failedAt === undefined ? null : (json.failedAt as ReplayStanding['failedAt']),
    beganAt: String(json.beganAt ?? ''),
    endedAt: textOf(json.endedAt),
  };
}

function comparisonOf({ verdict, position, tables, reason }: Json): Comparison {
  const kind = wordOf(verdict, 'REPLAY_VERDICT_') as Comparison['kind'];
  if (kind === 'not-comparable') return { kind, reason: String(reason) };
  return {
    kind,
    position: String(position) as never,
    tables: listOf(tables).map(({ table, liveRows, liveDigest, replayedRows, replayedDigest }) => ({
      table: String(table),
      live: { rows: numberOf(liveRows), digest: String(liveDigest) },
      replayed: { rows: numberOf(replayedRows), digest: String(replayedDigest) },
    })),
  };
}

function optionsOf({ isDryRun, upToTime, ...asked }: ReplayAsked): Json {
  return {
    ...asked,
    ...(isDryRun !== undefined && { dryRun: isDryRun }),
    ...(upToTime !== undefined && { upToTime: new Date(upToTime).toISOString() }),
  };
}
