// What may be done with a user. A user of another organization is unknown here, in the same words. What is
// sealed is the same only when its sealed text is: whoever seals an unchanged value passes on the old text.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { accept, type Decision, type Rejected, reject } from '#domain/decider.js';
import type { Instant, LoginKey, OrganizationId, Sealed } from '#domain/ids.js';
import type { OwnerCircumstances } from '#domain/instance/ownership.js';
import { type LastOwner, lastOwner } from '#domain/organization/decide-members.js';
import type { TotpEvent } from '#domain/totp/events.js';
import type { UserEvent } from '#domain/user/events.js';
import { type Human, isAlive, type LivingUser, type Machine } from '#domain/user/state.js';

export interface KnownRefusal {
  /** Unknown, removed, erased, or of another organization: nobody can tell which. */
  readonly code: 'user-not-found';
}

export type OrganizationRefusal =
  /** There is no such organization, or not any more. */
  | { readonly code: 'organization-not-found' }
  /** It was deactivated: nobody is added to it and nobody of it verifies anything. */
  | { readonly code: 'organization-not-active' };

export type UsableRefusal =
  | KnownRefusal
  /** Until an administrator unlocks the user. */
  | { readonly code: 'user-locked' }
  /** Until an administrator reactivates the user. */
  | { readonly code: 'user-inactive' }
  | OrganizationRefusal;

export type AddRefusal =
  | OrganizationRefusal
  /** The id was given before, here or in another organization, and is never given again. */
  | { readonly code: 'user-already-exists' };

export type HumanRefusal =
  | KnownRefusal
  /** A machine has no such thing. */
  | { readonly code: 'user-not-human' };

export type MachineRefusal =
  | KnownRefusal
  /** A human has no such thing. */
  | { readonly code: 'user-not-machine' };

export type LockRefusal =
  | KnownRefusal
  /** There is nothing left to lock. */
  | { readonly code: 'user-already-locked' }
  /** Only an active user can be locked. */
  | { readonly code: 'user-inactive' }
  | LastOwner;

export type UnlockRefusal =
  | KnownRefusal
  /** There is nothing to unlock. */
  | { readonly code: 'user-not-locked' };

export type DeactivateRefusal =
  | KnownRefusal
  /** There is nothing left to deactivate. */
  | { readonly code: 'user-already-inactive' }
  | LastOwner;

export type RemoveRefusal = KnownRefusal | LastOwner;

export type ReactivateRefusal =
  | KnownRefusal
  /** There is nothing to reactivate; a locked user is unlocked instead. */
  | { readonly code: 'user-not-inactive' };

/** A user is always addressed together with the organization that it is said to belong to. */
export interface OfUser {
  readonly organizationId: OrganizationId;
}

export interface AddMachine extends OfUser {
  readonly userId: Sealed;
  readonly username: Sealed;
  readonly usernameKey: LoginKey;
  readonly profile: Sealed;
}

export interface AddHuman extends AddMachine {
  readonly email: Sealed;
  readonly emailKey: LoginKey;
  readonly emailVerified: boolean;
  readonly phone: Sealed | null;
  /** Left aside when the address is verified already. */
  readonly code: EmailCode | null;
  /** The seed of a user who was enrolled elsewhere. */
  readonly totp: ImportedTotp | null;
}

export interface EmailCode {
  readonly code: Sealed;
  readonly expiresAt: Instant;
}

export type ImportedTotp = Omit<Extract<TotpEvent, { type: 'user.human.mfa.otp.imported' }>, 'type'>;

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

/** Why nobody can be added here by this id; it can be asked before anything is made ready for it. */
export function notAddable(
  { user }: Account,
  circumstances: Pick<Circumstances, 'organization'>,
): AddRefusal | null {
  const closed = inOpenOrganization(circumstances);
  if (closed !== null) return closed.refusal;
  return user.status === 'unknown' ? null : { code: 'user-already-exists' };
}

/** Whether this user may be found by the login name of this key. */
export function holdsLoginKey({ user }: Account, key: LoginKey): boolean {
  return isAlive(user) && (user.usernameKey === key || (user.kind === 'human' && holdsEmailKey(user, key)));
}

export function addHuman(
  account: Account,
  command: AddHuman,
  circumstances: Circumstances,
): Decision<AccountEvent, AddRefusal> {
  const refusal = notAddable(account, circumstances);
  if (refusal !== null) return reject(refusal);
  const { code, totp, emailVerified } = command;
  const events: AccountEvent[] = [humanAdded(command)];
  if (code !== null && !emailVerified) events.push(emailCodeAdded(code));
  if (totp !== null) events.push(totpImported(totp));
  return accept(...events);
}

export function addMachine(
  account: Account,
  command: AddMachine,
  circumstances: Circumstances,
): Decision<UserEvent, AddRefusal> {
  const refusal = notAddable(account, circumstances);
  if (refusal !== null) return reject(refusal);
  const { userId, organizationId, username, usernameKey, profile } = command;
  return accept({ type: 'user.machine.added', userId, organizationId, username, usernameKey, profile });
}

export function changeUsername(
  account: Account,
  { organizationId, username, usernameKey }: OfUser & Pick<AddMachine, 'username' | 'usernameKey'>,
): Decision<UserEvent, KnownRefusal> {
  const user = living(account, organizationId);
  if (user === null) return reject(notFound.refusal);
  if (user.username === username) return accept();
  return accept({ type: 'user.username.changed', username, usernameKey });
}

