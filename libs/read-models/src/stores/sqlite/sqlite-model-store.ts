// The embedded store of read models, in the thread that calls it: for the thread that projects, and for tests. Who
// must not wait for a disk reads through `SqliteQueries`.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';

import type { Cell, Projection } from '#read-models/projection.js';
import { RowDigest } from '#read-models/row-digest.js';
import {
  type Batch,
  type Build,
  type Checkpoint,
  Fenced,
  type ModelStore,
  ModelStoreError,
  type OpenedChange,
  OtherVersion,
  type ParkedStream,
  type Reading,
  RowRefused,
} from '#read-models/store.js';
import { Bookkeeping, type KnownBuild, tablesOf } from '#read-models/stores/sqlite/bookkeeping.js';
import { openWriter, told } from '#read-models/stores/sqlite/model-file.js';
import { Snapshot } from '#read-models/stores/sqlite/snapshot.js';
import { readingOf } from '#read-models/stores/sqlite/sqlite-reading.js';
import { TableWrites } from '#read-models/stores/sqlite/table-writes.js';
import { creation, listed, quoted, removal, tableName } from '#read-models/stores/sqlite/tables.js';
import { shapesOf, type TableShape } from '#read-models/table-shape.js';

export interface SqliteStoreOptions {
  /** What was erased is in no byte of the WAL after about so long. */
  readonly wipeAfterMs?: number;
}

/** Erasing must bite soon, and taking the WAL into the file costs an fsync. */
const wipeAfterDefaultMs = 10_000;
/** A digest lets others run after so many rows. */
const rowsPerTurn = 2_000;
/** Snapshots that stay open for later; each has a cache of its own. */
const idleSnapshotsMax = 2;

interface OpenBuild {
  readonly shapes: ReadonlyMap<string, TableShape>;
  readonly writes: ReadonlyMap<string, TableWrites>;
}

export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): ModelStore {
  return new SqliteModelStore(path, options);
}

