// Which builds there are, how far each has come, and what of it is parked.

import type { Database, Statement } from 'better-sqlite3';

import type { Position } from '#event-log/event-log.js';
import type { Table } from '#read-models/projection.js';
import type { Checkpoint, ParkedStream, Parking } from '#read-models/store.js';

export interface BuildRow {
  readonly build: number;
  readonly projection: string;
  readonly version: number;
  readonly isLive: boolean;
  readonly tables: string;
}

interface JoinedRow extends Omit<BuildRow, 'isLive'> {
  readonly isLive: number;
  readonly log: string | null;
  readonly position: Position;
  readonly events: number;
}

export interface KnownBuild extends BuildRow {
  readonly checkpoint: Checkpoint | null;
}

export function tablesOf({ tables }: BuildRow): Readonly<Record<string, Table>> {
  return JSON.parse(tables) as Readonly<Record<string, Table>>;
}

export class Bookkeeping {
  readonly #all: Statement<[], JoinedRow>;
  readonly #insert: Statement<[string, number, number, string]>;
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
      `SELECT build, projection, version, is_live AS isLive, tables, log, position, events
        FROM builds LEFT JOIN checkpoints USING (build) ORDER BY build`,
    );
    this.#insert = database.prepare(
      'INSERT INTO builds (projection, version, is_live, tables) VALUES (?, ?, ?, ?)',
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
    this.#forget = ['builds', 'checkpoints', 'parked'].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE build = ?`),
    );
  }

  all(): KnownBuild[] {
    return this.#all.all().map(({ build, projection, version, isLive, tables, ...row }) => ({
      build,
      projection,
      version,
      isLive: isLive === 1,
      tables,
      checkpoint: row.log === null ? null : { log: row.log, position: row.position, events: row.events },
    }));
  }

  add({ projection, version, isLive, tables }: Omit<BuildRow, 'build'>): number {
    return Number(this.#insert.run(projection, version, isLive ? 1 : 0, tables).lastInsertRowid);
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
