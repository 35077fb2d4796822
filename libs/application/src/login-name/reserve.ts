// A login name is claimed, then its user's stream says so, then the claim is confirmed. Whatever is cut
// short between these is found out by the next one who wants the name: it asks the holder's own stream.

import type { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { acceptAgain, type NotExecuted } from '#application/execute.js';
import { unkeyed } from '#application/idempotency.js';
import { isThere } from '#application/surroundings.js';
import type { Decision } from '#domain/decider.js';
import type { Instant, LoginKey, OrganizationId, UserId } from '#domain/ids.js';
import { type ClaimRefusal, claim, confirm, release } from '#domain/login-name/decide.js';
import type { LoginNameEvent } from '#domain/login-name/events.js';
import type { LoginNameState } from '#domain/login-name/state.js';
import { holdsLoginKey } from '#domain/user/decide.js';
import { isAlive } from '#domain/user/state.js';

export interface Reservation {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly by: Caller;
  /** Different ones. */
  readonly keys: readonly LoginKey[];
}

/** All of them or none. Null when they are claimed. */
export async function claimNames(
  application: Application,
  { keys, ...reservation }: Reservation,
): Promise<ClaimRefusal | NotExecuted | null> {
  for (const [index, key] of keys.entries()) {
    const outcome = await onName(application, { ...reservation, key }, (name, holderHolds, now) =>
      claim(name, { ...reservation, holderHolds }, { now }),
    );
    if (outcome.kind === 'accepted') continue;
    await releaseNames(application, { ...reservation, keys: keys.slice(0, index) });
    return outcome.refusal;
  }
  return null;
}

/** False when one of them was taken over meanwhile: whoever rests on it has to be undone. */
export async function confirmNames(
  application: Application,
  { keys, ...reservation }: Reservation,
): Promise<boolean> {
  for (const key of keys) {
    const outcome = await onName(application, { ...reservation, key }, (name) => confirm(name, reservation));
    if (outcome.kind === 'rejected' && outcome.refusal.code === 'login-name-lost') return false;
  }
  return true;
}

/** What the user's own stream still holds stays. */
export async function releaseNames(
  application: Application,
  { keys, ...reservation }: Reservation,
): Promise<void> {
  for (const key of keys) {
    await onName(application, { ...reservation, key }, (name, holderHolds) =>
      release(name, { ...reservation, holderHolds }),
    );
  }
}

type OneName = Omit<Reservation, 'keys'> & { readonly key: LoginKey };

function onName<Refusal>(
  application: Application,
  { key, organizationId, by }: OneName,
  decide: (name: LoginNameState, holderHolds: boolean, now: Instant) => Decision<LoginNameEvent, Refusal>,
) {
  return application.loginNames.commands.execute<Refusal, null>({
    stream: `login-${key}`,
    by: unkeyed(by),
    resourceOwner: organizationId,
    decide: async (name, now) => decide(name, await isHeld(application, name, key), now),
    recall: acceptAgain,
  });
}

async function isHeld(application: Application, name: LoginNameState, key: LoginKey): Promise<boolean> {
  if (name.status === 'free') return false;
  const { state } = await application.accounts.streams.fresh(application.userStream(name.userId));
  const { user } = state;
  if (!isAlive(user) || !holdsLoginKey(state, key)) return false;
  return isThere(await application.surroundings.of(user.organizationId));
}
