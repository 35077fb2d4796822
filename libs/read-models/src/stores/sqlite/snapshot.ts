// A connection that only reads: what is asked between `begin` and `end` sees the same rows.

import type { Database, Statement } from 'better-sqlite3';

import { type Checkpoint, ModelStoreError } from '#read-models/store.js';
import type { Shown } from '#read-models/stores/shown.js';
import { Bookkeeping, type KnownBuild } from '#read-models/stores/sqlite/bookkeeping.js';
import { buildPath, openReader, told } from '#read-models/stores/sqlite/model-file.js';
import { quoted } from '#read-models/stores/sqlite/tables.js';

/** Statements that stay prepared: more than the queries there are, over some builds. */
const statementsMax = 256;

/** After so many rows the clock is looked at. */
const rowsPerLook = 64;

export class Snapshot {
  readonly database: Database;
  readonly #bookkeeping: Bookkeeping;
  readonly #begin: Statement;
  readonly #end: Statement;
  /** Files of builds. */
  #attached = new Set<number>();
  #shown: ReadonlySet<number> = new Set();
  /** The one that was used last is the last. */
  readonly #statements = new Map<string, Statement<unknown[]>>();

  constructor(path: string) {
    this.database = openReader(path);
    this.#bookkeeping = new Bookkeeping(this.database);
    this.#begin = this.database.prepare('BEGIN');
    this.#end = this.database.prepare('ROLLBACK');
  }

  /** @param showing a build in place of the one that is live of its projection */
  begin(showing?: number): Shown {
    return told(() => {
      try {
        return this.#beginOnce(showing);
      } catch {
        // The build that was live a moment ago may be dropped by now; another one is live then.
        this.end();
        return this.#beginOnce(showing);
      }
    });
  }

  #beginOnce(showing: number | undefined): Shown {
    this.#begin.run();
    const all = this.#bookkeeping.all();
    const instead = all.find(({ build }) => build === showing);
    if (showing !== undefined && instead === undefined)
      throw new TypeError(`the build ${showing} was dropped`);
    const shown = all.filter(({ build, isLive, projection }) =>
      projection === instead?.projection ? build === showing : isLive,
    );
    this.#shown = new Set(shown.map(({ build }) => build));
    return shown.map((known) => this.#shownOf(known));
  }

  /** Rows are fetched until the deadline, by `performance.now()`. What makes the first row cannot be ended. */
  ask(sql: string, parameters: readonly unknown[], deadline = Number.POSITIVE_INFINITY): unknown[] {
    return told(() => {
      const rows: unknown[] = [];
      for (const row of this.#statement(sql).iterate(...parameters)) {
        rows.push(row);
        if (rows.length % rowsPerLook === 0 && performance.now() > deadline)
          throw new ModelStoreError('too-slow', 'a question has too many rows');
      }
      return rows;
    });
  }

  end(): void {
    if (!this.database.inTransaction) return;
    this.#end.run();
    // What is not live any more is let go, so that its file takes no room once it is removed.
    const stale = [...this.#attached].filter((build) => !this.#shown.has(build));
    if (stale.length === 0) return;
    this.#statements.clear();
    for (const build of stale) this.database.exec(`DETACH ${quoted(nameOf(build))}`);
    this.#attached = new Set([...this.#attached].filter((build) => this.#shown.has(build)));
  }

  close(): void {
    this.database.close();
  }

  /** Its rows stand still from the moment on in which its checkpoint is read. */
  #shownOf({ projection, version, build, isApart, checkpoint }: KnownBuild): Shown[number] {
    if (!isApart) return { projection, version, build, checkpoint };
    const name = quoted(nameOf(build));
    if (!this.#attached.has(build))
      this.database.prepare(`ATTACH ? AS ${name}`).run(buildPath(this.database.name, build));
    this.#attached.add(build);
    const sql = `SELECT log, position, events FROM ${name}.checkpoints WHERE build = ?`;
    const found = this.#statement(sql).get(build) as Checkpoint | undefined;
    return { projection, version, build, checkpoint: found ?? null };
  }

  #statement(sql: string): Statement<unknown[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) this.#statements.delete(sql);
    const statement = known ?? this.database.prepare<unknown[]>(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > statementsMax)
      this.#statements.delete(this.#statements.keys().next().value as string);
    return statement;
  }
}

function nameOf(build: number): string {
  return `build_${build}`;
}
