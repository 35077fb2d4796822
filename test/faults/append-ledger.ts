// What was meant and what was told, held against what stands in the log. It sees each event once, in
// order, as the log is opened after each strike, and forgets what is settled.

import { createHash } from 'node:crypto';
import { positionNumber } from '#event-log/counted-position.js';
import type { EventLogErrorCode, EventLogFailure } from '#event-log/errors.js';
import {
  type AppendResult,
  logStart,
  type NewEvent,
  type Position,
  type RecordedEvent,
} from '#event-log/event-log.js';
import {
  type Attempt,
  afterAck,
  afterConflict,
  authorOf,
  type EventAuthor,
  eventsOf,
  firstAttempts,
  hasRivals,
  streamOf,
} from '#test/faults/appending-clients.js';
import type { JournalEntry } from '#test/faults/journal.js';
import type { Tally, Violation } from '#test/faults/tally.js';

/** One append of one client, until it is acknowledged and seen where it was acknowledged. */
interface Unsettled {
  /** The revisions at which it was sent and not refused. */
  readonly expected: Set<Attempt['expected']>;
  /** Where its last event stands. */
  place: AppendResult | null;
  ack: AppendResult | null;
}

export class AppendLedger {
  readonly #tally: Tally;
  /** Failures of which the log may complain: those of a disk that is taken away. */
  readonly #excused: readonly EventLogErrorCode[];
  readonly #next = firstAttempts();
  readonly #settled: number[] = this.#next.map(() => -1);
  readonly #unsettled = new Map<string, Unsettled>();
  readonly #revisions = new Map<string, number>();
  readonly #digest = createHash('sha256');
  /** Appends on their way when the process was struck, until the next look into the log. */
  #inFlight: Attempt[] = [];
  /** The event after which more of the same append must come. */
  #unfinished: RecordedEvent | null = null;
  #position = logStart;

  constructor(tally: Tally, excused: readonly EventLogErrorCode[] = []) {
    this.#tally = tally;
    this.#excused = excused;
  }

  /** Of the last event that was seen. */
  get position(): Position {
    return this.#position;
  }

  /** What each client does first after the next start. */
  get nextAttempts(): readonly Attempt[] {
    return this.#next;
  }

  get digest(): string {
    return this.#digest.copy().digest('hex');
  }

  /** The journal of a process that is gone. */
  takeJournal(entries: readonly JournalEntry[]): void {
    const open = new Map<number, Attempt>();
    for (const entry of entries) {
      const { attempt } = entry;
      if (entry.kind === 'intent') open.set(attempt.client, attempt);
      else if (entry.kind === 'ack' || entry.failure.code === 'version-conflict') open.delete(attempt.client);
      this.#note(entry);
    }
    if (entries.length === 0) return;
    this.#inFlight = [...open.values()];
    this.#tally.inFlight += open.size;
    if (open.size > 0) this.#tally.struckInFlight += 1;
  }

  see(events: readonly RecordedEvent[]): void {
    for (const event of events) this.#see(event);
  }

