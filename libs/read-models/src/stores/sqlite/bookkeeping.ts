// Which builds there are, how far each has come, and what of it is parked.

import type { Database, Statement } from 'better-sqlite3';

import type { Position } from '#event-log/event-log.js';
import type { Table } from '#read-models/projection.js';
import type { Checkpoint, ParkedStream, Parking, ReplayNote } from '#read-models/store.js';

export interface BuildRow {
  readonly build: number;
  readonly projection: string;
  readonly version: number;
  readonly isLive: boolean;
  /** It has a file of its own. */
  readonly isApart: boolean;
  readonly tables: string;
}

interface JoinedRow extends Omit<BuildRow, 'isLive' | 'isApart'> {
  readonly isLive: number;
  readonly isApart: number;
  readonly log: string | null;
  readonly position: Position;
  readonly events: number;
}

interface Added extends Omit<BuildRow, 'build' | 'isApart'> {
  readonly build?: number | null;
}

export interface KnownBuild extends BuildRow {
  readonly checkpoint: Checkpoint | null;
}

export function tablesOf({ tables }: BuildRow): Readonly<Record<string, Table>> {
  return JSON.parse(tables) as Readonly<Record<string, Table>>;
}

/** In the file that knows all builds. */
export function pausedIn(database: Database): string[] {
  const asking = 'SELECT projection FROM paused ORDER BY projection';
  return database.prepare<[], string>(asking).pluck().all();
}

export function putPaused(database: Database, projection: string, isPaused: boolean): void {
  const change = isPaused ? 'REPLACE INTO paused VALUES (?)' : 'DELETE FROM paused WHERE projection = ?';
  database.prepare<[string]>(change).run(projection);
}

export class Bookkeeping {
  readonly #all: Statement<[], JoinedRow>;
  readonly #insert: Statement<[number | null, string, number, number, string]>;
  readonly #isLive: Statement<[number], number>;
  readonly #isApart: Statement<[number], number>;
  readonly #putFile: Statement<[number, number]>;
  readonly #isComplete: Statement<[number], number>;
  readonly #notes: Statement<[], ReplayNote>;
  readonly #note: Statement<[number, string, string | null, string, string]>;
  readonly #forgetNotes: Statement<[string]>;
  readonly #has: Statement<[number], number>;
  readonly #checkpoint: Statement<[number], Checkpoint>;
  readonly #move: Statement<[number, string, string, number]>;
  readonly #parked: Statement<[number], ParkedStream>;
  readonly #park: Statement<[number, string, string, string, number]>;
  readonly #unpark: Statement<[number, string]>;
  readonly #makeLive: readonly [Statement<[string]>, Statement<[number]>];
  readonly #forget: readonly Statement<[number]>[];

  constructor(database: Database) {
    this.#all = database.prepare(
      `SELECT build, projection, version, is_live AS isLive, tables, files.build IS NOT NULL AS isApart,
          log, position, events
        FROM builds LEFT JOIN checkpoints USING (build) LEFT JOIN files USING (build) ORDER BY build`,
    );
    this.#insert = database.prepare(
      'INSERT INTO builds (build, projection, version, is_live, tables) VALUES (?, ?, ?, ?, ?)',
    );
    this.#isLive = database.prepare<[number], number>('SELECT is_live FROM builds WHERE build = ?').pluck();
    this.#isApart = database
      .prepare<[number], number>(
        'SELECT files.build IS NOT NULL FROM builds LEFT JOIN files USING (build) WHERE build = ?',
      )
      .pluck();
    this.#putFile = database.prepare('REPLACE INTO files VALUES (?, ?)');
    this.#isComplete = database
      .prepare<[number], number>('SELECT is_complete FROM files WHERE build = ?')
      .pluck();
    this.#notes = database.prepare(
      'SELECT build, projection, side, phase, details FROM replays ORDER BY build',
    );
    this.#note = database.prepare('REPLACE INTO replays VALUES (?, ?, ?, ?, ?)');
    this.#forgetNotes = database.prepare(
      'DELETE FROM replays WHERE projection = ? AND build NOT IN (SELECT build FROM builds)',
    );
    this.#has = database.prepare<[number], number>('SELECT 1 FROM builds WHERE build = ?').pluck();
    this.#checkpoint = database.prepare('SELECT log, position, events FROM checkpoints WHERE build = ?');
    this.#move = database.prepare(
      'REPLACE INTO checkpoints (build, log, position, events) VALUES (?, ?, ?, ?)',
    );
    this.#parked = database.prepare(
      'SELECT stream, position, error, attempts FROM parked WHERE build = ? ORDER BY position',
    );
    this.#park = database.prepare('REPLACE INTO parked VALUES (?, ?, ?, ?, ?)');
    this.#unpark = database.prepare('DELETE FROM parked WHERE build = ? AND stream = ?');
    this.#makeLive = [
      database.prepare('UPDATE builds SET is_live = 0 WHERE projection = ?'),
      database.prepare('UPDATE builds SET is_live = 1 WHERE build = ?'),
    ];
    this.#forget = ['builds', 'checkpoints', 'parked', 'files'].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE build = ?`),
    );
  }

  all(): KnownBuild[] {
    return this.#all.all().map(({ build, projection, version, isLive, isApart, tables, ...row }) => ({
      build,
      projection,
      version,
      isLive: isLive === 1,
      isApart: isApart === 1,
      tables,
      checkpoint: row.log === null ? null : { log: row.log, position: row.position, events: row.events },
    }));
  }

  /** Numbers it where it has no number yet. */
  add({ projection, version, isLive, tables, build = null }: Added): number {
    return Number(this.#insert.run(build, projection, version, isLive ? 1 : 0, tables).lastInsertRowid);
  }

  isLive(build: number): boolean {
    return this.#isLive.get(build) === 1;
  }

  /** Null where there is no such build. */
  isApart(build: number): boolean | null {
    const found = this.#isApart.get(build);
    return found === undefined ? null : found === 1;
  }

  putFile(build: number, isComplete: boolean): void {
    this.#putFile.run(build, isComplete ? 1 : 0);
  }

  isComplete(build: number): boolean {
    return this.#isComplete.get(build) !== 0;
  }

  notes(): ReplayNote[] {
    return this.#notes.all();
  }

  note({ build, projection, side, phase, details }: ReplayNote): void {
    this.#note.run(build, projection, side, phase, details);
  }

  /** Of builds that are gone. */
  forgetNotes(projection: string): void {
    this.#forgetNotes.run(projection);
  }

  has(build: number): boolean {
    return this.#has.get(build) !== undefined;
  }

  checkpoint(build: number): Checkpoint | null {
    return this.#checkpoint.get(build) ?? null;
  }

  move(build: number, { log, position, events }: Checkpoint): void {
    this.#move.run(build, log, position, events);
  }

  parked(build: number): ParkedStream[] {
    return this.#parked.all(build);
  }

  park(build: number, { stream, parked }: Parking): void {
    if (parked === null) this.#unpark.run(build, stream);
    else this.#park.run(build, stream, parked.position, parked.error, parked.attempts);
  }

  makeLive({ projection, build }: { readonly projection: string; readonly build: number }): void {
    this.#makeLive[0].run(projection);
    this.#makeLive[1].run(build);
  }

  forget(build: number): void {
    for (const statement of this.#forget) statement.run(build);
  }
}
