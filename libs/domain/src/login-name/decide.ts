// Who may use a login name. Its stream alone says so; the streams of users are only looked at to find out
// whether a present holder is still one, so that a crash between two appends leaves no name stuck.

import type { Circumstances } from '#domain/account/circumstances.js';
import { accept, type Decision, reject } from '#domain/decider.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { LoginNameEvent } from '#domain/login-name/events.js';
import { evolveLoginName, isHeldBy, type LoginNameState } from '#domain/login-name/state.js';
import {
  type PasswordBoundRefusal,
  type PasswordWrong,
  passwordBound,
  passwordWrong,
} from '#domain/password/bounds.js';

/** Many times what it takes to add a user and confirm, so that only who was cut short loses a claim. */
export const claimSeconds = 60;

export type ClaimRefusal =
  /** Another user has it. */
  | { readonly code: 'login-name-taken' }
  /** Another user is about to have it, or was cut short on the way; from `retryAt` on that is settled. */
  | { readonly code: 'login-name-claimed'; readonly retryAt: Instant };

export type ConfirmRefusal =
  /** The claim came too late and was taken over, or was released: whoever rests on it has to be undone. */
  { readonly code: 'login-name-lost' };

/** Whether the stream of the user who has the name by its own stream says that this user has it. */
interface HolderFact {
  readonly holderHolds: boolean;
}

interface OfUser {
  readonly userId: UserId;
}

export interface Claim extends OfUser, HolderFact {
  readonly organizationId: OrganizationId;
}

/** Who claims again what is confirmed but given up is recorded, so that a late release finds the claim and not the past. */
export function claim(
  name: LoginNameState,
  { userId, organizationId, holderHolds }: Claim,
  { now }: { readonly now: Instant },
): Decision<LoginNameEvent, ClaimRefusal> {
  if (isHeldBy(name, userId) && (holderHolds || name.status === 'claimed')) return accept();
  if (isHeldByOther(name, userId)) {
    if (holderHolds) return reject({ code: 'login-name-taken' });
    if (name.status === 'claimed' && isFresh(name.since, now))
      return reject({ code: 'login-name-claimed', retryAt: name.since + claimSeconds * 1_000 });
  }
  return accept({ type: 'login.claimed', userId, organizationId });
}

export function confirm(name: LoginNameState, { userId }: OfUser): Decision<LoginNameEvent, ConfirmRefusal> {
  if (!isHeldBy(name, userId)) return reject({ code: 'login-name-lost' });
  return name.status === 'confirmed' ? accept() : accept({ type: 'login.confirmed', userId });
}

/** Whoever still has the name, as a verified email perhaps after it was a username, keeps it. */
export function release(
  name: LoginNameState,
  { userId, holderHolds }: OfUser & HolderFact,
): Decision<LoginNameEvent, never> {
  return isHeldBy(name, userId) && !holderHolds ? accept({ type: 'login.released', userId }) : accept();
}

type PasswordFacts = Pick<Circumstances, 'now' | 'settings'>;

/** Why a password for a name that nobody has would not be looked at, were the name somebody's. */
export const passwordUncompared = (
  { wrongPasswords }: LoginNameState,
  facts: PasswordFacts,
): PasswordBoundRefusal | null => passwordBound(wrongPasswords, facts);

/** A password for a name that nobody has: the verdict, and what it leaves, are those of a wrong one. */
export function refusePassword(
  name: LoginNameState,
  facts: PasswordFacts,
): Decision<LoginNameEvent, PasswordBoundRefusal | PasswordWrong> {
  const refusal = passwordUncompared(name, facts);
  if (refusal !== null) return reject(refusal);
  const failed = { type: 'login.password.check.failed' } as const;
  const { wrongPasswords } = evolveLoginName(name, failed, facts.now);
  return reject(passwordWrong(wrongPasswords, facts), failed);
}

const isHeldByOther = (name: LoginNameState, userId: UserId) =>
  name.status !== 'free' && name.userId !== userId;

/** A claim from far in the future is none: the clock was set back, and nobody should wait until it is there again. */
const isFresh = (since: Instant, now: Instant) => Math.abs(now - since) < claimSeconds * 1_000;
