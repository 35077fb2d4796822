// The file of rows, fit to be followed up: what is in it can be made again from the log, so one that is damaged, or was
// made from another log, is moved aside and made anew, instead of keeping the service from starting.

import { readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { EventLog } from '#event-log/event-log.js';
import { type ModelStore, ModelStoreError } from '#read-models/store.js';
import { tellable } from '#read-models/stores/sqlite/model-file.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import type { Log } from '#server/log.js';
import { StartRefusal } from '#server/start-refusal.js';

export interface ModelsFileOptions {
  readonly dataDirectory: string;
  readonly eventLog: Pick<EventLog, 'head' | 'identity'>;
  /** No other process appends to this log: its end is where this one says it is. */
  readonly soleWriter: boolean;
  readonly log: Log;
}

export interface ModelsFile {
  readonly path: string;
  /** By projections: how many events their rows have seen. */
  readonly events: ReadonlyMap<string, number>;
}

export const modelsPath = (dataDirectory: string): string => join(dataDirectory, 'models.db');

/** Throws `StartRefusal` where the directory cannot be used. */
export async function prepareModelsFile(options: ModelsFileOptions): Promise<ModelsFile> {
  const { dataDirectory, log } = options;
  const path = modelsPath(dataDirectory);
  try {
    const builds = await lookInto(path, options);
    if (!('reason' in builds)) return { path, events: builds };
    const aside = moveAside(path);
    log.warn(
      { reason: builds.reason, file: aside },
      'the read models are built anew from the log; what they were is kept aside, with personal data: remove it when nobody needs it',
    );
    await openSqliteStore(path).close();
    return { path, events: new Map() };
  } catch (error) {
    const told = tellable(error);
    if (!(told instanceof ModelStoreError)) throw error;
    throw new StartRefusal(`the data directory ${dataDirectory} cannot be used: ${told.message}`, {
      cause: error,
    });
  }
}

type Looked = ReadonlyMap<string, number> | { readonly reason: string };

/** Makes it where there is none. */
async function lookInto(path: string, options: ModelsFileOptions): Promise<Looked> {
  const store = openedOrDamaged(path);
  if ('reason' in store) return store;
  try {
    return await agreed(store, options);
  } catch (error) {
    if (error instanceof ModelStoreError && error.code === 'damaged') return { reason: error.message };
    throw error;
  } finally {
    await store.close();
  }
}

function openedOrDamaged(path: string): ModelStore | { readonly reason: string } {
  try {
    return openSqliteStore(path);
  } catch (error) {
    if (error instanceof ModelStoreError && error.code === 'damaged') return { reason: error.message };
    throw error;
  }
}

async function agreed(store: ModelStore, { eventLog, soleWriter }: ModelsFileOptions): Promise<Looked> {
  const [identity, head] = [await eventLog.identity(), await eventLog.head()];
  const events = new Map<string, number>();
  for (const { projection, isLive, checkpoint } of await store.builds()) {
    if (checkpoint === null) continue;
    if (checkpoint.log !== identity) return { reason: 'they were made from another log' };
    // A node of a cluster may be behind the one that was read from.
    if (soleWriter && checkpoint.position > head)
      return { reason: `they show the log up to ${checkpoint.position}, and it ends at ${head}` };
    if (isLive) events.set(projection, checkpoint.events);
  }
  return events;
}

/** With the files of builds beside it. */
function moveAside(path: string): string {
  const [directory, name] = [dirname(path), basename(path)];
  const aside = `${name}.${new Date().toISOString().replaceAll(':', '')}.aside`;
  const parts = readdirSync(directory).filter(
    (one) => one === name || one.startsWith(`${name}-`) || one.startsWith(`${name}.build-`),
  );
  for (const part of parts)
    renameSync(join(directory, part), join(directory, aside + part.slice(name.length)));
  return join(directory, aside);
}
