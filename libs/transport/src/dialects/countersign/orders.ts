// What an operator orders: written down, then carried out, so that nothing was done that the log does not tell of.

import type { Details, Refused } from '#application/caller.js';
import { GiveOrder } from '#application/instance/give-order.js';
import type { OperatorOrder } from '#domain/instance/events.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { type Call, refused } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

export interface Ordering<Answer> {
  readonly order: OperatorOrder;
  /** Why it cannot be carried out now; null where it can. A repeat of what was carried out is told so nevertheless. */
  readonly refusal: CallRefusal | null;
  readonly carryOut: (isRepeat: boolean) => Promise<Answer>;
}

export interface Ordered<Answer> {
  readonly kind: 'accepted';
  readonly details: Details;
  /** Null for a repeat of what was carried out before. */
  readonly answer: Answer | null;
  readonly repeated?: true;
}

const contended: CallRefusal = { code: 'contended' };

export async function carryOut<Answer>(
  { run }: Parts,
  { by }: Call,
  { order, refusal, carryOut: work }: Ordering<Answer>,
): Promise<Ordered<Answer> | Refused<CallRefusal>> {
  if (refusal !== null && (by.idempotency ?? null) === null) return refused(refusal);
  const given = await run(new GiveOrder({ order, by }));
  if (given.kind === 'rejected') return given;
  const isRepeat = given.repeated === true;
  if (refusal !== null) return isRepeat ? { ...given, answer: null } : refused(refusal);
  try {
    return { ...given, answer: await work(isRepeat) };
  } catch (error) {
    // Somebody else was there in between.
    if (error instanceof Error && error.name === 'OrderRefused') return refused(contended);
    throw error;
  }
}
