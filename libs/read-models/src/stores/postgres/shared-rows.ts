// Rows that several servers show, as a server that may not make them reads them: how far they go is asked for, and held
// against what its readers were promised.

import type { Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { type ModelStore, ModelStoreError, type Reading } from '#read-models/store.js';
import type { ConnectionOptions } from '#read-models/stores/postgres/connections.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import type { Waits } from '#read-models/waits.js';

export class SharedRows {
  readonly #store: ModelStore;

  private constructor(store: ModelStore) {
    this.#store = store;
  }

  static async open(options: ConnectionOptions): Promise<SharedRows> {
    return new SharedRows(await openPostgresStore(options));
  }

  /** What is live: by projections, up to where it shows the log, and which. */
  async checkpoints() {
    const live = (await this.#store.builds()).filter(({ isLive }) => isLive);
    return live.flatMap(({ projection, checkpoint }) =>
      checkpoint === null ? [] : [{ projection, ...checkpoint }],
    );
  }

  async positions(): Promise<readonly (readonly [string, Position])[]> {
    return (await this.checkpoints()).map(({ projection, position }) => [projection, position]);
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
    const reading = this.#store.read((rows) => {
      for (const [projection, position] of told) assertNotBack(rows, { projection, position, waits });
      return ask(rows);
    });
    if (signal === undefined) return reading;
    return Promise.race([reading, endOf(signal)]);
  }

  close(): Promise<void> {
    return this.#store.close();
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