  /** Everything that the log holds was seen. */
  close(): void {
    if (this.#unfinished !== null) this.#complain('torn', this.#unfinished);
    for (const [key, unsettled] of this.#unsettled) this.#proveAcknowledged(key, unsettled);
    for (const attempt of this.#inFlight) {
      const written = this.#unsettledOf(attempt).place !== null;
      this.#tally[written ? 'inFlightWritten' : 'inFlightAbsent'] += 1;
    }
    this.#inFlight = [];
  }

  /** The log refuses to be opened, and goes as far as this. */
  closeUnopened(head: Position): void {
    for (const [key, { ack }] of this.#unsettled) {
      if (ack !== null && ack.position > head) this.#complain('lost', { key, ack, head });
    }
  }

  #note(entry: JournalEntry): void {
    const { attempt } = entry;
    const unsettled = this.#unsettledOf(attempt);
    switch (entry.kind) {
      case 'intent':
        unsettled.expected.add(attempt.expected);
        this.#next[attempt.client] = attempt;
        return;
      case 'ack':
        unsettled.ack = entry.result;
        this.#tally.acknowledged += 1;
        if (unsettled.place !== null) this.#tally.answeredAgain += 1;
        this.#next[attempt.client] = afterAck(attempt, entry.result.revision);
        return;
      case 'refusal':
        this.#noteRefusal(attempt, entry.failure, unsettled);
        return;
    }
  }

  #noteRefusal(attempt: Attempt, failure: EventLogFailure, unsettled: Unsettled): void {
    if (failure.code === 'version-conflict' && hasRivals(attempt.client)) {
      this.#tally.conflicts += 1;
      this.#next[attempt.client] = afterConflict(attempt, failure.actual);
    } else if (!this.#excused.includes(failure.code)) this.#complain('refused', { attempt, failure });
    if (failure.code === 'outcome-unknown') return;
    if (unsettled.place !== null) this.#complain('refused-though-written', { attempt, failure });
    unsettled.expected.delete(attempt.expected);
  }

  #see(event: RecordedEvent): void {
    const { stream, revision, position } = event;
    this.#digest.update(JSON.stringify(event));
    this.#tally.events += 1;
    if (positionNumber(position) !== positionNumber(this.#position) + 1) this.#complain('gap', event);
    if (revision !== (this.#revisions.get(stream) ?? -1) + 1) this.#complain('gap', event);
    this.#position = position;
    this.#revisions.set(stream, revision);
    const author = authorOf(event.id);
    if (author === null) this.#complain('unintended', event);
    else this.#explain(event, author);
  }

  #explain(event: RecordedEvent, author: EventAuthor): void {
    const { client, counter, index } = author;
    this.#proveUntorn(event, author);
    const unsettled = this.#unsettled.get(`${client} ${counter}`);
    const isSettled = counter <= (this.#settled[client] ?? -1);
    if (isSettled || (unsettled !== undefined && unsettled.place !== null)) {
      this.#complain('duplicated', event);
      return;
    }
    const expected = event.revision === index ? 'no-stream' : event.revision - index - 1;
    const attempt = { client, counter, expected } as const;
    const meant = eventsOf(attempt);
    if (unsettled?.expected.has(expected) !== true || !isAs(event, attempt, meant[index])) {
      this.#complain('unintended', event);
      return;
    }
    if (index < meant.length - 1) this.#unfinished = event;
    else this.#place(unsettled, event);
  }

  /** The events of one append stand together: either it goes on with this one, or this one begins another. */
  #proveUntorn(event: RecordedEvent, { client, counter, index }: EventAuthor): void {
    const before = this.#unfinished === null ? null : authorOf(this.#unfinished.id);
    this.#unfinished = null;
    const goesOn = before?.client === client && before.counter === counter && before.index === index - 1;
    const begins = before === null && index === 0;
    if (!goesOn && !begins) this.#complain('torn', event);
  }

  #proveAcknowledged(key: string, { place, ack }: Unsettled): void {
    if (ack === null) return;
    if (place === null) this.#complain('lost', { key, ack });
    else if (place.revision !== ack.revision || place.position !== ack.position)
      this.#complain('misplaced', { key, ack, place });
    else this.#settle(key);
  }

  #place(unsettled: Unsettled, { revision, position }: RecordedEvent): void {
    unsettled.place = { revision, position };
    this.#tally.appends += 1;
  }

  #settle(key: string): void {
    const [client, counter] = key.split(' ').map(Number) as [number, number];
    this.#unsettled.delete(key);
    this.#settled[client] = counter;
  }

  #unsettledOf(attempt: Attempt): Unsettled {
    const key = keyOf(attempt);
    const known = this.#unsettled.get(key) ?? { expected: new Set(), place: null, ack: null };
    this.#unsettled.set(key, known);
    return known;
  }

  #complain(violation: Violation, evidence: unknown): void {
    this.#tally.complain(violation, evidence);
  }
}

function keyOf({ client, counter }: Attempt): string {
  return `${client} ${counter}`;
}

function isAs(event: RecordedEvent, attempt: Attempt, meant: NewEvent | undefined): boolean {
  const { id, type, data, metadata } = event;
  return (
    event.stream === streamOf(attempt) &&
    JSON.stringify({ id, type, data, metadata }) === JSON.stringify(meant)
  );
}
