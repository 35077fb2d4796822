// What the cycles of strikes rely on: each way in which a log can be wrong is found.

import { describe, expect, it } from '@jest/globals';
import { positionText } from '#event-log/counted-position.js';
import type { AppendResult, RecordedEvent } from '#event-log/event-log.js';
import { AppendLedger } from '#test/faults/append-ledger.js';
import { type Attempt, eventsOf, streamOf } from '#test/faults/appending-clients.js';
import type { JournalEntry } from '#test/faults/journal.js';
import { Tally, type Violation } from '#test/faults/tally.js';

interface Seen {
  readonly journal: readonly JournalEntry[];
  readonly log: readonly RecordedEvent[];
  /** Of the process after the one that wrote `journal`. */
  readonly nextJournal?: readonly JournalEntry[];
}

/** One event, three events to a stream of its own, three to a stream with rivals. */
const [one, three, raced] = [0, 1, 51].map(
  (client): Attempt => ({ client, counter: 0, expected: 'no-stream' }),
) as [Attempt, Attempt, Attempt];

const intent = (attempt: Attempt): JournalEntry => ({ kind: 'intent', attempt });
const ack = (attempt: Attempt, revision: number, position: number): JournalEntry => ({
  kind: 'ack',
  attempt,
  result: resultAt(revision, position),
});
const conflict = (attempt: Attempt): JournalEntry => {
  const { expected } = attempt;
  const failure = { code: 'version-conflict', stream: streamOf(attempt), expected, actual: 2 } as const;
  return { kind: 'refusal', attempt, failure };
};

function resultAt(revision: number, position: number): AppendResult {
  return { revision, position: positionText(position) };
}

function written(attempt: Attempt, at: { readonly revision: number; readonly position: number }) {
  return eventsOf(attempt).map((event, index) => ({
    ...event,
    stream: streamOf(attempt),
    ...resultAt(at.revision + index, at.position + index),
  }));
}

const first = written(one, { revision: 0, position: 1 });
const second = written(three, { revision: 0, position: 2 });
const third = written(raced, { revision: 0, position: 5 });
const intents = [intent(one), intent(three), intent(raced)];
const acks = [ack(one, 0, 1), ack(three, 2, 4)];
const honest: Seen = { journal: [...intents, ...acks], log: [...first, ...second, ...third] };

function violationsIn({ journal, log, nextJournal = [] }: Seen): Partial<Record<Violation, number>> {
  const tally = new Tally();
  const ledger = new AppendLedger(tally);
  ledger.takeJournal(journal);
  ledger.see(log);
  ledger.close();
  ledger.takeJournal(nextJournal);
  return Object.fromEntries(Object.entries(tally.violations).filter(([, count]) => count > 0));
}

const wrong: readonly (readonly [name: string, violation: Violation, seen: Seen])[] = [
  [
    'an acknowledged append that is not there',
    'lost',
    { ...honest, log: [...first, ...written(raced, { revision: 0, position: 2 })] },
  ],
  [
    'an append that is there twice',
    'duplicated',
    { ...honest, log: [...honest.log, ...written(raced, { revision: 3, position: 8 })] },
  ],
  [
    'a position that is left out',
    'gap',
    { ...honest, log: [...first, ...second, ...written(raced, { revision: 0, position: 6 })] },
  ],
  [
    'a revision that is left out',
    'gap',
    { ...honest, log: [...first, ...second, ...written(raced, { revision: 1, position: 5 })] },
  ],
  [
    'an append that no client meant',
    'unintended',
    { ...honest, journal: [intent(one), intent(three), ...acks] },
  ],
  [
    'an append at another revision than it named',
    'unintended',
    { ...honest, journal: [intent(one), intent(three), intent({ ...raced, expected: 7 }), ...acks] },
  ],
  [
    'an event with other content',
    'unintended',
    { ...honest, log: [{ ...first[0], data: {} } as RecordedEvent, ...second, ...third] },
  ],
  [
    'an event with an id that nobody makes',
    'unintended',
    { ...honest, log: [...honest.log, { ...first[0], id: 'x', ...resultAt(1, 8) } as RecordedEvent] },
  ],
  ['an append without its last event', 'torn', { ...honest, log: honest.log.slice(0, -1) }],
  [
    'an append that begins before another one ends',
    'torn',
    { ...honest, log: [...second.slice(0, 2), ...first, ...second.slice(2), ...third] },
  ],
  [
    'an append that is elsewhere than was acknowledged',
    'misplaced',
    { ...honest, journal: [...intents, ack(one, 0, 1), ack(three, 2, 5)] },
  ],
  [
    'a conflict on a stream without rivals',
    'refused',
    { ...honest, journal: [...intents, ack(one, 0, 1), conflict(three)], log: [...first] },
  ],
  [
    'a conflict for what was written',
    'refused-though-written',
    { ...honest, nextJournal: [conflict(raced)] },
  ],
];

describe('the ledger of appends', () => {
  it('finds nothing wrong with a log that holds what was acknowledged, and of the rest all or nothing', () => {
    expect(violationsIn(honest)).toEqual({});
    expect(violationsIn({ ...honest, log: [...first, ...second] })).toEqual({});
    expect(violationsIn({ ...honest, nextJournal: [ack(raced, 2, 7)] })).toEqual({});
  });

  it.each(wrong)('finds %s: %s', (_, violation, seen) => {
    expect(violationsIn(seen)).toHaveProperty([violation]);
  });
});
