// How the file of read models is opened, and what must hold before anything in it is used or written.

import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';

import { ModelStoreError, RowRefused } from '#read-models/store.js';

/** Before 3.51.3 a commit could be lost when two connections wrote and checkpointed at once. */
const oldestSqlite = [3, 51, 3] as const;
/** `CSRM` in ASCII: what tells the file from that of another program. */
const applicationId = 0x43_53_52_4d;

/** What each form of the file added. */
const schemas: readonly (readonly string[])[] = [
  [
    `CREATE TABLE builds (
  build INTEGER PRIMARY KEY AUTOINCREMENT,
  projection TEXT NOT NULL,
  version INTEGER NOT NULL,
  is_live INTEGER NOT NULL,
  tables TEXT NOT NULL
) STRICT`,
    'CREATE UNIQUE INDEX builds_live ON builds (projection) WHERE is_live = 1',
    `CREATE TABLE checkpoints (
  build INTEGER PRIMARY KEY,
  log TEXT NOT NULL,
  position TEXT NOT NULL,
  events INTEGER NOT NULL
) STRICT`,
    `CREATE TABLE parked (
  build INTEGER NOT NULL,
  stream TEXT NOT NULL,
  position TEXT NOT NULL,
  error TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  PRIMARY KEY (build, stream)
) STRICT, WITHOUT ROWID`,
  ],
  [
    // Builds with a file of their own. In that file itself: whether its indexes are all there.
    `CREATE TABLE files (
  build INTEGER PRIMARY KEY,
  is_complete INTEGER NOT NULL
) STRICT`,
    `CREATE TABLE replays (
  build INTEGER PRIMARY KEY,
  projection TEXT NOT NULL,
  side TEXT,
  phase TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT`,
  ],
  ['CREATE TABLE paused (projection TEXT PRIMARY KEY) STRICT, WITHOUT ROWID'],
];
const formatVersion = schemas.length;

/** The file of a build that has one of its own, beside the one that knows of it. */
export function buildPath(path: string, build: number): string {
  return `${path}.build-${build}`;
}

/** 64 MiB: what a bulk of rows with their indexes writes to again and again. */
const writerCacheKib = 65_536;
/** 8 MiB a connection: there are several. */
const readerCacheKib = 8_192;
/**
 * 120 MiB of WAL: an added user writes to a page in each of many indexes, and a page that is written to again before it
 * is taken into the file is taken once. With 32 MiB it is half as fast (ADR 35). It is emptied soon after in any case.
 */
const walPagesMax = 30_000;
const busyTimeoutMs = 5_000;

/** Throws `ModelStoreError`: a file that is damaged, or is no store of read models, is left as it is. */
export function openWriter(path: string): Database.Database {
  const found = told(() => inspect(path));
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  const database = new Database(path, { timeout: busyTimeoutMs });
  try {
    assertVersion(String(database.prepare('SELECT sqlite_version()').pluck().get()));
    for (const setting of [
      'journal_mode = WAL',
      // Rows and checkpoint are lost together or not at all, and what is lost is in the log.
      'synchronous = NORMAL',
      // Rows hold personal data, and some are erased.
      'secure_delete = ON',
      'temp_store = MEMORY',
      'cell_size_check = ON',
      `cache_size = -${writerCacheKib}`,
      `wal_autocheckpoint = ${walPagesMax}`,
    ])
      database.pragma(setting);
    if (found !== 'known') told(() => completeSchema(database));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Of a file that a writer has opened already. */
export function openReader(path: string): Database.Database {
  return told(() => {
    const database = new Database(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
    for (const setting of ['cell_size_check = ON', 'temp_store = MEMORY', `cache_size = -${readerCacheKib}`])
      database.pragma(setting);
    return database;
  });
}

type Found = 'new' | 'older' | 'known';

function inspect(path: string): Found {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    // SQLite would delete the WAL of an empty file, and with it the rows that are only there.
    if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
      throw damaged('its file is gone or empty, and its WAL is not');
    return 'new';
  }
  const database = new Database(path, { fileMustExist: true, timeout: busyTimeoutMs });
  try {
    return inspectSchema(database);
  } finally {
    database.close();
  }
}

export function inspectSchema(database: Database.Database): Found {
  const version = formOf(database);
  if (version === 0) return 'new';
  return version < formatVersion ? 'older' : 'known';
}

/** Of a file in which nothing is yet it is 0. */
function formOf(database: Database.Database): number {
  const count = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (count === 0) return 0;
  if (database.pragma('application_id', { simple: true }) !== applicationId)
    throw damaged('its file is of another program');
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version < 1 || version > formatVersion)
    throw damaged(`its file has the form ${version}, and known is ${formatVersion}`);
  const stored = database.prepare('SELECT sql FROM sqlite_schema WHERE sql = ?').pluck();
  const schema = schemas.slice(0, version).flat();
  if (schema.some((sql) => stored.get(sql) === undefined))
    throw damaged('its own tables are not those that were made');
  return version;
}

function completeSchema(database: Database.Database): void {
  database
    .transaction(() => {
      // Another thread that opened it in the same moment may have made them.
      const found = formOf(database);
      if (found === formatVersion) return;
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${formatVersion}`);
      for (const statement of schemas.slice(found).flat()) database.exec(statement);
    })
    .immediate();
}

export function assertVersion(version: string): void {
  const parts = version.split('.').map(Number);
  for (const [index, least] of oldestSqlite.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least) {
      const reason = `SQLite ${version} can lose commits; ${oldestSqlite.join('.')} is the oldest to use`;
      throw new ModelStoreError('unavailable', reason);
    }
  }
}

function damaged(reason: string, cause?: unknown): ModelStoreError {
  return new ModelStoreError('damaged', `${reason}; move it away, and it is built anew from the log`, {
    cause,
  });
}

/** What the outside may do to a sound file. */
const outside = /^SQLITE_(BUSY|CANTOPEN|FULL|INTERRUPT|IOERR|LOCKED|NOMEM|PERM|READONLY)/;
const ofTheFile = /^SQLITE_(CORRUPT|NOTADB|FORMAT|IOERR_SHORT_READ)/;
const ofTheRow = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|TOOBIG)/;

/** As the port tells it; whatever is not of SQLite stays what it is. */
export function tellable(error: unknown): unknown {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  if (ofTheFile.test(code))
    return damaged('its file is not well formed, or is no store of read models', error);
  if (ofTheRow.test(code)) return new RowRefused(`the row does not fit (${code})`, { cause: error });
  if (outside.test(code) || /^E[A-Z]+$/.test(code))
    return new ModelStoreError('unavailable', `its disk failed (${code})`, { cause: error });
  return error;
}

export function told<Outcome>(use: () => Outcome): Outcome {
  try {
    return use();
  } catch (error) {
    throw tellable(error);
  }
}
