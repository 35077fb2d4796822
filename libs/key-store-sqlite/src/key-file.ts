// How keys.db is opened, and what must hold before anything in it is used or written.

import { closeSync, constants, existsSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';

import { damaged, KeyStoreFailure, unavailable } from '#key-store-sqlite/key-store-failure.js';

/** Before 3.51.3 a commit could be lost when two connections wrote and checkpointed at once. */
const oldestSqlite = [3, 51, 3] as const;

const pageBytes = 4_096;
/** The version, nonce, tag and key that wrapping makes. A slot of another size would not be overwritten in place. */
export const wrappedBytes = 61;

/**
 * Wrapped keys stand in slots of their own, which are never deleted and never change their size: SQLite then
 * overwrites one where it stands, and moves it only when the first page becomes two, which `secure_delete`
 * wipes. Of rows that move more often it leaves copies in spite of that.
 */
const schema = [
  `CREATE TABLE slots (
  slot INTEGER PRIMARY KEY,
  wrapped BLOB NOT NULL CHECK (length(wrapped) = ${wrappedBytes})
) STRICT`,
  `CREATE TABLE keys (
  subject TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  master_key_id TEXT NOT NULL,
  slot INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,
  'CREATE INDEX keys_by_master_key ON keys (master_key_id, subject)',
] as const;

export interface KeyFile {
  readonly database: Database.Database;
  /**
   * SQLite takes the WAL into the file when its last connection closes, also by a handle that failed. While
   * this one is open, which can't write, that one is not the last.
   */
  readonly keeper: Database.Database;
  readonly walPath: string;
}

export function keyFilePath(directory: string): string {
  return join(directory, 'keys.db');
}

/** Throws `KeyStoreFailure`: a file that is damaged, or is no key store, is left as it is. */
export function openKeyFile(path: string): KeyFile {
  const isNew = asDamage(() => inspect(path)) === 'new';
  const opened: Database.Database[] = [];
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    const database = openWriter(path);
    opened.push(database);
    if (isNew) createSchema(database);
    const keeper = openReader(path);
    opened.push(keeper);
    // Only by reading does it take its place among the connections.
    keeper.prepare('SELECT count(*) FROM sqlite_schema').get();
    // What an erasure that was cut short left in the WAL goes now.
    truncateWal(database);
    syncDirectory(dirname(path));
    return { database, keeper, walPath: walOf(path) };
  } catch (error) {
    for (const handle of opened) handle.close();
    throw error;
  }
}

/** Afterwards the WAL holds nothing: what was overwritten in the file is then in no byte any more. */
export function truncateWal(database: Database.Database): void {
  const [{ busy }] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
  if (busy !== 0) throw unavailable('another process reads an old state of it and does not end');
}

/** 0 for a file that is not there. */
export function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

const walOf = (path: string): string => `${path}-wal`;

export function openReader(path: string): Database.Database {
  return new Database(path, { readonly: true, fileMustExist: true });
}

function inspect(path: string): 'new' | 'sound' {
  if (holdsNoTable(path)) {
    // SQLite would delete the WAL of an empty file, and with it the keys that are only there.
    if (bytesOf(walOf(path)) > 0) throw damaged('its file is gone or empty, and its WAL is not');
    return 'new';
  }
  const database = openReader(path);
  try {
    const stored = database
      .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid')
      .pluck()
      .all();
    if (stored.length === 0) return 'new';
    if (stored.length !== schema.length || stored.some((sql, index) => sql !== schema[index]))
      throw damaged('its tables are not those of a key store');
    // One flipped bit of the header, and SQLite would move rows when it deletes others.
    if (database.pragma('auto_vacuum', { simple: true }) !== 0)
      throw damaged('the header of its file is not the one that was made');
    if (database.pragma('quick_check(1)', { simple: true }) !== 'ok')
      throw damaged('its file is not well formed');
    return 'sound';
  } finally {
    database.close();
  }
}

/** Until the first page is made, a rollback journal stands beside it, which a reader may not play back. */
function holdsNoTable(path: string): boolean {
  const bytes = bytesOf(path);
  return bytes === 0 || (bytes <= pageBytes && existsSync(`${path}-journal`));
}

function openWriter(path: string): Database.Database {
  const database = new Database(path);
  try {
    assertVersion(String(database.prepare('SELECT sqlite_version()').pluck().get()));
    for (const setting of [
      `page_size = ${pageBytes}`,
      'journal_mode = WAL',
      'synchronous = FULL',
      'secure_delete = ON',
      // On macOS an fsync reaches the disk's cache only; elsewhere these two do nothing.
      'fullfsync = ON',
      'checkpoint_fullfsync = ON',
      // SQLite's own checkpoint would hide a failed fsync.
      'wal_autocheckpoint = 0',
      'cell_size_check = ON',
      // No page of keys in a temporary file.
      'temp_store = MEMORY',
    ])
      database.pragma(setting);
    assertPragma(database, 'journal_mode', 'wal');
    assertPragma(database, 'synchronous', 2);
    assertPragma(database, 'secure_delete', 1);
    assertPragma(database, 'wal_autocheckpoint', 0);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function createSchema(database: Database.Database): void {
  database.transaction(() => {
    for (const statement of schema) database.exec(statement);
  })();
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

/** What the outside may do to a sound file; with our fixed statements all else is the file's own fault. */
const outside = /^SQLITE_(BUSY|CANTOPEN|FULL|INTERRUPT|IOERR|LOCKED|NOMEM|PERM|READONLY)/;

export function isDamage(error: unknown): boolean {
  if (error instanceof KeyStoreFailure) return error.code === 'damaged';
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return false;
  return code === 'SQLITE_IOERR_SHORT_READ' || !outside.test(code);
}

function asDamage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof KeyStoreFailure || !isDamage(error)) throw error;
    throw damaged('its file is not well formed, or is no key store', error);
  }
}

/** Windows can't open a directory, and keeps its entries without being asked. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
