// What a user can be found by, and what becomes of a name that was somebody else's before it could be confirmed.

import type { Account } from '#domain/account/state.js';
import { accept, type Decision, reject } from '#domain/decider.js';
import type { LoginKey } from '#domain/ids.js';
import { type KnownRefusal, known, type OfUser } from '#domain/user/decide.js';
import type { UserEvent } from '#domain/user/events.js';
import { isAlive, type LivingUser, type UserState } from '#domain/user/state.js';

export interface ReturnName extends OfUser {
  /** Of the name that was lost. */
  readonly key: LoginKey;
  /** The user before the name was. */
  readonly before: LivingUser;
}

/** Of each name that the user can be found by, but once. */
export function loginKeysOf(user: UserState): readonly LoginKey[] {
  if (!isAlive(user)) return [];
  const keys = [user.usernameKey, verifiedEmailKeyOf(user)];
  return [...new Set(keys.filter((key) => key !== null))];
}

/** Takes back what gave the user this name. Who has another one by now keeps that. */
export function returnName(
  account: Account,
  { organizationId, key, before }: ReturnName,
): Decision<UserEvent, KnownRefusal> {
  const { user } = account;
  const unknown = known(account, organizationId);
  if (unknown !== null || !isAlive(user)) return reject({ code: 'user-not-found' });
  const events: UserEvent[] = [];
  if (user.usernameKey === key && before.usernameKey !== key) {
    const { username, usernameKey } = before;
    events.push({ type: 'user.username.changed', username, usernameKey });
  }
  const beforeKey = verifiedEmailKeyOf(before);
  if (before.kind === 'human' && verifiedEmailKeyOf(user) === key && beforeKey !== key) {
    const { email, emailKey } = before;
    events.push({ type: 'user.human.email.changed', email, emailKey, verified: beforeKey !== null });
  }
  return accept(...events);
}

const verifiedEmailKeyOf = (user: LivingUser): LoginKey | null =>
  user.kind === 'human' && user.emailVerification.status === 'verified' ? user.emailKey : null;