export function changeHumanProfile(
  account: Account,
  { organizationId, profile }: OfUser & { readonly profile: Sealed },
): Decision<UserEvent, HumanRefusal> {
  const human = livingHuman(account, organizationId);
  if (human.kind === 'rejected') return reject(human.refusal);
  return human.profile === profile ? accept() : accept({ type: 'user.human.profile.changed', profile });
}

export function changeMachine(
  account: Account,
  { organizationId, profile }: OfUser & { readonly profile: Sealed },
): Decision<UserEvent, MachineRefusal> {
  const machine = livingMachine(account, organizationId);
  if (machine.kind === 'rejected') return reject(machine.refusal);
  return machine.profile === profile ? accept() : accept({ type: 'user.machine.changed', profile });
}

export function changePhone(
  account: Account,
  { organizationId, phone }: OfUser & { readonly phone: Sealed },
): Decision<UserEvent, HumanRefusal> {
  const human = livingHuman(account, organizationId);
  if (human.kind === 'rejected') return reject(human.refusal);
  return human.phone === phone ? accept() : accept({ type: 'user.human.phone.changed', phone });
}

export function removePhone(account: Account, { organizationId }: OfUser): Decision<UserEvent, HumanRefusal> {
  const human = livingHuman(account, organizationId);
  if (human.kind === 'rejected') return reject(human.refusal);
  return human.phone === null ? accept() : accept({ type: 'user.human.phone.removed' });
}

export function deactivate(
  account: Account,
  { organizationId }: OfUser,
  { ownership }: OwnerCircumstances,
): Decision<UserEvent, DeactivateRefusal> {
  const user = living(account, organizationId);
  if (user === null) return reject(notFound.refusal);
  if (user.status === 'inactive') return reject({ code: 'user-already-inactive' });
  if (ownership === 'ends') return reject(lastOwner);
  return accept({ type: 'user.deactivated' });
}

export function reactivate(
  account: Account,
  { organizationId }: OfUser,
): Decision<UserEvent, ReactivateRefusal> {
  const user = living(account, organizationId);
  if (user === null) return reject(notFound.refusal);
  if (user.status !== 'inactive') return reject({ code: 'user-not-inactive' });
  return accept({ type: 'user.reactivated' });
}

export function lock(
  account: Account,
  { organizationId }: OfUser,
  { ownership }: OwnerCircumstances,
): Decision<UserEvent, LockRefusal> {
  const user = living(account, organizationId);
  if (user === null) return reject(notFound.refusal);
  if (user.status === 'locked') return reject({ code: 'user-already-locked' });
  if (user.status === 'inactive') return reject(inactive.refusal);
  if (ownership === 'ends') return reject(lastOwner);
  return accept({ type: 'user.locked' });
}

export function unlock(account: Account, { organizationId }: OfUser): Decision<UserEvent, UnlockRefusal> {
  const user = living(account, organizationId);
  if (user === null) return reject(notFound.refusal);
  if (user.status !== 'locked') return reject({ code: 'user-not-locked' });
  return accept({ type: 'user.unlocked' });
}

export function remove(
  account: Account,
  { organizationId }: OfUser,
  { ownership }: OwnerCircumstances,
): Decision<UserEvent, RemoveRefusal> {
  if (living(account, organizationId) === null) return reject(notFound.refusal);
  if (ownership === 'ends') return reject(lastOwner);
  return accept({ type: 'user.removed' });
}

/** May be asked again after it was done, so that whoever deletes the key can finish what was cut short. */
export function erase(
  { user }: Account,
  { organizationId }: OfUser,
  { ownership }: OwnerCircumstances,
): Decision<UserEvent, RemoveRefusal> {
  if (user.status === 'unknown' || user.organizationId !== organizationId) return reject(notFound.refusal);
  if (user.status === 'erased') return accept();
  if (user.status === 'removed') return accept({ type: 'user.erased' });
  if (ownership === 'ends') return reject(lastOwner);
  return accept({ type: 'user.removed' }, { type: 'user.erased' });
}

export const emailCodeAdded = ({ code, expiresAt }: EmailCode): UserEvent => ({
  type: 'user.human.email.code.added',
  code,
  expiresAt,
});

/** The human that is addressed, or why there is none. */
export function livingHuman(
  account: Account,
  organizationId: OrganizationId,
): Human | Rejected<HumanRefusal> {
  const user = living(account, organizationId);
  if (user === null) return notFound;
  return user.kind === 'human' ? user : refused('user-not-human');
}

/** The machine that is addressed, or why there is none. */
export function livingMachine(
  account: Account,
  organizationId: OrganizationId,
): Machine | Rejected<MachineRefusal> {
  const user = living(account, organizationId);
  if (user === null) return notFound;
  return user.kind === 'machine' ? user : refused('user-not-machine');
}

// Events are made field by field: what else a command may carry stays out of the log.

function humanAdded(command: AddHuman): UserEvent {
  const { userId, organizationId, username, usernameKey, profile } = command;
  const { email, emailKey, emailVerified, phone } = command;
  const name = { userId, organizationId, username, usernameKey, profile };
  return { type: 'user.human.added', ...name, email, emailKey, emailVerified, phone };
}

function totpImported({ totpId, name, secret, parameters }: ImportedTotp): TotpEvent {
  return { type: 'user.human.mfa.otp.imported', totpId, name, secret, parameters };
}

function living({ user }: Account, organizationId: OrganizationId): LivingUser | null {
  return isAlive(user) && user.organizationId === organizationId ? user : null;
}

function holdsEmailKey(human: Human, key: LoginKey): boolean {
  return human.emailVerification.status === 'verified' && human.emailKey === key;
}

function inOpenOrganization({
  organization,
}: Pick<Circumstances, 'organization'>): Rejected<OrganizationRefusal> | null {
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
