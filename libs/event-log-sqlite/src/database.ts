// How the log's file is opened, by whom, and what must hold before anything in it is trusted.

import { accessSync, closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';

import { corrupt, unavailable } from '#event-log/errors.js';

/** Before 3.51.3 a commit could be lost when two connections wrote and checkpointed at once. */
const oldestSqlite = [3, 51, 3] as const;

export const pageBytes = 8_192;

/** Enough for the inner pages of some million events; SQLite's own 2 MB would write pages out early. */
const cacheKib = 64 * 1024;

/** Read back and compared at every start: a damaged schema would change what every query means. */
export const schema = [
  `CREATE TABLE log (
  identity TEXT NOT NULL
) STRICT`,
  `CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  revision INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  metadata TEXT NOT NULL,
  before TEXT NOT NULL,
  link TEXT NOT NULL
) STRICT`,
  'CREATE UNIQUE INDEX events_by_stream ON events (stream, revision)',
  // Says the same as the end of each stream in the index, so that damage to either is found out.
  `CREATE TABLE streams (
  stream TEXT PRIMARY KEY,
  last_revision INTEGER NOT NULL,
  last_position INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,
] as const;

export function openReader(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    database.pragma('cell_size_check = ON');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * SQLite would make it readable for whom the umask lets in; its WAL takes after it. A file that is there is
 * not touched: closing it would end every lock that this process holds on it, by POSIX.
 */
export function createPrivately(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
}

/** Creates the file when there is none. Every guarantee of the log rests on the settings asserted here. */
export function openWriter(path: string): Database.Database {
  createPrivately(path);
  const database = new Database(path);
  try {
    assertVersion(String(database.prepare('SELECT sqlite_version()').pluck().get()));
    database.pragma(`page_size = ${pageBytes}`);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    // On macOS an fsync reaches the disk's cache only; elsewhere these two do nothing.
    database.pragma('fullfsync = ON');
    database.pragma('checkpoint_fullfsync = ON');
    // The writer checkpoints by itself: SQLite's automatic one would hide a failed fsync.
    database.pragma('wal_autocheckpoint = 0');
    database.pragma('cell_size_check = ON');
    database.pragma(`cache_size = -${cacheKib}`);
    assertPragma(database, 'journal_mode', 'wal');
    assertPragma(database, 'synchronous', 2);
    assertPragma(database, 'wal_autocheckpoint', 0);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A flipped bit in the header makes SQLite take the file for one that a later version must write. */
export function assertWritable(path: string): void {
  const database = new Database(path);
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SQLITE_READONLY') throw error;
    accessSync(path, constants.W_OK);
    throw corrupt(null, 'the header of its file says that it must not be written', error);
  } finally {
    database.close();
  }
}

/** The same for who may not write. Both bytes are 2 in a file that was made to be used with a WAL. */
export function assertHeader(path: string): void {
  const [offset, length] = [18, 2];
  const versions = Buffer.alloc(length);
  const file = openSync(path, 'r');
  try {
    readSync(file, versions, 0, length, offset);
  } finally {
    closeSync(file);
  }
  if (versions.some((version) => version !== 2))
    throw corrupt(null, 'the header of its file says that it must not be read or written');
}

export function createSchema(database: Database.Database, identity: string): void {
  database.transaction(() => {
    for (const statement of schema) database.exec(statement);
    database.prepare('INSERT INTO log (identity) VALUES (?)').run(identity);
  })();
}

/** The log's identity; null for a file in which nothing was made yet. */
export function readIdentity(database: Database.Database): string | null {
  // It decides where SQLite writes: one flipped bit, and it would write over what is there.
  if (database.pragma('auto_vacuum', { simple: true }) !== 0)
    throw corrupt(null, 'the header of its file is not the one that was made');
  const stored = database
    .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid')
    .pluck()
    .all();
  if (stored.length === 0) return null;
  if (stored.length !== schema.length || stored.some((sql, index) => sql !== schema[index])) {
    throw corrupt(null, 'its tables are not the ones that were made');
  }
  const identities = database.prepare('SELECT identity FROM log').pluck().all();
  if (identities.length !== 1) throw corrupt(null, 'it does not hold exactly one identity');
  return String(identities[0]);
}

/** What the outside may do to a sound file; with our fixed statements all else is the file's own fault. */
const outside = /^SQLITE_(BUSY|CANTOPEN|FULL|INTERRUPT|IOERR|LOCKED|NOMEM|PERM|READONLY)/;

export function isCorruption(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return false;
  return code === 'SQLITE_IOERR_SHORT_READ' || !outside.test(code);
}

/** Throws `EventLogError` for one that can lose commits. */
export function sqliteVersion(): string {
  const database = new Database(':memory:');
  try {
    const version = String(database.prepare('SELECT sqlite_version()').pluck().get());
    assertVersion(version);
    return version;
  } finally {
    database.close();
  }
}

export function assertVersion(version: string): void {
  const parts = version.split('.').map(Number);
  for (const [index, least] of oldestSqlite.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least)
      throw unavailable(`SQLite ${version} can lose commits; ${oldestSqlite.join('.')} is the oldest to use`);
  }
}

function assertPragma(database: Database.Database, name: string, wanted: string | number): void {
  const actual = database.pragma(name, { simple: true });
  if (actual !== wanted) throw unavailable(`SQLite keeps ${name} at ${actual} instead of ${wanted}`);
}
