import type { AccountEvent } from '#domain/account/events.js';
import type { Instant, LoginKey, OrganizationId, Sealed } from '#domain/ids.js';
import type { UserEvent } from '#domain/user/events.js';

export type UserState =
  | { readonly status: 'unknown' }
  | LivingUser
  | { readonly status: 'removed'; readonly organizationId: OrganizationId }
  | { readonly status: 'erased'; readonly organizationId: OrganizationId };

export type LivingUser = Human | Machine;

export interface Human extends Named {
  readonly kind: 'human';
  readonly email: Sealed;
  readonly emailKey: LoginKey;
  readonly emailVerification: EmailVerification;
  readonly phone: Sealed | null;
}

export interface Machine extends Named {
  readonly kind: 'machine';
}

interface Named {
  readonly status: 'active' | 'inactive' | 'locked';
  /** Streams are not named after ids that were brought along. Null where it was not yet written down. */
  readonly userId: Sealed | null;
  readonly organizationId: OrganizationId;
  readonly username: Sealed;
  readonly usernameKey: LoginKey;
  readonly profile: Sealed;
  readonly createdAt: Instant;
}

export type EmailVerification =
  | { readonly status: 'verified' }
  | { readonly status: 'unverified' }
  | {
      readonly status: 'awaiting-code';
      readonly code: Sealed;
      readonly expiresAt: Instant;
      /** Wrong guesses at this code. */
      readonly failures: number;
    };

export const noUser: UserState = { status: 'unknown' };

const verified: EmailVerification = { status: 'verified' };
const unverified: EmailVerification = { status: 'unverified' };

export function evolveUser(state: UserState, event: AccountEvent, at: Instant): UserState {
  switch (event.type) {
    case 'user.human.added':
      return newHuman(event, at);
    case 'user.machine.added':
      return newMachine(event, at);
    case 'user.username.changed':
    case 'user.human.profile.changed':
    case 'user.machine.changed':
    case 'user.human.email.changed':
    case 'user.human.email.code.added':
    case 'user.human.email.verified':
    case 'user.human.email.verification.failed':
    case 'user.human.phone.changed':
    case 'user.human.phone.removed':
    case 'user.deactivated':
    case 'user.reactivated':
    case 'user.locked':
    case 'user.unlocked':
      return isAlive(state) ? evolveLiving(state, event) : state;
    case 'user.removed':
      return isAlive(state) ? { status: 'removed', organizationId: state.organizationId } : state;
    case 'user.erased':
      return state.status === 'unknown' ? state : { status: 'erased', organizationId: state.organizationId };
    default:
      // What other nouns tell changes nothing here; an event of this noun that is forgotten does not compile.
      event satisfies Exclude<AccountEvent, UserEvent>;
      return state;
  }
}

/** Neither unknown nor gone; it may be locked or inactive. */
export function isAlive(user: UserState): user is LivingUser {
  return user.status === 'active' || user.status === 'inactive' || user.status === 'locked';
}

type Added = Extract<UserEvent, { type: 'user.human.added' | 'user.machine.added' }>;
type Gone = Extract<UserEvent, { type: 'user.removed' | 'user.erased' }>;

function newHuman(event: Extract<UserEvent, { type: 'user.human.added' }>, createdAt: Instant): Human {
  const { email, emailKey, emailVerified, phone } = event;
  return {
    kind: 'human',
    ...named(event, createdAt),
    email,
    emailKey,
    emailVerification: emailVerified ? verified : unverified,
    phone,
  };
}

function newMachine(event: Extract<UserEvent, { type: 'user.machine.added' }>, createdAt: Instant): Machine {
  return { kind: 'machine', ...named(event, createdAt) };
}

function named({ userId, organizationId, username, usernameKey, profile }: Added, createdAt: Instant): Named {
  return { status: 'active', userId, organizationId, username, usernameKey, profile, createdAt };
}

function evolveLiving(user: LivingUser, event: Exclude<UserEvent, Added | Gone>): LivingUser {
  switch (event.type) {
    case 'user.username.changed':
      return { ...user, username: event.username, usernameKey: event.usernameKey };
    case 'user.machine.changed':
      return user.kind === 'machine' ? { ...user, profile: event.profile } : user;
    case 'user.deactivated':
      return { ...user, status: 'inactive' };
    case 'user.locked':
      return { ...user, status: 'locked' };
    case 'user.reactivated':
    case 'user.unlocked':
      return { ...user, status: 'active' };
    case 'user.human.profile.changed':
    case 'user.human.email.changed':
    case 'user.human.email.code.added':
    case 'user.human.email.verified':
    case 'user.human.email.verification.failed':
    case 'user.human.phone.changed':
    case 'user.human.phone.removed':
      return user.kind === 'human' ? evolveHuman(user, event) : user;
  }
}

type HumanChange = Exclude<Extract<UserEvent, { type: `user.human.${string}` }>, Added>;

function evolveHuman(human: Human, event: HumanChange): Human {
  switch (event.type) {
    case 'user.human.profile.changed':
      return { ...human, profile: event.profile };
    case 'user.human.phone.changed':
      return { ...human, phone: event.phone };
    case 'user.human.phone.removed':
      return { ...human, phone: null };
    case 'user.human.email.changed': {
      const { email, emailKey } = event;
      return { ...human, email, emailKey, emailVerification: event.verified ? verified : unverified };
    }
    case 'user.human.email.code.added':
    case 'user.human.email.verified':
    case 'user.human.email.verification.failed':
      return { ...human, emailVerification: evolveVerification(human.emailVerification, event) };
  }
}

type VerificationChange = Extract<
  UserEvent,
  { type: `user.human.email.${'code.added' | 'verified' | 'verification.failed'}` }
>;

function evolveVerification(state: EmailVerification, event: VerificationChange): EmailVerification {
  switch (event.type) {
    case 'user.human.email.code.added':
      return { status: 'awaiting-code', code: event.code, expiresAt: event.expiresAt, failures: 0 };
    case 'user.human.email.verified':
      return verified;
    case 'user.human.email.verification.failed':
      return state.status === 'awaiting-code' ? { ...state, failures: state.failures + 1 } : state;
  }
}
