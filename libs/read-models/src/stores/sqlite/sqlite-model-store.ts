// The embedded store of read models, in the thread that calls it: for the threads that project and replay, and for
// tests. Who must not wait for a disk reads through `SqliteQueries`. Each build but the first of a projection has a
// file of its own, so that one that grows holds up nobody who writes another.

import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { pass } from '#read-models/passing.js';
import type { Projection } from '#read-models/projection.js';
import {
  type Batch,
  type Beginning,
  Behind,
  type Build,
  type Checkpoint,
  Fenced,
  type ModelStore,
  ModelStoreError,
  OtherVersion,
  type ParkedStream,
  type Reading,
  type ReplayNote,
  type StillRows,
  type Switching,
  type TableDigest,
} from '#read-models/store.js';
import type { RankLimits } from '#read-models/stores/rank-book.js';
import { tableName } from '#read-models/stores/shown.js';
import {
  Bookkeeping,
  type KnownBuild,
  pausedIn,
  putPaused,
  tablesOf,
} from '#read-models/stores/sqlite/bookkeeping.js';
import { digestIn } from '#read-models/stores/sqlite/digest.js';
import { buildPath, openReader, told } from '#read-models/stores/sqlite/model-file.js';
import { Snapshot } from '#read-models/stores/sqlite/snapshot.js';
import { readingOf } from '#read-models/stores/sqlite/sqlite-reading.js';
import { creation, orderedIndexes, ranks, removal, textIndex } from '#read-models/stores/sqlite/tables.js';
import { dropped, WrittenFile } from '#read-models/stores/sqlite/written-file.js';
import { shapesOf } from '#read-models/table-shape.js';

export interface SqliteStoreOptions {
  /** What was erased is in no byte of the WAL after about so long. */
  readonly wipeAfterMs?: number;
  /** Smaller ones, and few rows have many blocks. */
  readonly rankLimits?: RankLimits;
}

/** Erasing must bite soon, and taking the WAL into the file costs an fsync. */
const wipeAfterDefaultMs = 10_000;
/** Snapshots that stay open for later; each has a cache of its own. */
const idleSnapshotsMax = 2;

export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): ModelStore {
  return new SqliteModelStore(path, options);
}

class SqliteModelStore implements ModelStore {
  readonly #path: string;
  readonly #main: WrittenFile;
  /** By build. */
  readonly #files = new Map<number, WrittenFile>();
  readonly #wipeAfterMs: number;
  readonly #rankLimits: RankLimits | undefined;
  readonly #reading = new Set<Snapshot>();
  #idle: Snapshot[] = [];
  #wiping: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(path: string, { wipeAfterMs = wipeAfterDefaultMs, rankLimits }: SqliteStoreOptions) {
    this.#path = path;
    this.#wipeAfterMs = wipeAfterMs;
    this.#rankLimits = rankLimits;
    this.#main = new WrittenFile(path, rankLimits);
    told(() => this.#removeLeftovers());
  }

