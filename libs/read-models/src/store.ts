// Where read models are kept. Each promise made here is checked by the suite in contract/, on every engine.

import type { Expression, Kysely, SqlBool } from 'kysely';

import type { Position } from '#event-log/event-log.js';
import type { Projection, Row } from '#read-models/projection.js';

/** A set of tables: a projection in one of its versions, live or being built. */
export interface Build {
  readonly projection: Projection;
  /** Differs for every set of tables ever built of the projection; tables are named with it. */
  readonly build: number;
}

export interface Checkpoint {
  /** Of the log that was read: positions of another mean nothing. */
  readonly log: string;
  /** Everything up to here is in the rows. */
  readonly position: Position;
  /** How many events of the log were seen. */
  readonly events: number;
}

/** What is opened already: rows as they are to stand. */
export type OpenedChange =
  | {
      readonly change: 'put';
      readonly table: string;
      readonly row: Row;
      readonly keeps?: readonly string[];
    }
  | { readonly change: 'set'; readonly table: string; readonly where: Row; readonly cells: Row }
  | { readonly change: 'remove'; readonly table: string; readonly where: Row };

/** What is written counts only under the lease of this number, where there is one (lease.ts): `LeaseLost` otherwise. */
export interface Fence {
  readonly token?: number;
}

export interface Batch extends Fence {
  readonly build: Build;
  /** In the order of their events. */
  readonly changes: readonly OpenedChange[];
  /** What the store must have for this batch to count; null for the first. */
  readonly from: Checkpoint | null;
  readonly to: Checkpoint;
  /** Streams to park or to go on with, with the same transaction. */
  readonly parking?: readonly Parking[];
  /** It counts only while the build is live: `Fenced` from the switch to another on. */
  readonly whileLive?: true;
}

export type ReplayPhase =
  | 'building'
  | 'indexing'
  | 'catching-up'
  | 'comparing'
  | 'switching'
  | 'paused'
  | 'done'
  | 'failed'
  | 'cancelled';

/** What is kept of a replay, so that one that was killed is gone on with. It outlives its build. */
export interface ReplayNote {
  /** That it makes. */
  readonly build: number;
  readonly projection: string;
  /** By which its build is found that is never to be live; null for the next build. */
  readonly side: string | null;
  readonly phase: ReplayPhase;
  /** JSON, of which only the replay knows the form. */
  readonly details: string;
}

export interface Beginning extends Fence {
  /** Indexes that no change needs are made by `finish`, where the engine is faster for it. */
  readonly isBulk?: true;
  /** Kept with the same transaction. Notes of earlier builds of the projection that are gone are given up. */
  readonly note?: Omit<ReplayNote, 'build' | 'projection'>;
}

export interface Switching extends Fence {
  /** Kept with the same transaction. */
  readonly note?: ReplayNote;
}

/** Rows of a build that stand still for whoever looks at them, whatever is written meanwhile. */
export interface StillRows {
  readonly checkpoint: Checkpoint | null;
  digest(table: string): Promise<TableDigest>;
}

export interface TableDigest {
  readonly rows: number;
  readonly digest: string;
}

/** The live build shows more of the log: a reader who waited for that must not be shown less. Nothing was done. */
export class Behind extends Error {
  override readonly name = 'Behind';
}

/** An event that could not be made into rows, and what came after it in its stream: kept, and done later in order. */
export interface Parking {
  readonly stream: string;
  /** Null: nothing is parked of this stream any more. */
  readonly parked: { readonly position: Position; readonly error: string; readonly attempts: number } | null;
}

export interface ParkedStream {
  readonly stream: string;
  /** Of the event that failed: it and what follows it in its stream are missing in the rows. */
  readonly position: Position;
  readonly error: string;
  readonly attempts: number;
}

/** Somebody else moved the checkpoint: this runner is not the one that counts. Nothing was written. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** Another server has the lease: whatever else this one is about to tell the store is out of date. */
export class LeaseLost extends Fenced {}

/**
 * A row does not fit its table: nothing was written, and no retry will help. It names no value: values are personal.
 */
export class RowRefused extends Error {
  override readonly name = 'RowRefused';
}

/** The tables that are live are those of another version: the next ones must be built, from `begin` on. */
export class OtherVersion extends Error {
  override readonly name = 'OtherVersion';
  readonly live: number;

  constructor(projection: Projection, live: number) {
    super(
      `${projection.name} is live in version ${live}, and this release has version ${projection.version}`,
    );
    this.live = live;
  }
}