class SqliteModelStore implements ModelStore {
  readonly #path: string;
  readonly #database: Database;
  readonly #bookkeeping: Bookkeeping;
  readonly #wipeAfterMs: number;
  readonly #open = new Map<number, OpenBuild>();
  readonly #reading = new Set<Snapshot>();
  #idle: Snapshot[] = [];
  #wiping: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(path: string, { wipeAfterMs = wipeAfterDefaultMs }: SqliteStoreOptions) {
    this.#path = path;
    this.#database = openWriter(path);
    this.#bookkeeping = told(() => new Bookkeeping(this.#database));
    this.#wipeAfterMs = wipeAfterMs;
  }

  async open(projection: Projection): Promise<Build> {
    return this.#transaction(() => {
      const live = this.#bookkeeping.all().find((one) => one.projection === projection.name && one.isLive);
      if (live === undefined) return this.#make(projection, true);
      if (live.version !== projection.version) throw new OtherVersion(projection, live.version);
      if (live.tables !== JSON.stringify(projection.tables))
        throw new TypeError(`the tables of ${projection.name} changed, and its version did not`);
      return { projection, build: live.build };
    });
  }

  async begin(projection: Projection): Promise<Build> {
    return this.#transaction(() => this.#make(projection, false));
  }

  async checkpoint({ build }: Build): Promise<Checkpoint | null> {
    this.#refuseWhenClosed();
    return told(() => this.#bookkeeping.checkpoint(build));
  }

  async parked({ build }: Build): Promise<readonly ParkedStream[]> {
    this.#refuseWhenClosed();
    return told(() => this.#bookkeeping.parked(build));
  }

  async apply({ build: { build }, changes, from, to, parking = [] }: Batch): Promise<void> {
    this.#transaction(() => {
      if (!this.#bookkeeping.has(build)) throw dropped(build);
      if (!isSame(this.#bookkeeping.checkpoint(build), from)) throw new Fenced('the checkpoint is another');
      writeAll(this.#opened(build).writes, changes);
      for (const one of parking) this.#bookkeeping.park(build, one);
      this.#bookkeeping.move(build, to);
    });
  }

  async makeLive({ build }: Build): Promise<void> {
    this.#transaction(() => this.#bookkeeping.makeLive(this.#known(build)));
  }

  async drop({ build }: Build): Promise<void> {
    this.#transaction(() => {
      const known = this.#bookkeeping.all().find((one) => one.build === build);
      if (known === undefined) return;
      if (known.isLive) throw new TypeError(`this build of ${known.projection} is live`);
      for (const [table, shape] of shapesOf({ name: known.projection, tables: tablesOf(known) })) {
        const name = tableName(known.projection, build, table);
        for (const statement of removal(name, shape)) this.#database.exec(statement);
      }
      this.#bookkeeping.forget(build);
      this.#open.delete(build);
    });
  }

  async builds(): ReturnType<ModelStore['builds']> {
    this.#refuseWhenClosed();
    return told(() => this.#bookkeeping.all().map(({ tables: _, ...build }) => build));
  }

  async digest({ build }: Build, table: string): ReturnType<ModelStore['digest']> {
    return this.#withSnapshot(async (snapshot) => {
      const { projection } = this.#known(build);
      const { columns } = found(this.#opened(build).shapes.get(table), table);
      const name = tableName(projection, build, table);
      const rows = snapshot.database
        .prepare<[], Cell[]>(`SELECT ${listed(columns)} FROM ${quoted(name)}`)
        .raw();
      const digest = new RowDigest();
      let count = 0;
      for (const row of rows.iterate()) {
        digest.add(row);
        count += 1;
        if (count % rowsPerTurn === 0) await nextTurn();
      }
      return digest.result();
    });
  }

  read<Answer>(ask: (reading: Reading) => Promise<Answer>): Promise<Answer> {
    return this.#withSnapshot((snapshot, shown) =>
      ask(readingOf(shown, async (sql, parameters) => snapshot.ask(sql, parameters))),
    );
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#wiping !== null) clearTimeout(this.#wiping);
    for (const snapshot of [...this.#idle, ...this.#reading]) snapshot.close();
    // The last connection to close takes the WAL into the file, and removes it.
    this.#database.close();
  }

  #make(projection: Projection, isLive: boolean): Build {
    const shapes = shapesOf(projection);
    const { name, version } = projection;
    const build = this.#bookkeeping.add({
      projection: name,
      version,
      isLive,
      tables: JSON.stringify(projection.tables),
    });
    for (const [table, shape] of shapes)
      for (const statement of creation(tableName(name, build, table), shape)) this.#database.exec(statement);
    return { projection, build };
  }

  #known(build: number): KnownBuild {
    const known = this.#bookkeeping.all().find((one) => one.build === build);
    if (known === undefined) throw dropped(build);
    return known;
  }

  #opened(build: number): OpenBuild {
    const opened = this.#open.get(build);
    if (opened !== undefined) return opened;
    const known = this.#known(build);
    const shapes = shapesOf({ name: known.projection, tables: tablesOf(known) });
    const writes = new Map(
      [...shapes].map(([table, shape]) => [
        table,
        new TableWrites(this.#database, tableName(known.projection, build, table), shape),
      ]),
    );
    const opening = { shapes, writes };
    this.#open.set(build, opening);
    return opening;
  }

  #transaction<Outcome>(use: () => Outcome): Outcome {
    this.#refuseWhenClosed();
    return told(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const outcome = use();
        this.#database.exec('COMMIT');
        this.#wipeLater();
        return outcome;
      } finally {
        if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      }
    });
  }

  async #withSnapshot<Answer>(
    use: (snapshot: Snapshot, shown: ReturnType<Snapshot['begin']>) => Promise<Answer>,
  ) {
    this.#refuseWhenClosed();
    const snapshot = this.#idle.pop() ?? told(() => new Snapshot(this.#path));
    this.#reading.add(snapshot);
    try {
      return await use(snapshot, snapshot.begin());
    } finally {
      this.#reading.delete(snapshot);
      this.#giveBack(snapshot);
    }
  }

  #giveBack(snapshot: Snapshot): void {
    if (this.#isClosed) return;
    snapshot.end();
    if (this.#idle.length < idleSnapshotsMax) this.#idle.push(snapshot);
    else snapshot.close();
  }

  #wipeLater(): void {
    this.#wiping ??= setTimeout(() => {
      this.#wiping = null;
      if (!this.#wipe()) this.#wipeLater();
    }, this.#wipeAfterMs).unref();
  }

  /** False while somebody reads an old state. */
  #wipe(): boolean {
    try {
      this.#database.pragma('busy_timeout = 0');
      const [{ busy }] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
      return busy === 0;
    } catch {
      // A disk that fails is told of by the next write.
      return false;
    } finally {
      this.#database.pragma('busy_timeout = 5000');
    }
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new ModelStoreError('unavailable', 'they are closed');
  }
}

function dropped(build: number): Fenced {
  return new Fenced(`the build ${build} was dropped`);
}

function isSame(one: Checkpoint | null, other: Checkpoint | null): boolean {
  if (one === null || other === null) return one === other;
  return one.log === other.log && one.position === other.position && one.events === other.events;
}

function writeAll(writes: OpenBuild['writes'], changes: readonly OpenedChange[]): void {
  try {
    for (const change of changes) found(writes.get(change.table), change.table).write(change);
    for (const table of writes.values()) table.finish();
  } finally {
    for (const table of writes.values()) table.forget();
  }
}

function found<What>(what: What | undefined, table: string): What {
  if (what === undefined) throw new RowRefused(`there is no table ${JSON.stringify(table)}`);
  return what;
}
