// What a read model is: tables, and what each event changes in them. It is data and pure functions, so that the
// same projection runs live, in a replay beside itself, and in a test.

import type { Instant, Sealed } from '#domain/ids.js';
import type { DomainEvent } from '#event-catalog/catalogue.js';
import type { Position } from '#event-log/event-log.js';

/** The same on every engine, so that its digest is, too. Instants and yes or no (1 or 0) are integers. */
export type Cell = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, Cell>>;

export interface Column {
  readonly kind: 'text' | 'integer' | 'bytes';
  readonly nullable?: true;
}

export type Index =
  | { readonly columns: readonly string[] }
  /** Finds whatever has this text anywhere within the column, in whatever case. */
  | { readonly contains: string };

export interface Table {
  readonly columns: Readonly<Record<string, Column>>;
  /** Of the columns; unique. */
  readonly key: readonly string[];
  readonly indexes?: readonly Index[];
  /**
   * Text columns in whose order pages may be asked for from anywhere: each has an index of itself, `place` and
   * `organization_id`, so that a page is found without walking to it.
   */
  readonly ranked?: readonly string[];
  /** Text columns of few values, by which ranked rows are counted apart. They end each of these indexes. */
  readonly facets?: readonly string[];
}

/** Where an event stands, and what is known of how it came there. */
export interface Place {
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly time: Instant;
  readonly organizationId: string | null;
  readonly editor: string | null;
  readonly callId: string | null;
  readonly traceId: string | null;
  /** The session that acted, or for which something was checked; in a stream of its own, that one. */
  readonly sessionId: string | null;
  /** Of whom it is: a session's event names its user, once there is one. */
  readonly userStream: string | null;
}

/** Cells that are sealed in the event. They are null where the key of their user is gone. */
export interface Opening {
  readonly sealed: Sealed;
  readonly purpose: string;
  /** What the text was bound to beside its user: a device, a token; empty for the user as a whole. */
  readonly factor: string;
  readonly cells: (opened: Buffer | null) => Row;
}

export type RowChange =
  /** In place of the row with the same key, if there is one. */
  | {
      readonly change: 'put';
      readonly table: string;
      readonly row: Row;
      /** Columns that stay as they are where there is a row already, such as when it was made first. */
      readonly keeps?: readonly string[];
      readonly openings?: readonly Opening[];
    }
  /** In every row that has these cells. `where` begins with columns of the key or of an index. */
  | {
      readonly change: 'set';
      readonly table: string;
      readonly where: Row;
      readonly cells: Row;
      readonly openings?: readonly Opening[];
    }
  | { readonly change: 'remove'; readonly table: string; readonly where: Row };

export type Removal = Extract<RowChange, { readonly change: 'remove' }>;

export type Changes<Event> = (event: Event, place: Place) => readonly RowChange[];

type Handlers = {
  readonly [Type in DomainEvent['type']]?: Changes<Extract<DomainEvent, { readonly type: Type }>>;
};

type Reaches = {
  readonly [Type in DomainEvent['type']]?: (
    event: Extract<DomainEvent, { readonly type: Type }>,
    place: Place,
    stream: string,
  ) => readonly Removal[];
};

export interface Projection {
  readonly name: string;
  /** Moves with every change of the tables or of what events do to them: a replay then builds the next one. */
  readonly version: number;
  readonly tables: Readonly<Record<string, Table>>;
  readonly on: Handlers;
  /** For every event, whatever its type, before what stands in `on`. */
  readonly onEach?: Changes<DomainEvent>;
  /** Types of events that leave nothing of what came before them in their stream. */
  readonly endings?: readonly DomainEvent['type'][];
  /** Of these, the types after which nothing may be left in any build, also where it does not follow the log. */
  readonly erasures?: readonly DomainEvent['type'][];
  /**
   * What events remove of the rows of another stream. One that is parked has no such rows yet, and is to have none that
   * were removed meanwhile when it is gone on with.
   */
  readonly reaches?: Reaches;
}
