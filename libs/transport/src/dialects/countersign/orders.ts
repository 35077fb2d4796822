// What an operator orders: written down, then carried out, so that nothing was done that the log does not tell of.

import type { Details, Refused } from '#application/caller.js';
import { GiveOrder } from '#application/instance/give-order.js';
import { givenBefore, isOvertaken } from '#application/instance/given-before.js';
import type { OperatorOrder } from '#domain/instance/events.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { type Call, refused } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

export const readingProjections = { of: 'instance', permission: 'instance.projection.read' } as const;
export const changingProjections = { of: 'instance', permission: 'instance.projection.write' } as const;

export interface Ordering<Answer> {
  readonly order: OperatorOrder;
  /** Why it cannot be carried out now; null where it can. A repeat of what was carried out is told so nevertheless. */
  readonly refusal: CallRefusal | null;
  /** What a repeat of it finds done, besides what the log tells. */
  readonly isDone?: boolean;
  /** What it is refused as where somebody else was there in between. */
  readonly late?: CallRefusal;
  readonly carryOut: () => Promise<Answer | Refused<CallRefusal>>;
}

export interface Ordered<Answer> {
  readonly kind: 'accepted';
  readonly details: Details;
  /** Null for a repeat of what was carried out before, or taken back since. */
  readonly answer: Answer | null;
  readonly repeated?: true;
}

type Carried<Answer> = Ordered<Answer> | Refused<CallRefusal>;

const contended: CallRefusal = { code: 'contended' };
const turnOfReplays = 'replays';

/** For what must not begin twice: the next one is looked at when this one is done. */
export async function inReplayTurn<Answer>(
  { application: { ordersTurns } }: Parts,
  work: () => Promise<Answer>,
): Promise<Answer | Refused<CallRefusal>> {
  const turn = ordersTurns.take(turnOfReplays);
  if (turn === 'full') return refused(contended);
  await turn;
  try {
    return await work();
  } finally {
    ordersTurns.pass(turnOfReplays);
  }
}

export async function carryOut<Answer>(
  { application, run }: Parts,
  { by }: Call,
  ordering: Ordering<Answer>,
): Promise<Carried<Answer>> {
  const { order, refusal, isDone = false } = ordering;
  const before = await givenBefore(application, by);
  if (before?.kind === 'rejected') return before;
  if (before !== null) {
    const given = { kind: 'accepted', details: before.details, repeated: true } as const;
    const isLeft = refusal === null && !isDone && !isOvertaken(order, before.since);
    return isLeft ? carriedOut(given, ordering) : { ...given, answer: null };
  }
  if (refusal !== null) return refused(refusal);
  const given = await run(new GiveOrder({ order, by }));
  if (given.kind === 'rejected') return given;
  // Another server was given it in between, and does it.
  return given.repeated === true ? given : carriedOut(given, ordering);
}

async function carriedOut<Answer>(
  given: Omit<Ordered<Answer>, 'answer'>,
  { carryOut: work, late = contended }: Ordering<Answer>,
): Promise<Carried<Answer>> {
  try {
    const answer = await work();
    return isRefused(answer) ? answer : { ...given, answer };
  } catch (error) {
    if (error instanceof Error && error.name === 'OrderRefused') return refused(late);
    throw error;
  }
}

const isRefused = (answer: unknown): answer is Refused<CallRefusal> =>
  typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === 'rejected';
