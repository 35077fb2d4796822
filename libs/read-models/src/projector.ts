// From events to rows as they are to stand: the part that a runner and a replay have in common.

import { types } from 'node:util';

import { type DomainEvent, decodeEvent } from '#event-catalog/catalogue.js';
import { UndecodableEvent } from '#event-catalog/undecodable-event.js';
import type { JsonValue, RecordedEvent } from '#event-log/event-log.js';
import { type Opener, Unopenable } from '#read-models/opener.js';
import type {
  Cell,
  Changes,
  Opening,
  Place,
  Projection,
  Removal,
  RowChange,
} from '#read-models/projection.js';
import { type OpenedChange, RowRefused } from '#read-models/store.js';

/** An event that cannot be made into rows, whenever it is tried. */
export class Poison extends Error {
  override readonly name = 'Poison';
  readonly event: RecordedEvent;

  constructor(event: RecordedEvent, cause: unknown) {
    super(describe(event, cause), { cause });
    this.event = event;
  }
}

export interface Projected {
  /** Of the events up to the one that is poison. */
  readonly changes: readonly OpenedChange[];
  readonly poison: Poison | null;
}

type Reach = (event: DomainEvent, place: Place, stream: string) => readonly Removal[];

type Opened = Buffer | null | Promise<Buffer | null>;
type Texts = readonly (Buffer | null)[];

interface Draft {
  readonly event: RecordedEvent;
  readonly changes: readonly RowChange[];
  /** In the order of the openings of all changes. */
  readonly opened: readonly Opened[];
}

export class Projector {
  readonly #opener: Opener;
  readonly #on: ReadonlyMap<string, Changes<DomainEvent>>;
  readonly #onEach: Changes<DomainEvent> | undefined;
  readonly #reaches: ReadonlyMap<string, Reach>;

  constructor(projection: Projection, opener: Opener) {
    this.#opener = opener;
    this.#on = new Map(Object.entries(projection.on) as [string, Changes<DomainEvent>][]);
    this.#onEach = projection.onEach;
    this.#reaches = new Map(Object.entries(projection.reaches ?? {}) as [string, Reach][]);
  }

  /** Of the events that remove rows of other streams. */
  get reaching(): readonly string[] {
    return [...this.#reaches.keys()];
  }

  /** What the event of another stream removes of the rows of this one; nothing where it can be read by nobody. */
  reach(event: RecordedEvent, stream: string): readonly Removal[] {
    try {
      const decoded = decode(event);
      return decoded === null ? [] : (this.#reaches.get(event.type)?.(decoded, placeOf(event), stream) ?? []);
    } catch (error) {
      // Its own stream is parked for it.
      if (error instanceof UndecodableEvent) return [];
      throw error;
    }
  }

  /** All that is sealed is asked for at once. Rejects with what is passing, such as keys that are unavailable. */
  async project(events: readonly RecordedEvent[]): Promise<Projected> {
    const drafts: Draft[] = [];
    let poison: Poison | null = null;
    for (const event of events) {
      try {
        const draft = this.#draft(event);
        if (draft !== null) drafts.push(draft);
      } catch (error) {
        poison = new Poison(event, error);
        break;
      }
    }
    const changes: OpenedChange[] = [];
    for (const draft of drafts) {
      const texts = draft.opened.some(types.isPromise) ? await awaited(draft) : (draft.opened as Texts);
      const refusal = texts instanceof Poison ? texts : finish(draft, texts, changes);
      if (refusal !== null) return { changes, poison: refusal };
    }
    return { changes, poison };
  }

  /** Null for an event that means nothing here. */
  #draft(event: RecordedEvent): Draft | null {
    const on = this.#on.get(event.type);
    if (on === undefined && this.#onEach === undefined) return null;
    const decoded = decode(event);
    if (decoded === null) return null;
    const place = placeOf(event);
    const each = this.#onEach?.(decoded, place) ?? [];
    const changes = on === undefined ? each : [...each, ...on(decoded, place)];
    const opened: Opened[] = [];
    for (const change of changes)
      for (const opening of openingsOf(change)) opened.push(this.#open(place, opening));
    return { event, changes, opened };
  }

  #open(place: Place, opening: Opening): Opened {
    try {
      const opened = this.#opener.open(place, opening);
      // It is looked at later, in the order of the events.
      if (types.isPromise(opened)) opened.catch(() => undefined);
      return opened;
    } catch (error) {
      const refused = Promise.reject(error);
      refused.catch(() => undefined);
      return refused;
    }
  }
}

/** Where what is sealed is opened by somebody else. */
async function awaited({ event, opened }: Draft): Promise<Texts | Poison> {
  try {
    const texts: (Buffer | null)[] = [];
    for (const one of opened) texts.push(await one);
    return texts;
  } catch (error) {
    if (error instanceof Unopenable) return new Poison(event, error);
    throw error;
  }
}

/** Adds to the changes all that the event comes to, or nothing where it comes to none. */
function finish({ event, changes }: Draft, texts: Texts, all: OpenedChange[]): Poison | null {
  const before = all.length;
  let next = 0;
  const take = () => texts[next++] ?? null;
  try {
    for (const change of changes) all.push(withCells(change, take));
    return null;
  } catch (error) {
    all.length = before;
    return new Poison(event, error);
  }
}

function openingsOf(change: RowChange): readonly Opening[] {
  return change.change === 'remove' ? none : (change.openings ?? none);
}

const none: readonly Opening[] = [];

function withCells(change: RowChange, take: () => Buffer | null): OpenedChange {
  if (change.change === 'remove' || change.openings === undefined) return change;
  const { openings, ...rest } = change;
  const cells: Record<string, Cell> = rest.change === 'put' ? { ...rest.row } : { ...rest.cells };
  for (const opening of openings) Object.assign(cells, opening.cells(take()));
  return rest.change === 'put' ? { ...rest, row: cells } : { ...rest, cells };
}

/** Null for a type that is not known here: of another program, or of a newer release. */
function decode({ type, data }: RecordedEvent): DomainEvent | null {
  try {
    return decodeEvent({ type, data });
  } catch (error) {
    if (error instanceof UndecodableEvent && error.code === 'unknown-type') return null;
    throw error;
  }
}

export function placeOf({ stream, revision, position, metadata }: RecordedEvent): Place {
  const { time, organization, userOrganization, editor, call, trace, session } = metadata;
  return {
    stream,
    revision,
    position,
    time: Date.parse(time),
    // A session is the instance's, and concerns the organization of its user.
    organizationId: textOrNull(userOrganization) ?? textOrNull(organization),
    editor: textOrNull(editor),
    callId: textOrNull(call),
    traceId: textOrNull(trace),
    sessionId: stream.startsWith(sessionPrefix) ? stream.slice(sessionPrefix.length) : textOrNull(session),
    userStream: userStreamIn(stream, textOrNull(metadata.user)),
  };
}

const sessionPrefix = 'session-';

function userStreamIn(stream: string, user: string | null): string | null {
  if (stream.startsWith('user-')) return stream;
  return user === null ? null : `user-${user}`;
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Of an error that is not ours the text may hold what was opened: it is told by its name and place alone. */
function describe({ type }: RecordedEvent, cause: unknown): string {
  const isOurs =
    cause instanceof UndecodableEvent || cause instanceof RowRefused || cause instanceof Unopenable;
  if (isOurs) return `${type}: ${cause.message}`;
  if (!(cause instanceof Error)) return `${type}: it threw what is no error`;
  const at = /^\s+at .*$/m.exec(cause.stack ?? '')?.[0].trim() ?? '';
  return `${type}: ${cause.name} ${at}`.trim();
}
