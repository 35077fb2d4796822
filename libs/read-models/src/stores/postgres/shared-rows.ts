// Rows that several servers show, as a server that may not make them reads them: how far they go is asked for, and held
// against what its readers were promised.

import type { Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import type { Projection } from '#read-models/projection.js';
import { type ModelStore, ModelStoreError, type Reading } from '#read-models/store.js';
import { type ConnectionOptions, connectionsDefault } from '#read-models/stores/postgres/connections.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { Turns } from '#read-models/stores/postgres/turns.js';
import type { Waits } from '#read-models/waits.js';

export interface SharedRowsOptions extends ConnectionOptions {
  /** As this release has them: its queries know the tables of no other version. Left out, any is read. */
  readonly projections?: readonly Pick<Projection, 'name' | 'version'>[];
}

export class SharedRows {
  readonly #store: ModelStore;
  readonly #versions: ReadonlyMap<string, number>;
  readonly #turns: Turns;

  private constructor(store: ModelStore, { projections = [], connections }: SharedRowsOptions) {
    this.#store = store;
    this.#versions = new Map(projections.map(({ name, version }) => [name, version]));
    // One is left for those who look how far the rows go.
    this.#turns = new Turns(Math.max(1, (connections ?? connectionsDefault) - 1));
  }

  static async open(options: SharedRowsOptions): Promise<SharedRows> {
    return new SharedRows(await openPostgresStore(options), options);
  }

  /** What is live, in whichever version: by projections, up to where it shows the log, and which. */
  async checkpoints() {
    const live = (await this.#store.builds()).filter(({ isLive }) => isLive);
    return live.flatMap(({ projection, version, checkpoint }) =>
      checkpoint === null ? [] : [{ projection, version, ...checkpoint }],
    );
  }

  /** Up to where this release can show them. */
  async positions(): Promise<readonly (readonly [string, Position])[]> {
    const known = (await this.checkpoints()).filter(({ projection, version }) =>
      this.#knows(projection, version),
    );
    return known.map(({ projection, position }) => [projection, position]);
  }

  /**
   * Rejects with the reason of the signal once nobody waits for the answer any more. Rows that go less far than was
   * told are not answered from: a server that lost its power may have lost the last of them, and makes them again.
   */
  async read<Answer>(
    ask: (reading: Reading) => Promise<Answer>,
    { waits, projections, signal }: SharedReading,
  ): Promise<Answer> {
    const told = projections.map((projection) => [projection, waits.shownOf(projection)] as const);
    const asking = (rows: Reading) => {
      for (const [projection, position] of told) assertNotBack(rows, { projection, position, waits });
      return ask(this.#ofThisRelease(rows));
    };
    const reading = this.#turns.take(() => this.#store.read(asking), signal);
    if (signal === undefined) return reading;
    return Promise.race([reading, endOf(signal)]);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #knows(projection: string, version: number): boolean {
    return (this.#versions.get(projection) ?? version) === version;
  }

  #ofThisRelease(rows: Reading): Reading {
    const tableOf: Reading['tableOf'] = (projection, table) => {
      const live = rows.versionOf(projection);
      if (live === null || this.#knows(projection, live)) return rows.tableOf(projection, table);
      const reason = `version ${live} of ${projection} is live, and this release has ${this.#versions.get(projection)}`;
      throw new ModelStoreError('unavailable', reason);
    };
    return { ...rows, tableOf };
  }
}

export interface SharedReading {
  readonly waits: Pick<Waits, 'shownOf' | 'moveTo'>;
  readonly projections: readonly string[];
  readonly signal?: AbortSignal;
}

interface Told extends Pick<SharedReading, 'waits'> {
  readonly projection: string;
  readonly position: Position;
}

function assertNotBack(reading: Reading, { projection, position, waits }: Told): void {
  const shown = reading.checkpointOf(projection)?.position ?? logStart;
  if (shown >= position) return;
  waits.moveTo(projection, shown);
  throw new ModelStoreError('unavailable', `the rows of ${projection} went back, and are made again`);
}

function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
