// Read models in PostgreSQL: for several servers that show the same rows, of which one at a time projects.

import type pg from 'pg';
import { pass } from '#read-models/passing.js';
import type { Cell, Projection } from '#read-models/projection.js';
import { ranksName } from '#read-models/ranked.js';
import { RowDigest } from '#read-models/row-digest.js';
import {
  type Batch,
  type Beginning,
  Behind,
  type Build,
  type Checkpoint,
  type Fence,
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
import {
  addBuild,
  assertHeld,
  type BuildWithTables,
  buildIn,
  buildsIn,
  checkpointOf,
  forgetBuild,
  forgetNotes,
  holdLease,
  holdLive,
  isLive,
  liveIn,
  moveCheckpoint,
  notesIn,
  park,
  parkedIn,
  pausedIn,
  putNote,
  putPaused,
  setLive,
  tablesOf,
} from '#read-models/stores/postgres/bookkeeping.js';
import {
  type ConnectionOptions,
  inTransaction,
  openPool,
  told,
} from '#read-models/stores/postgres/connections.js';
import { gather, shapeOf, targetIn, writeRuns } from '#read-models/stores/postgres/gathering.js';
import { LateIndexes } from '#read-models/stores/postgres/late-indexes.js';
import { PostgresRanks } from '#read-models/stores/postgres/ranks.js';
import { makingLock, prepareSchema } from '#read-models/stores/postgres/schema.js';
import { beginReading, readSnapshot } from '#read-models/stores/postgres/snapshot.js';
import { creation, indexesOf, listed, qualified } from '#read-models/stores/postgres/tables.js';
import { Wiping, type WipingOptions } from '#read-models/stores/postgres/wiping.js';
import { type RankLimits, rankLimits } from '#read-models/stores/rank-book.js';
import { tableName } from '#read-models/stores/shown.js';
import { shapesOf, type TableShape } from '#read-models/table-shape.js';

/** A digest reads so many rows at a time. */
const rowsPerFetch = 5_000;

/**
 * Between two statements there is only our own work. Who is frozen or cut off meanwhile keeps what it has locked for so
 * long, and that must end before its lease does.
 */
const beginWriting = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = 2000`;
/**
 * What is lost with the server's last moments are rows and their checkpoint alike; the log has them. Every change finds
 * its rows by an index, and what is walked in an order by the index of it: before a table that grows is analyzed, the
 * planner would rather read through all of it.
 */
const beginApplying = `${beginWriting}; SET LOCAL synchronous_commit = off;
  ${['seqscan', 'bitmapscan', 'sort', 'hashjoin', 'mergejoin'].map((way) => `SET LOCAL enable_${way} = off`).join('; ')}`;
/** While rows are held still another build is brought to where they are, and its digests are made. */
const holdingMaxMs = 3_600_000;
const beginHolding = `${beginReading}; SET LOCAL idle_in_transaction_session_timeout = ${holdingMaxMs}`;

interface OpenBuild {
  readonly projection: string;
  readonly shapes: ReadonlyMap<string, TableShape>;
  readonly indexes: LateIndexes;
  readonly ranks: ReadonlyMap<string, PostgresRanks>;
}

export interface PostgresStoreOptions extends ConnectionOptions, WipingOptions {
  /** Smaller ones, and few rows have many blocks. */
  readonly rankLimits?: RankLimits;
}

export async function openPostgresStore(options: PostgresStoreOptions): Promise<ModelStore> {
  const pool = openPool(options);
  try {
    return new PostgresModelStore(pool, await prepareSchema(pool), options);
  } catch (error) {
    await pool.end();
    throw error;
  }
}

class PostgresModelStore implements ModelStore {
  readonly #pool: pg.Pool;
  readonly #trigrams: string;
  readonly #wiping: Wiping;
  readonly #rankLimits: RankLimits;
  readonly #open = new Map<number, OpenBuild>();
  #closing: Promise<void> | null = null;

  constructor(pool: pg.Pool, trigrams: string, options: PostgresStoreOptions) {
    this.#pool = pool;
    this.#trigrams = trigrams;
    this.#wiping = new Wiping(options);
    this.#rankLimits = options.rankLimits ?? rankLimits;
  }

  open(projection: Projection, fence: Fence = {}): Promise<Build> {
    return this.#making(fence, async (client) => {
      const live = await liveIn(client, projection.name);
      if (live === null) return this.#make(client, projection, { isLive: true });
      if (live.version !== projection.version) throw new OtherVersion(projection, live.version);
      if (live.tables !== JSON.stringify(projection.tables))
        throw new TypeError(`the tables of ${projection.name} changed, and its version did not`);
      return { projection, build: live.build };
    });
  }

  async begin(projection: Projection, { isBulk, note, ...fence }: Beginning = {}): Promise<Build> {
    const begun = await this.#making(fence, async (client) => {
      const build = await this.#make(client, projection, { isBulk: isBulk === true });
      await forgetNotes(client, projection.name);
      if (note !== undefined)
        await putNote(client, { build: build.build, projection: projection.name, ...note });
      pass('begin: before it is known');
      return build;
    });
    pass('begin: after it is known');
    return begun;
  }

  async finish({ build }: Build, fence: Fence = {}): Promise<void> {
    const { indexes } = await this.#opened(build);
    await indexes.finish(fence);
  }

  async checkpoint({ build }: Build): Promise<Checkpoint | null> {
    return checkpointOf(this.#usable(), build);
  }

  async parked({ build }: Build): Promise<readonly ParkedStream[]> {
    return parkedIn(this.#usable(), build);
  }

  async apply({
    build: { build },
    changes,
    from,
    to,
    whileLive,
    parking = [],
    ...fence
  }: Batch): Promise<void> {
    pass('batch: before it is written');
    const opened = await this.#opened(build);
    const { gathered, sought } = gather(opened, changes);
    for (const [table, where] of sought) await opened.indexes.need(table, where, fence);
    await inTransaction(
      this.#usable(),
      async (client) => {
        await holdLease(client, fence);
        if (whileLive && !(await isLive(client, build))) throw new Fenced(`the build ${build} is not live`);
        if (!(await moveCheckpoint(client, build, { from, to })))
          throw new Fenced('the checkpoint is another, or the build was dropped');
        for (const { table, runs } of gathered) {
          const written = await writeRuns(client, runs, targetIn(opened, build, table));
          this.#wiping.removedFrom(written);
        }
        for (const one of parking) await park(client, build, one);
        pass('batch: before its end');
      },
      beginApplying,
    );
    const removals = changes.filter(({ change }) => change === 'remove');
    this.#wiping.removedFrom(removals.map(({ table }) => tableName(opened.projection, build, table)));
    // Of a build that stands where it was, rows go because somebody was erased.
    const isGrowing = !whileLive && from?.position !== to.position;
    if (!isGrowing && removals.length > 0) this.#wiping.begin();
    pass('batch: after its end');
  }

  async makeLive({ build }: Build, { note, ...fence }: Switching = {}): Promise<void> {
    pass('switch: before');
    await this.#making(fence, async (client) => {
      const known = await knownIn(client, build);
      const live = await holdLive(client, known.projection);
      if ((await notesIn(client)).some((one) => one.build === build && one.side !== null))
        throw new TypeError(`the build ${build} is never live`);
      if (live !== null) await refuseBehind(client, build, live);
      await setLive(client, known);
      if (note !== undefined) await putNote(client, note);
      pass('switch: before its end');
    });
    this.#wiping.begin();
    pass('switch: after its end');
  }

  async drop({ build }: Build, note?: ReplayNote, fence: Fence = {}): Promise<void> {
    pass('drop: before it is forgotten');
    await this.#making(fence, async (client) => {
      if (note !== undefined) await putNote(client, note);
      const known = await buildIn(client, build);
      if (known === null) return;
      if (known.isLive) throw new TypeError(`this build of ${known.projection} is live`);
      await forgetBuild(client, build);
      const tables = Object.keys(tablesOf(known));
      const names = tables.map((table) => tableName(known.projection, build, table));
      await told(client.query(`DROP TABLE ${names.map(qualified).join(', ')}`));
      await told(client.query(`DROP TABLE IF EXISTS ${names.map(ranksName).map(qualified).join(', ')}`));
    });
    this.#open.delete(build);
    pass('drop: after its file is gone');
  }

  async note(note: ReplayNote, fence: Fence = {}): Promise<void> {
    pass('note: before');
    const noting = async (client: pg.ClientBase) => {
      await holdLease(client, fence);
      await putNote(client, note);
    };
    await inTransaction(this.#usable(), noting, beginWriting);
  }

  async notes(): Promise<readonly ReplayNote[]> {
    return notesIn(this.#usable());
  }

  async setPaused(projection: string, isPaused: boolean, fence: Fence = {}): Promise<void> {
    const changing = async (client: pg.ClientBase) => {
      await holdLease(client, fence);
      await putPaused(client, projection, isPaused);
    };
    await inTransaction(this.#usable(), changing, beginWriting);
  }

  async paused(): Promise<readonly string[]> {
    return pausedIn(this.#usable());
  }

  async builds(): ReturnType<ModelStore['builds']> {
    return buildsIn(this.#usable());
  }

  digest(build: Build, table: string): Promise<TableDigest> {
    return this.hold(build, (still) => still.digest(table));
  }

  async hold<Answer>({ build }: Build, look: (still: StillRows) => Promise<Answer>): Promise<Answer> {
    const opened = await this.#opened(build);
    return inTransaction(
      this.#usable(),
      async (client) => {
        const checkpoint = await checkpointOf(client, build);
        return look({ checkpoint, digest: (table) => digestIn(client, build, { ...opened, table }) });
      },
      beginHolding,
    );
  }

  async read<Answer>(ask: (reading: Reading) => Promise<Answer>): Promise<Answer> {
    return readSnapshot(this.#usable(), ask);
  }

  async readBuild<Answer>({ build }: Build, ask: (reading: Reading) => Promise<Answer>): Promise<Answer> {
    return readSnapshot(this.#usable(), ask, build);
  }

  close(): Promise<void> {
    this.#wiping.close();
    this.#closing ??= this.#pool.end();
    return this.#closing;
  }

  #usable(): pg.Pool {
    if (this.#closing !== null) throw new ModelStoreError('unavailable', 'they are closed');
    return this.#pool;
  }

  /** One at a time over all servers. Who takes the lease waits for the end of it alone: tables go when readers are done. */
  async #making<Outcome>(fence: Fence, make: (client: pg.ClientBase) => Promise<Outcome>): Promise<Outcome> {
    return inTransaction(
      this.#usable(),
      async (client) => {
        await told(client.query(makingLock));
        await assertHeld(client, fence);
        const outcome = await make(client);
        await holdLease(client, fence);
        return outcome;
      },
      beginWriting,
    );
  }

  async #make(
    client: pg.ClientBase,
    projection: Projection,
    { isLive = false, isBulk = false }: { readonly isLive?: boolean; readonly isBulk?: boolean },
  ): Promise<Build> {
    const shapes = shapesOf(projection);
    const build = await addBuild(client, projection, isLive);
    for (const [table, shape] of shapes) {
      const name = tableName(projection.name, build, table);
      await told(client.query(creation({ name, shape })));
      const indexes = isBulk ? [] : indexesOf({ name, shape, trigrams: this.#trigrams });
      for (const { sql } of indexes) await told(client.query(sql));
      if (!isBulk) await this.#ranksOf(name, shape)?.make(client);
    }
    return { projection, build };
  }

  async #opened(build: number): Promise<OpenBuild> {
    const opened = this.#open.get(build);
    if (opened !== undefined) return opened;
    const known = await knownIn(this.#usable(), build);
    const { projection } = known;
    const shapes = shapesOf({ name: projection, tables: tablesOf(known) });
    const tables = [...shapes].map(([table, shape]) => {
      const name = tableName(projection, build, table);
      const indexes = indexesOf({ name, shape, trigrams: this.#trigrams });
      return [table, { name, shape, indexes, ranks: this.#ranksOf(name, shape) }] as const;
    });
    const ranks = new Map(tables.flatMap(([table, one]) => (one.ranks === null ? [] : [[table, one.ranks]])));
    const indexes = new LateIndexes(this.#pool, build, new Map(tables));
    const opening = { projection, shapes, indexes, ranks };
    this.#open.set(build, opening);
    return opening;
  }

  #ranksOf(name: string, shape: TableShape): PostgresRanks | null {
    if (shape.ranked.length === 0) return null;
    return new PostgresRanks({ name, shape, limits: this.#rankLimits });
  }
}

async function refuseBehind(client: pg.ClientBase, build: number, live: number): Promise<void> {
  const [next, shown] = [await checkpointOf(client, build), await checkpointOf(client, live)];
  if (shown === null || (next !== null && (next.log !== shown.log || next.position >= shown.position)))
    return;
  throw new Behind(`the build ${live} is live and shows the log up to ${shown.position}`);
}

async function digestIn(
  client: pg.ClientBase,
  build: number,
  { projection, shapes, table }: OpenBuild & { readonly table: string },
): Promise<TableDigest> {
  const { columns } = shapeOf(shapes, table);
  const name = qualified(tableName(projection, build, table));
  const digest = new RowDigest();
  const fetching = { text: `FETCH ${rowsPerFetch} FROM digested`, rowMode: 'array' } as const;
  await told(client.query(`DECLARE digested CURSOR FOR SELECT ${listed(columns)} FROM ${name}`));
  for (let count = rowsPerFetch; count === rowsPerFetch; ) {
    const { rows } = await told(client.query<Cell[]>(fetching));
    for (const row of rows) digest.add(row);
    count = rows.length;
  }
  await told(client.query('CLOSE digested'));
  return digest.result();
}

async function knownIn(client: Pick<pg.ClientBase, 'query'>, build: number): Promise<BuildWithTables> {
  const known = await buildIn(client, build);
  if (known === null) throw new Fenced(`the build ${build} was dropped`);
  return known;
}
