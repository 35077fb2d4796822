// Specs read as `given(past).when(decide, command).then(events)`. Whatever the verdict, the state and the
// command that were decided on must be as they were before.

import { expect } from '@jest/globals';
import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import { evolveAccount, noAccount } from '#domain/account/state.js';
import type { Decision } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import type { OwnerCircumstances } from '#domain/instance/ownership.js';
import { defaultSettings, type Settings } from '#domain/organization/settings.js';

/** The clock of every command that does not say otherwise. */
export const now: Instant = Date.UTC(2030, 5, 15, 12);
/** When everything happened of which no time is said: a day before. */
export const before: Instant = now - 86_400_000;

export interface Timed<Event> {
  readonly at: Instant;
  readonly event: Event;
}

export const at = <Event>(time: Instant, event: Event): Timed<Event> => ({ at: time, event });

type Past<Event> = Event | Timed<Event>;

type AllCircumstances = Circumstances & OwnerCircumstances;

/** An active organization with the default settings, at `now`, and other owners, except for what is said here. */
export function circumstances(
  overrides: Partial<Omit<AllCircumstances, 'settings'>> & { readonly settings?: Partial<Settings> } = {},
): AllCircumstances {
  const settings = { ...defaultSettings, ...overrides.settings };
  return { now, organization: 'active', ownership: 'stays', ...overrides, settings };
}

/** A user's past. */
export const given = specificationOf({
  initial: noAccount,
  evolve: evolveAccount,
  circumstances: circumstances(),
});

/** The past of a user, folded. */
export const accountOf = (...past: readonly Past<AccountEvent>[]) => fold(noAccount, evolveAccount, past);

type Evolve<State, Event> = (state: State, event: Event, at: Instant) => State;

interface Subject<State, Event, Facts> {
  readonly initial: State;
  readonly evolve: Evolve<State, Event>;
  /** For every `when` that brings none. */
  readonly circumstances: Facts;
}

/** A `given` for the streams of another noun. */
export function specificationOf<State, Event extends { readonly type: string }, Facts>(
  subject: Subject<State, Event, Facts>,
) {
  return (...past: readonly Past<Event>[]) => ({
    when<Command, Told extends Event, Refusal, Answer>(
      decide: (state: State, command: Command, facts: Facts) => Decision<Told, Refusal, Answer>,
      command: Command,
      facts: Facts = subject.circumstances,
    ) {
      const state = fold(subject.initial, subject.evolve, past);
      const untouched = structuredClone({ state, command });
      const decision = decide(state, command, facts);
      expect({ state, command }).toStrictEqual(untouched);
      return verdictOf(decision);
    },
  });
}

function verdictOf<Event, Refusal, Answer>(decision: Decision<Event, Refusal, Answer>) {
  const isDecided = (outcome: unknown, events: readonly Event[]) =>
    expect(decision).toStrictEqual({ events, outcome });
  return {
    decision,
    /** Accepted, with nothing to tell but these events. */
    // biome-ignore lint/suspicious/noThenProperty: specs are read aloud, and nobody awaits one.
    then: (...events: readonly Event[]) => isDecided({ kind: 'accepted', answer: null }, events),
    thenAnswers: (answer: Answer, ...events: readonly Event[]) =>
      isDecided({ kind: 'accepted', answer }, events),
    /** Refused; the events are those of the refusal, mostly none. */
    thenRejected: (refusal: Refusal, ...events: readonly Event[]) =>
      isDecided({ kind: 'rejected', refusal }, events),
  };
}

function fold<State, Event extends { readonly type: string }>(
  initial: State,
  evolve: Evolve<State, Event>,
  past: readonly Past<Event>[],
): State {
  return past.reduce<State>(
    (state, happened) =>
      'event' in happened ? evolve(state, happened.event, happened.at) : evolve(state, happened, before),
    initial,
  );
}
