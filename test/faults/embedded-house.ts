// The application on the engines that one data directory holds, as a process has it: log, keys and snapshots.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Parts, Secrets } from '#application/parts.js';
import { type House, openHouse } from '#application/testing/house.js';
import { masterKeys, realSecrets } from '#application/testing/secrets.js';
import type { EventLog } from '#event-log/event-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import type { KeyStore } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { FileSnapshots } from '#snapshot-files/file-snapshots.js';

export interface Engines {
  readonly directory: string;
  readonly log: EventLog;
  readonly store: KeyStore;
  readonly snapshots: FileSnapshots;
  close(): Promise<void>;
}

export async function openEngines(
  directory: string,
  onTrouble: (trouble: unknown) => void = () => undefined,
): Promise<Engines> {
  const log = await SqliteEventLog.open({ directory, onTrouble });
  const store = await SqliteKeyStore.open({ directory, onTrouble });
  const snapshots = await FileSnapshots.open(join(directory, 'snapshots'));
  const close = async () => {
    await log.close();
    await store.close();
  };
  return { directory, log, store, snapshots, close };
}

export interface HouseOptions extends Partial<Omit<Parts, 'secrets'>> {
  readonly clockAt?: { now: number };
  readonly store?: KeyStore;
  readonly keysBy?: MasterKeys;
  readonly secrets?: Partial<Secrets>;
}

/** Cold: nothing is at hand that another house on the same engines has read. */
export async function openHouseOn(engines: Engines, options: HouseOptions = {}): Promise<House> {
  const { store = engines.store, keysBy = masterKeys, secrets, ...given } = options;
  return openHouse({
    log: engines.log,
    snapshots: engines.snapshots,
    // As far as a house knows, others write too.
    soleWriter: false,
    ...given,
    secrets: { ...(await realSecrets(store, keysBy)), ...secrets },
  });
}

/** Each file below the directory, as it is at this moment. */
export function filesOf(directory: string): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => bytesOf(path).map((bytes) => ({ name: path.slice(directory.length + 1), bytes })));
}

/** None of a file that was renamed since it was listed. */
function bytesOf(path: string): readonly Buffer[] {
  try {
    return [readFileSync(path)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
}