  async open(projection: Projection): Promise<Build> {
    const { name, version } = projection;
    return this.#writing(this.#usable(), (main) => {
      const live = main.bookkeeping.all().find((one) => one.projection === name && one.isLive);
      if (live === undefined) return this.#makeFirst(projection);
      if (live.version !== version) throw new OtherVersion(projection, live.version);
      if (live.tables !== JSON.stringify(projection.tables))
        throw new TypeError(`the tables of ${name} changed, and its version did not`);
      return { projection, build: live.build };
    });
  }

  async begin(projection: Projection, { isBulk, note }: Beginning = {}): Promise<Build> {
    const main = this.#usable();
    shapesOf(projection);
    const build = main.durably(() => {
      const { bookkeeping } = main;
      const added = bookkeeping.add(rowOf(projection, false));
      bookkeeping.putFile(added, true);
      bookkeeping.forgetNotes(projection.name);
      if (note !== undefined) bookkeeping.note({ build: added, projection: projection.name, ...note });
      pass('begin: before its file is made');
      this.#makeFile(projection, added, isBulk === true);
      pass('begin: before it is known');
      return added;
    });
    pass('begin: after it is known');
    return { projection, build };
  }

  async finish({ build }: Build): Promise<void> {
    const file = this.#fileOf(build);
    if (!file.bookkeeping.isComplete(build)) await file.finish(build);
  }

  async checkpoint({ build }: Build): Promise<Checkpoint | null> {
    return told(() => this.#knownFileOf(build)?.bookkeeping.checkpoint(build) ?? null);
  }

  async parked({ build }: Build): Promise<readonly ParkedStream[]> {
    return told(() => this.#knownFileOf(build)?.bookkeeping.parked(build) ?? []);
  }

  async apply(batch: Batch): Promise<void> {
    const { build } = batch.build;
    const file = this.#fileOf(build);
    const { bookkeeping } = this.#main;
    file.apply(batch, () => {
      if (!bookkeeping.has(build)) throw dropped(build);
      if (batch.whileLive && !bookkeeping.isLive(build)) throw new Fenced(`the build ${build} is not live`);
    });
    this.#wipeLater();
  }

  async makeLive({ build }: Build, { note }: Switching = {}): Promise<void> {
    const main = this.#usable();
    const { projection } = main.known(build);
    const { bookkeeping } = main;
    const liveOf = () => bookkeeping.all().find((one) => one.projection === projection && one.isLive);
    const before = liveOf();
    pass('switch: before');
    const change = () =>
      main.durably(() => {
        if (liveOf()?.build !== before?.build) throw new Behind('another build was made live meanwhile');
        if (bookkeeping.notes().some((one) => one.build === build && one.side !== null))
          throw new TypeError(`the build ${build} is never live`);
        this.#refuseBehind(build, before);
        bookkeeping.makeLive(main.known(build));
        if (note !== undefined) bookkeeping.note(note);
        pass('switch: before its end');
      });
    // As long as its file is held, the one that is live until now does not move.
    if (before?.isApart) this.#fileOf(before.build).transaction(change);
    else change();
    pass('switch: after its end');
  }

  async drop({ build }: Build, note?: ReplayNote): Promise<void> {
    const main = this.#usable();
    pass('drop: before it is forgotten');
    const known = main.durably(() => {
      const found = main.bookkeeping.all().find((one) => one.build === build);
      if (found?.isLive) throw new TypeError(`this build of ${found.projection} is live`);
      if (found !== undefined && !found.isApart) this.#dropTables(found);
      main.bookkeeping.forget(build);
      if (note !== undefined) main.bookkeeping.note(note);
      return found;
    });
    main.forget(build);
    pass('drop: before its file goes');
    if (known?.isApart) {
      this.#files.get(build)?.close();
      this.#files.delete(build);
      told(() => removeFile(buildPath(this.#path, build)));
    }
    this.#wipeLater();
    pass('drop: after its file is gone');
  }

  async note(note: ReplayNote): Promise<void> {
    pass('note: before');
    this.#writing(this.#usable(), ({ bookkeeping }) => bookkeeping.note(note));
  }

  async notes(): Promise<readonly ReplayNote[]> {
    return told(() => this.#usable().bookkeeping.notes());
  }

  async setPaused(projection: string, isPaused: boolean): Promise<void> {
    this.#writing(this.#usable(), ({ database }) => putPaused(database, projection, isPaused));
  }

  async paused(): Promise<readonly string[]> {
    return told(() => pausedIn(this.#usable().database));
  }

  async builds(): ReturnType<ModelStore['builds']> {
    const main = this.#usable();
    this.#closeDropped();
    return told(() =>
      main.bookkeeping.all().map(({ tables: _, isApart, ...build }) => ({
        ...build,
        checkpoint: isApart ? this.#checkpointApart(build.build) : build.checkpoint,
      })),
    );
  }

  digest(build: Build, table: string): Promise<TableDigest> {
    return this.hold(build, (still) => still.digest(table));
  }

  async hold<Answer>({ build }: Build, look: (still: StillRows) => Promise<Answer>): Promise<Answer> {
    const known = this.#usable().known(build);
    const database = openReader(known.isApart ? buildPath(this.#path, build) : this.#path);
    try {
      database.exec('BEGIN');
      const checkpoint = told(() => new Bookkeeping(database).checkpoint(build));
      return await look({ checkpoint, digest: (table) => digestIn(database, known, table) });
    } finally {
      database.close();
    }
  }

  read<Answer>(ask: (reading: Reading) => Promise<Answer>): Promise<Answer> {
    return this.#read(ask);
  }

  readBuild<Answer>({ build }: Build, ask: (reading: Reading) => Promise<Answer>): Promise<Answer> {
    return this.#read(ask, build);
  }

  async #read<Answer>(ask: (reading: Reading) => Promise<Answer>, showing?: number): Promise<Answer> {
    this.#usable();
    const snapshot = this.#idle.pop() ?? told(() => new Snapshot(this.#path));
    this.#reading.add(snapshot);
    try {
      const shown = snapshot.begin(showing);
      return await ask(readingOf(shown, async (sql, parameters) => snapshot.ask(sql, parameters)));
    } finally {
      this.#reading.delete(snapshot);
      this.#giveBack(snapshot);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#wiping !== null) clearTimeout(this.#wiping);
    for (const snapshot of [...this.#idle, ...this.#reading]) snapshot.close();
    for (const file of this.#files.values()) file.close();
    this.#main.close();
  }

  #makeFirst(projection: Projection): Build {
    const { bookkeeping, database } = this.#main;
    const shapes = shapesOf(projection);
    const build = bookkeeping.add(rowOf(projection, true));
    makeTables(database, { projection, build, shapes, isBulk: false });
    return { projection, build };
  }

  /** One that was left by a process that was killed is no build, and was removed. */
  #makeFile(projection: Projection, build: number, isBulk: boolean): void {
    const path = buildPath(this.#path, build);
    removeFile(path);
    const file = new WrittenFile(path, this.#rankLimits);
    this.#files.set(build, file);
    file.transaction(() => {
      file.bookkeeping.add({ ...rowOf(projection, false), build });
      file.bookkeeping.putFile(build, !isBulk);
      makeTables(file.database, { projection, build, shapes: shapesOf(projection), isBulk });
    });
  }

  #dropTables(known: KnownBuild): void {
    const { build, projection } = known;
    for (const [table, shape] of shapesOf({ name: projection, tables: tablesOf(known) }))
      for (const statement of removal(tableName(projection, build, table), shape))
        this.#main.database.exec(statement);
  }

  #refuseBehind(build: number, live: KnownBuild | undefined): void {
    if (live === undefined) return;
    const [next, shown] = [build, live.build].map((one) => this.#fileOf(one).bookkeeping.checkpoint(one));
    if (!shown || (next && (next.log !== shown.log || next.position >= shown.position))) return;
    throw new Behind(`the build ${live.build} is live and shows the log up to ${shown.position}`);
  }

  /** Throws `Fenced` for one that was dropped. */
  #fileOf(build: number): WrittenFile {
    const file = this.#knownFileOf(build);
    if (file === null) throw dropped(build);
    return file;
  }

  #knownFileOf(build: number): WrittenFile | null {
    const main = this.#usable();
    const isApart = told(() => main.bookkeeping.isApart(build));
    if (isApart === null) return null;
    if (!isApart) return main;
    const open = this.#files.get(build) ?? new WrittenFile(buildPath(this.#path, build), this.#rankLimits);
    this.#files.set(build, open);
    return open;
  }

  /** What another thread dropped is gone from the disk once nobody has it open. */
  #closeDropped(): void {
    for (const [build, file] of this.#files) {
      if (told(() => this.#main.bookkeeping.has(build))) continue;
      file.close();
      this.#files.delete(build);
    }
  }

  /** Another process may drop it meanwhile. */
  #checkpointApart(build: number): Checkpoint | null {
    return this.#knownFileOf(build)?.bookkeeping.checkpoint(build) ?? null;
  }

  /** Nobody begins a build meanwhile, whose file would be there before it is known. */
  #removeLeftovers(): void {
    const prefix = buildPath(basename(this.#path), 0).slice(0, -1);
    const found = readdirSync(dirname(this.#path)).filter((name) => name.startsWith(prefix));
    if (found.length === 0) return;
    this.#main.transaction(() => {
      const known = new Set(this.#main.bookkeeping.all().map(({ build }) => build));
      for (const name of found)
        if (!known.has(Number.parseInt(name.slice(prefix.length), 10)))
          rmSync(join(dirname(this.#path), name), { force: true });
    });
  }

  #writing<Outcome>(file: WrittenFile, use: (file: WrittenFile) => Outcome): Outcome {
    const outcome = file.transaction(() => use(file));
    this.#wipeLater();
    return outcome;
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
      const wiped = [this.#main, ...this.#files.values()].map((file) => file.wipe());
      if (wiped.includes(false)) this.#wipeLater();
    }, this.#wipeAfterMs).unref();
  }

  #usable(): WrittenFile {
    if (this.#isClosed) throw new ModelStoreError('unavailable', 'they are closed');
    return this.#main;
  }
}

function rowOf({ name, version, tables }: Projection, isLive: boolean) {
  return { projection: name, version, isLive, tables: JSON.stringify(tables) };
}

interface Making extends Build {
  readonly shapes: ReturnType<typeof shapesOf>;
  /** The key alone is there from the start on. */
  readonly isBulk: boolean;
}

function makeTables(database: Database, { projection, build, shapes, isBulk }: Making): void {
  for (const [table, shape] of shapes) {
    const name = tableName(projection.name, build, table);
    database.exec(creation(name, shape));
    if (isBulk) continue;
    const later = [
      ...orderedIndexes(name, shape).map(({ sql }) => sql),
      ...textIndex(name, shape),
      ...ranks(name, shape),
    ];
    for (const sql of later) database.exec(sql);
  }
}

function removeFile(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
}
