// Where the rows are kept, as the serving thread needs it: to read them, to know how far they go, and to tell the threads
// that make them where that is.

import { hostname } from 'node:os';

import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { ModelStoreError, type Reading } from '#read-models/store.js';
import type { LeaseOptions } from '#read-models/stores/postgres/lease.js';
import { SqliteQueries } from '#read-models/stores/sqlite/sqlite-queries.js';
import type { Waits, WaitsOptions } from '#read-models/waits.js';
import { type ModelsFileOptions, modelsPath, prepareModelsFile } from '#server/models-file.js';
import { postgresRefusal } from '#server/postgres-refusal.js';
import type { ProjectingData } from '#server/projecting-messages.js';
import { models } from '#server/projecting-parts.js';
import type { ReadModelsChoice } from '#server/setting-values.js';
import { StartRefusal } from '#server/start-refusal.js';

export interface KeptRows {
  /** Rejects with the reason of the signal once nobody waits for the answer any more. */
  read<Answer>(ask: (reading: Reading) => Promise<Answer>, asked: RowsAsked): Promise<Answer>;
  /** Where another process may make them: how far they go. */
  readonly lookUp: WaitsOptions['lookUp'];
  /** Rejects where they cannot be read just now. */
  look(): Promise<void>;
  /** One server at a time does it. `lost` is aborted when another may begin; `until` ends the waiting for a turn. */
  firstStart(work: (lost: AbortSignal) => Promise<void>, until: AbortSignal): Promise<void>;
  /** By projections: how many events their rows had seen at the start. */
  readonly events: ReadonlyMap<string, number>;
  readonly stored: Pick<ProjectingData, 'keysPath' | 'modelsPath' | 'shared'>;
  close(): Promise<void>;
}

export interface RowsAsked {
  readonly waits: Pick<Waits, 'shownOf' | 'moveTo'>;
  readonly projections: readonly string[];
  readonly signal: AbortSignal;
}

export interface KeptRowsOptions extends ModelsFileOptions {
  readonly readModels: ReadModelsChoice;
  readonly onTrouble: (text: string) => void;
}

/** Throws `StartRefusal`. */
export function openKeptRows(options: KeptRowsOptions): Promise<KeptRows> {
  const { readModels } = options;
  switch (readModels.engine) {
    case 'embedded':
      return openFile(options);
    case 'postgres':
      return openPostgres(options, readModels.url);
  }
}

async function openFile(options: KeptRowsOptions): Promise<KeptRows> {
  const { path, events } = await prepareModelsFile(options);
  const queries = await SqliteQueries.open({ path, onTrouble: options.onTrouble });
  return {
    read: (ask, { signal }) => queries.read(ask, signal),
    lookUp: undefined,
    // They are where the log is.
    look: () => Promise.resolve(),
    firstStart: (work, until) => work(until),
    events,
    stored: { keysPath: keyFilePath(options.dataDirectory), modelsPath: path },
    close: () => queries.close(),
  };
}

async function openPostgres(options: KeptRowsOptions, url: string): Promise<KeptRows> {
  const { dataDirectory, onTrouble } = options;
  const { SharedRows } = await import('#read-models/stores/postgres/shared-rows.js');
  try {
    const rows = await SharedRows.open({ url, onTrouble, projections: models });
    try {
      const events = await eventsIn(await rows.checkpoints(), options);
      const holder = `${hostname()} ${process.pid}`;
      return {
        read: (ask, asked) => rows.read(ask, asked),
        lookUp: () => rows.positions(),
        look: async () => void (await rows.positions()),
        firstStart: (work, until) => inTurn({ url, holder, onTrouble }, work, until),
        events,
        stored: {
          keysPath: keyFilePath(dataDirectory),
          modelsPath: modelsPath(dataDirectory),
          shared: { url, holder },
        },
        close: () => rows.close(),
      };
    } catch (error) {
      await rows.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof ModelStoreError)) throw error;
    throw postgresRefusal(error, url);
  }
}

async function inTurn(
  options: LeaseOptions,
  work: (lost: AbortSignal) => Promise<void>,
  until: AbortSignal,
): Promise<void> {
  const { PostgresLease } = await import('#read-models/stores/postgres/lease.js');
  const lease = new PostgresLease({ ...options, name: 'first-start' });
  try {
    await lease.whileHeld(({ lost }) => work(lost), until);
  } finally {
    await lease.close();
  }
}

interface Known {
  readonly projection: string;
  readonly log: string;
  readonly position: string;
  readonly events: number;
}

/** Others may show them, so rows that are not of this log are left alone. */
async function eventsIn(
  known: readonly Known[],
  { eventLog, soleWriter }: KeptRowsOptions,
): Promise<ReadonlyMap<string, number>> {
  const [identity, head] = [await eventLog.identity(), await eventLog.head()];
  for (const { projection, log, position } of known) {
    if (log !== identity)
      throw new StartRefusal(
        'COUNTERSIGN_READ_MODELS must be a database that belongs to COUNTERSIGN_EVENT_LOG: its read models were made from another event log',
      );
    // A node of a cluster may be behind the one that was read from.
    if (soleWriter && position > head)
      throw new StartRefusal(
        `COUNTERSIGN_READ_MODELS shows more of the log (${projection} up to ${position}) than there is (${head}): if the log was restored, drop its schema read_models, and the rows are made again`,
      );
  }
  return new Map(known.map(({ projection, events }) => [projection, events]));
}
