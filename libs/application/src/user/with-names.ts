// A change by which a user may come to be found by another name, or by none: a name that is gained is claimed
// before the change is appended and confirmed afterwards, and what is given up is free only then.

import type { Application } from '#application/application.js';
import type { NotExecuted } from '#application/execute.js';
import { undoing } from '#application/idempotency.js';
import { claimNames, confirmNames, releaseNames } from '#application/login-name/reserve.js';
import {
  type Decide,
  type Deed,
  deedOf,
  executeForUser,
  type UserCommand,
  type UserOutcome,
} from '#application/users.js';
import { type Account, accountAfter } from '#domain/account/state.js';
import { reject } from '#domain/decider.js';
import type { LoginKey } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { loginKeysOf, returnName } from '#domain/user/decide-names.js';
import { isAlive, type LivingUser } from '#domain/user/state.js';

type Named<Answer, Refusal> = Promise<UserOutcome<Answer, Refusal | ClaimRefusal>>;

export function executeWithNames<Refusal, Answer extends null = null>(
  application: Application,
  command: UserCommand,
  decide: Decide<Refusal, Answer>,
): Named<Answer, Refusal>;
export function executeWithNames<Refusal, Answer>(
  application: Application,
  command: UserCommand,
  deed: Deed<Refusal, Answer>,
): Named<Answer, Refusal>;
/** Claims are made only for what is decided to happen: who may not have the name does not learn whose it is. */
export async function executeWithNames<Refusal, Answer>(
  application: Application,
  { organizationId, userId, by }: UserCommand,
  doing: Decide<Refusal, Answer> | Deed<Refusal, Answer>,
): Named<Answer, Refusal> {
  const { decide, recall, isDear, guesses } = deedOf(doing);
  const command = { organizationId, userId, by };
  const claimed = new Set<LoginKey>();
  let change: NameChange = { before: null, gained: [], lost: [] };
  const outcome = await executeForUser<Refusal | ClaimRefusal | NotExecuted, Answer>(application, command, {
    decide: async (account, context) => {
      const decision = await decide(account, context);
      if (decision.outcome.kind === 'rejected') return decision;
      const after = accountAfter(account, decision.events, context.now);
      change = changeOf(account, after);
      const taken = await claimNames(application, { ...command, keys: change.gained });
      if (taken !== null) return reject(taken);
      for (const key of change.gained) claimed.add(key);
      return decision;
    },
    recall,
    isDear,
    guesses,
  });
  if (outcome.kind === 'rejected') {
    await releaseNames(application, { ...command, keys: [...claimed] });
    return outcome;
  }
  return (await settle(application, command, change)) ? outcome : refusedTaken;
}

const refusedTaken = { kind: 'rejected', refusal: { code: 'login-name-taken' } } as const;

interface NameChange {
  readonly before: LivingUser | null;
  readonly gained: readonly LoginKey[];
  readonly lost: readonly LoginKey[];
}

function changeOf({ user: before }: Account, { user: after }: Account): NameChange {
  const [held, kept] = [loginKeysOf(before), loginKeysOf(after)];
  return {
    before: isAlive(before) ? before : null,
    gained: kept.filter((key) => !held.includes(key)),
    lost: held.filter((key) => !kept.includes(key)),
  };
}

/** False when what was appended came too late for its name, and was taken back. */
async function settle(
  application: Application,
  command: UserCommand,
  { before, gained, lost }: NameChange,
): Promise<boolean> {
  for (const key of gained) {
    if (await isConfirmed(application, command, key)) continue;
    if (before !== null && (await isReturned(application, command, { key, before }))) return false;
  }
  await releaseNames(application, { ...command, keys: lost });
  return true;
}

/** A claim that got lost to nobody, as to a late release of this user's own, is made anew. */
async function isConfirmed(application: Application, command: UserCommand, key: LoginKey): Promise<boolean> {
  const reservation = { ...command, keys: [key] };
  if (await confirmNames(application, reservation)) return true;
  if ((await claimNames(application, reservation)) !== null) return false;
  const confirmed = await confirmNames(application, reservation);
  // Where the user has yet another name by now, this one is wanted no more.
  await releaseNames(application, reservation);
  return confirmed;
}

/** Whether the user still had the name: a later change, or the user's end, may have come first. */
async function isReturned(
  application: Application,
  command: UserCommand,
  lost: { readonly key: LoginKey; readonly before: LivingUser },
): Promise<boolean> {
  let had = false;
  await executeForUser(application, { ...command, by: undoing(command.by) }, (account) => {
    const decision = returnName(account, { ...command, ...lost });
    had = decision.events.length > 0;
    return decision;
  });
  return had;
}
