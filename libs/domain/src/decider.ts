// What every decision looks like: events to append, and what to tell the caller once they are appended.

export interface Accepted<Answer> {
  readonly kind: 'accepted';
  readonly answer: Answer;
}

export interface Rejected<Refusal> {
  readonly kind: 'rejected';
  readonly refusal: Refusal;
}

/** A refusal may come with events: a wrong code is recorded in the append that refuses it. */
export interface Decision<Event, Refusal, Answer = null> {
  readonly events: readonly Event[];
  readonly outcome: Accepted<Answer> | Rejected<Refusal>;
}

export const accept = <Event>(...events: readonly Event[]): Decision<Event, never> => ({
  events,
  outcome: { kind: 'accepted', answer: null },
});

export const acceptWith = <Event, Answer>(
  answer: Answer,
  ...events: readonly Event[]
): Decision<Event, never, Answer> => ({ events, outcome: { kind: 'accepted', answer } });

export const reject = <Refusal, Event = never>(
  refusal: Refusal,
  ...events: readonly Event[]
): Decision<Event, Refusal, never> => ({ events, outcome: { kind: 'rejected', refusal } });

export function assertNever(missing: never): never {
  throw new TypeError(`a case was forgotten: ${JSON.stringify(missing)}`);
}
