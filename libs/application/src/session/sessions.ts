// What every command on a session has in common: the instance that owns it, and the keys of whom it is about.

import type { Application } from '#application/application.js';
import type { Outcome } from '#application/caller.js';
import type { NotExecuted } from '#application/execute.js';
import type { UnreadProof } from '#application/proof.js';
import type { Busy } from '#application/recovery-codes/compare.js';
import { Sealer } from '#application/sealer.js';
import type { CheckRefusal } from '#application/session/checks.js';
import type { Somebody } from '#application/session/find-user.js';
import { instanceStream } from '#application/surroundings.js';
import { nameOfUser } from '#application/user/user-stream.js';
import type { InvalidInput } from '#application/violations.js';
import type { Rejected } from '#domain/decider.js';
import type { OrganizationId, Sealed } from '#domain/ids.js';
import type { NotSetUp } from '#domain/instance/decide.js';
import type { Settings } from '#domain/organization/settings.js';
import type { SealedOf } from '#domain/session/events.js';
import type { KnownRefusal, UsableRefusal } from '#domain/user/decide.js';

/** What whatever is shown for a user may be refused with. */
export type LoginRefusal = CheckRefusal | UsableRefusal | UnreadProof | Busy;

export type SessionOutcome<Answer, Refusal> = Outcome<
  Answer,
  Refusal | NotSetUp | NotExecuted | InvalidInput
>;

/** Its id, which is what the events of sessions stand under. */
export async function instanceOf(
  application: Application,
): Promise<{ readonly kind: 'instance'; readonly instanceId: string } | Rejected<NotSetUp>> {
  const { state } = await application.instance.streams.get(instanceStream);
  if (state.status === 'unknown') return { kind: 'rejected', refusal: { code: 'instance-not-set-up' } };
  return { kind: 'instance', instanceId: state.instanceId };
}

/** Of an organization, or of the instance where there is none. */
export async function settingsFor(
  application: Application,
  organizationId: OrganizationId | null,
): Promise<Settings> {
  if (organizationId === null) return application.surroundings.inherited();
  return (await application.surroundings.of(organizationId)).settings;
}

const userGone: Rejected<KnownRefusal> = { kind: 'rejected', refusal: { code: 'user-not-found' } };

/** A user whose key is gone is being erased, whatever the stream says so far. */
export async function sealerOf(
  application: Application,
  { userStream, organizationId }: Pick<Somebody, 'userStream' | 'organizationId'>,
): Promise<{ readonly kind: 'sealer'; readonly sealer: Sealer } | Rejected<KnownRefusal>> {
  const { secrets } = application.parts;
  const key = await secrets.keys.get(userStream);
  if (key === null) return userGone;
  return { kind: 'sealer', sealer: new Sealer(secrets, key, organizationId) };
}

export const sealedOf = (somebody: Somebody, sealed: Sealed): SealedOf => ({
  user: nameOfUser(somebody),
  organizationId: somebody.organizationId,
  sealed,
});
