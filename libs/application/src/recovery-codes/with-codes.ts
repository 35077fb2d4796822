// Recovery codes in the append of what they belong to: an app that is confirmed without the codes that its user was
// promised would leave it without a way back where the second of two calls never came.

import { type MadeRecoveryCodes, makeRecoveryCodes } from '#application/recovery-codes/made.js';
import type { UserContext } from '#application/users.js';
import type { AccountEvent } from '#domain/account/events.js';
import { type Account, accountAfter } from '#domain/account/state.js';
import type { Decision } from '#domain/decider.js';
import type { OrganizationId } from '#domain/ids.js';
import { generateRecoveryCodes } from '#domain/recovery-codes/decide.js';

type Making = Parameters<typeof makeRecoveryCodes>[1];

/** Null where none are wanted. */
export type Codes = () => Promise<MadeRecoveryCodes | null>;

/** Hashed when they are first asked for, and once: whoever loses a race decides again, and must not hash again. */
export function codesOnce(count: number | null, secrets: Making): Codes {
  let made: Promise<MadeRecoveryCodes> | null = null;
  return async () => {
    if (count === null) return null;
    made ??= makeRecoveryCodes(count, secrets);
    return made;
  };
}

export interface WithCodes {
  /** Told once; null where none were wanted. */
  readonly recoveryCodes: readonly string[] | null;
}

interface Around {
  readonly account: Account;
  readonly organizationId: OrganizationId;
  readonly context: UserContext;
  /** They count from the confirmation of the registration that is under way then. */
  readonly withPending: boolean;
}

/** Of what is refused none are made. */
export async function withRecoveryCodes<Event extends AccountEvent, Refusal, Answer>(
  decision: Decision<Event, Refusal, Answer>,
  codesOf: Codes,
  { account, organizationId, context, withPending }: Around,
): Promise<Decision<AccountEvent, Refusal, Answer & WithCodes>> {
  const { events, outcome } = decision;
  if (outcome.kind === 'rejected') return { events, outcome };
  const made = await codesOf();
  const accepted = {
    kind: 'accepted',
    answer: { ...outcome.answer, recoveryCodes: made?.texts ?? null },
  } as const;
  if (made === null) return { events, outcome: accepted };
  const after = accountAfter(account, events, context.now);
  const generated = generateRecoveryCodes(after, { organizationId, codes: made.codes, withPending }, context);
  if (generated.outcome.kind === 'rejected') throw new TypeError(generated.outcome.refusal.code);
  return { events: [...events, ...generated.events], outcome: accepted };
}
