// One process at a time writes a data directory. The lock is SQLite's own on a file that holds nothing
// else, so the operating system frees it with the process, however that ends.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

import { unavailable } from '#event-log/errors.js';
import { createPrivately } from '#event-log-sqlite/database.js';

/** Who only asks whether it is held has it for a moment. */
const patienceMs = 100;

const lockPath = (directory: string): string => join(directory, 'events.lock');

export class DirectoryLock {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Throws `EventLogError` `unavailable` with the process that holds the directory. */
  static take(directory: string): DirectoryLock {
    const path = lockPath(directory);
    createPrivately(path);
    const database = new Database(path, { timeout: patienceMs });
    try {
      leaveName(database);
      // Readers are let in while it is held, so that the next process can say who holds it.
      database.exec('BEGIN IMMEDIATE');
      return new DirectoryLock(database);
    } catch (error) {
      const holder = holderOf(database);
      database.close();
      if ((error as { code?: unknown }).code !== 'SQLITE_BUSY')
        throw unavailable(`its lock ${path} cannot be taken: ${(error as Error).message}`, error);
      throw unavailable(`another process${holder} has the data directory ${directory} open`, error);
    }
  }

  /**
   * Null when nobody holds it, else the process that does, as far as it said so. It is taken for a moment to find
   * out, so not by the process that holds it: closing the file would free it.
   */
  static holderOf(directory: string): { readonly pid: number } | null {
    const path = lockPath(directory);
    if (!existsSync(path)) return null;
    const database = new Database(path, { timeout: 0 });
    try {
      database.exec('BEGIN IMMEDIATE; ROLLBACK');
      return null;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw error;
      return { pid: database.pragma('user_version', { simple: true }) as number };
    } finally {
      database.close();
    }
  }

  release(): void {
    this.#database.exec('ROLLBACK');
    this.#database.close();
  }
}

/** Only for the message to the next process, so a disk that is full must not keep this one from starting. */
function leaveName(database: Database.Database): void {
  try {
    database.pragma(`user_version = ${process.pid}`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SQLITE_FULL') throw error;
  }
}

function holderOf(database: Database.Database): string {
  try {
    return ` (pid ${database.pragma('user_version', { simple: true })})`;
  } catch {
    // It is still writing its number: the refusal stands without it.
    return '';
  }
}