export type ModelStoreFailure =
  /** Nothing was written, or that is not known; the same call may succeed later. */
  | 'unavailable'
  /** It took longer than a query may. */
  | 'too-slow'
  /** What is stored is not what was written. It can be built anew from the log. */
  | 'damaged';

export class ModelStoreError extends Error {
  override readonly name = 'ModelStoreError';
  readonly code: ModelStoreFailure;

  constructor(code: ModelStoreFailure, reason: string, options?: ErrorOptions) {
    super(`the read models are ${code}: ${reason}`, options);
    this.code = code;
  }
}

export interface ProjectionTables {
  /** The name that the table has in the build that is live. Throws for a projection that has none. */
  tableOf(projection: string, table: string): string;
}

/** Every call may throw `ModelStoreError`, and every one that writes `LeaseLost`. */
export interface ModelStore {
  /**
   * Makes the tables of a projection where it has none, and makes the first build live. Answers the live one. Throws
   * `OtherVersion`; and `TypeError` where the tables changed and the version did not.
   */
  open(projection: Projection, fence?: Fence): Promise<Build>;
  /** Null before the first batch. */
  checkpoint(build: Build): Promise<Checkpoint | null>;
  /** All of it or nothing, in one transaction. Throws `Fenced`, also for a build that was dropped, and `RowRefused`. */
  apply(batch: Batch): Promise<void>;
  parked(build: Build): Promise<readonly ParkedStream[]>;
  /** Tables for the next build, beside the live one. */
  begin(projection: Projection, beginning?: Beginning): Promise<Build>;
  /** Makes the indexes that were left out, and what is written durable. What was cut short is done over. */
  finish(build: Build, fence?: Fence): Promise<void>;
  /**
   * Every reader that begins from now on sees this build; one that began before finishes on the other. Throws
   * `Behind`; and `TypeError` for a build that has a name beside.
   */
  makeLive(build: Build, switching?: Switching): Promise<void>;
  /** Its tables go, with its checkpoint; the note stays. Throws `TypeError` for the live one. */
  drop(build: Build, note?: ReplayNote, fence?: Fence): Promise<void>;
  /** In place of the note of the same build. */
  note(note: ReplayNote, fence?: Fence): Promise<void>;
  notes(): Promise<readonly ReplayNote[]>;
  /** Whether the live rows of a projection are to stand still: kept for whoever makes them next, of whatever build. */
  setPaused(projection: string, isPaused: boolean, fence?: Fence): Promise<void>;
  paused(): Promise<readonly string[]>;
  /** Every build that has tables, the live one of each projection told. */
  builds(): Promise<
    readonly {
      readonly projection: string;
      readonly version: number;
      readonly build: number;
      readonly isLive: boolean;
      readonly checkpoint: Checkpoint | null;
    }[]
  >;
  /** The same for the same rows in whatever order they were written, on every engine; and how many rows. */
  digest(build: Build, table: string): Promise<TableDigest>;
  /** Others write on meanwhile. */
  hold<Answer>(build: Build, look: (still: StillRows) => Promise<Answer>): Promise<Answer>;
  /** A snapshot of the rows in which all that is asked within `ask` agrees, with the checkpoints that it shows. */
  read<Answer>(ask: (reading: Reading) => Promise<Answer>): Promise<Answer>;
  /** Shows it in place of the live one of its projection, to who asks for it alone. */
  readBuild<Answer>(build: Build, ask: (reading: Reading) => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Reading extends ProjectionTables {
  // biome-ignore lint/suspicious/noExplicitAny: the tables are named by build, which no type can know.
  readonly db: Kysely<any>;
  /** Which engine answers: for what the two write differently. */
  readonly engine: 'sqlite' | 'postgres';
  /**
   * Holds for each row of this table that has the text somewhere in this column, in whatever case, by the index that
   * was made for it; perhaps for others, too. The text has at least three characters.
   */
  mayContain(sought: Sought): Expression<SqlBool>;
  /** Where the blocks of a table that is ranked are counted. */
  ranksOf(projection: string, table: string): string;
  checkpointOf(projection: string): Checkpoint | null;
  /** Of the tables that are shown; null where there are none. */
  versionOf(projection: string): number | null;
}

export interface Sought {
  readonly projection: string;
  readonly table: string;
  /** What the query calls the table, where it is not by its name. */
  readonly as?: string;
  /** Has a `contains` index. */
  readonly column: string;
  readonly text: string;
  /** Where it holds for more rows than so many, it may do so for only so many of them. */
  readonly atMost?: number;
}
