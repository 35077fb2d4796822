// What the files of read models say of themselves, to somebody who neither writes nor follows them: beside a service,
// and also where none runs.

import type { Database } from 'better-sqlite3';

import { ModelStoreError, type ParkedStream, type ReplayNote } from '#read-models/store.js';
import { Bookkeeping, type KnownBuild } from '#read-models/stores/sqlite/bookkeeping.js';
import { buildPath, inspectSchema, openReader, told } from '#read-models/stores/sqlite/model-file.js';

export interface SeenBuild extends Omit<KnownBuild, 'tables'> {
  readonly parked: readonly ParkedStream[];
}

export interface SeenModels {
  readonly builds: readonly SeenBuild[];
  readonly notes: readonly ReplayNote[];
}

/** Of a file that is there. Throws `ModelStoreError`. */
export function lookIntoModels(path: string): SeenModels {
  return within(path, (database) => {
    const form = inspectSchema(database);
    if (form === 'new') return { builds: [], notes: [] };
    if (form === 'older')
      throw new ModelStoreError('unavailable', 'their file has an older form, which the next start changes');
    const bookkeeping = new Bookkeeping(database);
    const builds = bookkeeping.all().flatMap(({ tables: _, ...known }) => {
      if (!known.isApart) return [{ ...known, parked: bookkeeping.parked(known.build) }];
      const apart = seenApart(buildPath(path, known.build), known.build);
      return apart === null ? [] : [{ ...known, ...apart }];
    });
    return { builds, notes: bookkeeping.notes() };
  });
}

/** Null for one that is dropped in this moment. */
function seenApart(path: string, build: number): Pick<SeenBuild, 'checkpoint' | 'parked'> | null {
  try {
    return within(path, (database) => {
      const bookkeeping = new Bookkeeping(database);
      return { checkpoint: bookkeeping.checkpoint(build), parked: bookkeeping.parked(build) };
    });
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown };
    if (code === 'SQLITE_CANTOPEN') return null;
    throw error;
  }
}

function within<Seen>(path: string, look: (database: Database) => Seen): Seen {
  const database = openReader(path);
  try {
    return told(() => database.transaction(() => look(database))());
  } finally {
    database.close();
  }
}
