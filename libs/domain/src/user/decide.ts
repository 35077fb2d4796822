// What may be done with a user. A user of another organization is unknown here, in the same words.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { Account } from '#domain/account/state.js';
import type { Rejected } from '#domain/decider.js';
import type { LoginKey, OrganizationId } from '#domain/ids.js';
import { type Human, isAlive, type LivingUser } from '#domain/user/state.js';

/** Unknown, removed, erased, or of another organization: nobody can tell which. */
export interface KnownRefusal {
  readonly code: 'user-not-found';
}

export type OrganizationRefusal =
  /** There is no such organization, or not any more. */
  | { readonly code: 'organization-not-found' }
  /** It was deactivated; nobody is added to it and nobody of it verifies anything. */
  | { readonly code: 'organization-not-active' };

export type UsableRefusal =
  | KnownRefusal
  /** Until an administrator unlocks the user. */
  | { readonly code: 'user-locked' }
  /** Until an administrator reactivates the user. */
  | { readonly code: 'user-inactive' }
  | OrganizationRefusal;

const refused = <Code extends string>(code: Code) => ({ kind: 'rejected', refusal: { code } }) as const;
const notFound = refused('user-not-found');
const locked = refused('user-locked');
const inactive = refused('user-inactive');
const organizationNotFound = refused('organization-not-found');
const organizationNotActive = refused('organization-not-active');

/** For what an administrator does: there is such a user in this organization, in whatever condition. */
export function known(account: Account, organizationId: OrganizationId): Rejected<KnownRefusal> | null {
  return living(account, organizationId) === null ? notFound : null;
}

/** For what a user proves: a locked, inactive, removed or erased user verifies nothing. */
export function usable(
  account: Account,
  organizationId: OrganizationId,
  circumstances: Circumstances,
): Rejected<UsableRefusal> | null {
  const user = living(account, organizationId);
  if (user === null) return notFound;
  if (user.status === 'locked') return locked;
  if (user.status === 'inactive') return inactive;
  return inOpenOrganization(circumstances);
}

/** Whether this user may be found by the login name of this key. */
export function holdsLoginKey({ user }: Account, key: LoginKey): boolean {
  return isAlive(user) && (user.usernameKey === key || (user.kind === 'human' && holdsEmailKey(user, key)));
}

function holdsEmailKey(human: Human, key: LoginKey): boolean {
  return human.emailVerification.status === 'verified' && human.emailKey === key;
}

function living({ user }: Account, organizationId: OrganizationId): LivingUser | null {
  return isAlive(user) && user.organizationId === organizationId ? user : null;
}

function inOpenOrganization({ organization }: Circumstances): Rejected<OrganizationRefusal> | null {
  switch (organization) {
    case 'active':
      return null;
    case 'inactive':
      return organizationNotActive;
    case 'removed':
    case 'unknown':
      return organizationNotFound;
  }
}
