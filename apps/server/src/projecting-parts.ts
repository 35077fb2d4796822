// What a thread that makes rows has of its own, whether it follows the log or replays it.

import { positionNumber } from '#event-log/counted-position.js';
import type { EventLog } from '#event-log/event-log.js';
import { KeysForReading } from '#key-store-sqlite/keys-for-reading.js';
import { type Lease, writingUnder } from '#read-models/lease.js';
import { audit } from '#read-models/models/audit.js';
import { organizations } from '#read-models/models/organizations.js';
import { sessions } from '#read-models/models/sessions.js';
import { users } from '#read-models/models/users.js';
import type { Projection } from '#read-models/projection.js';
import type { Measure } from '#read-models/replay/progress.js';
import type { ModelStore } from '#read-models/store.js';
import type { LeaseOptions } from '#read-models/stores/postgres/lease.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { ProjectingKeys } from '#server/projecting-keys.js';
import type { ProjectingData, SharedStore } from '#server/projecting-messages.js';

export const models: readonly Projection[] = [users, organizations, sessions, audit];

export interface ProjectingParts {
  readonly log: EventLog;
  readonly keys: ProjectingKeys;
  readonly store: ModelStore;
  readonly projections: readonly Projection[];
  /** Null where positions count nothing that is to be had. */
  readonly measure: Measure | null;
  /** Under which rows are to be written; null where no other process has them, or the store writes under it already. */
  readonly lease: Lease | null;
  close(): Promise<void>;
}

type Stored = Pick<ProjectingParts, 'keys' | 'store' | 'lease' | 'close'>;

/** Rows are written in one go at a time for each projection, and looked at now and then. */
const connectionsMax = 4;

export async function openParts(
  data: ProjectingData,
  onTrouble?: (text: string) => void,
): Promise<ProjectingParts> {
  const log = await openLog(data);
  const { close, ...stored } = await openStored(data, onTrouble);
  return {
    log,
    ...stored,
    projections: data.projections.map(modelOf),
    measure: data.log.engine === 'embedded' ? { unit: 'events', upTo: positionNumber } : null,
    close: async () => {
      await close();
      await log.close();
    },
  };
}

async function openStored(data: ProjectingData, onTrouble: LeaseOptions['onTrouble']): Promise<Stored> {
  const { keysPath, masterKeys, modelsPath, shared } = data;
  if (shared !== undefined) return openShared(data, { ...shared, ...(onTrouble && { onTrouble }) });
  const stored = new KeysForReading(keysPath);
  const store = openSqliteStore(modelsPath);
  return {
    keys: new ProjectingKeys({ stored, masterKeys }),
    store,
    lease: null,
    close: async () => {
      await store.close();
      stored.close();
    },
  };
}

async function openShared(
  { masterKeys }: ProjectingData,
  { url, holder, token, ...telling }: SharedStore & Pick<LeaseOptions, 'onTrouble'>,
): Promise<Stored> {
  const [{ openPostgresStore }, { PostgresLease }, { PostgresKeyStore }] = await Promise.all([
    import('#read-models/stores/postgres/postgres-model-store.js'),
    import('#read-models/stores/postgres/lease.js'),
    import('#key-store-postgres/postgres-key-store.js'),
  ]);
  const store = await openPostgresStore({ url, connections: connectionsMax });
  const stored = await PostgresKeyStore.open({ url });
  const lease = token === undefined ? new PostgresLease({ url, holder, ...telling }) : null;
  return {
    keys: new ProjectingKeys({ stored, masterKeys }),
    store: token === undefined ? store : writingUnder(token, store),
    lease,
    close: async () => {
      await lease?.close();
      await store.close();
      await stored.close();
    },
  };
}

function modelOf(name: string): Projection {
  const model = models.find((one) => one.name === name);
  if (model === undefined) throw new TypeError(`there is no projection ${name}`);
  return model;
}

async function openLog({ log }: ProjectingData): Promise<EventLog> {
  if (log.engine === 'embedded') {
    const { openSqliteLogForReading } = await import('#event-log-sqlite/log-for-reading.js');
    return openSqliteLogForReading(log);
  }
  const { EventStoreDbEventLog } = await import('#event-log-eventstoredb/eventstoredb-event-log.js');
  return EventStoreDbEventLog.open({ connectionString: log.connectionString });
}
