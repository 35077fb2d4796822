// What a thread that makes rows has of its own, whether it follows the log or replays it.

import { positionNumber } from '#event-log/counted-position.js';
import type { EventLog } from '#event-log/event-log.js';
import { KeysForReading } from '#key-store-sqlite/keys-for-reading.js';
import { audit } from '#read-models/models/audit.js';
import { organizations } from '#read-models/models/organizations.js';
import { users } from '#read-models/models/users.js';
import type { Projection } from '#read-models/projection.js';
import type { Measure } from '#read-models/replay/progress.js';
import type { ModelStore } from '#read-models/store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { ProjectingKeys } from '#server/projecting-keys.js';
import type { ProjectingData } from '#server/projecting-messages.js';

export const models: readonly Projection[] = [users, organizations, audit];

export interface ProjectingParts {
  readonly log: EventLog;
  readonly keys: ProjectingKeys;
  readonly store: ModelStore;
  readonly projections: readonly Projection[];
  /** Null where positions count nothing that is to be had. */
  readonly measure: Measure | null;
  close(): Promise<void>;
}

export async function openParts(data: ProjectingData): Promise<ProjectingParts> {
  const stored = new KeysForReading(data.keysPath);
  const log = await openLog(data);
  const store = openSqliteStore(data.modelsPath);
  return {
    log,
    keys: new ProjectingKeys({ stored, masterKeys: data.masterKeys }),
    store,
    projections: data.projections.map(modelOf),
    measure: data.log.engine === 'embedded' ? { unit: 'events', upTo: positionNumber } : null,
    close: async () => {
      await store.close();
      await log.close();
      stored.close();
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
