import type { Instant, LoginKey, OrganizationId, Sealed } from '#domain/ids.js';

export type UserEvent =
  | {
      readonly type: 'user.human.added';
      /** Null where it was not yet written down. */
      readonly userId: Sealed | null;
      readonly organizationId: OrganizationId;
      readonly username: Sealed;
      readonly usernameKey: LoginKey;
      readonly profile: Sealed;
      readonly email: Sealed;
      readonly emailKey: LoginKey;
      readonly emailVerified: boolean;
      readonly phone: Sealed | null;
    }
  | {
      readonly type: 'user.machine.added';
      readonly userId: Sealed | null;
      readonly organizationId: OrganizationId;
      readonly username: Sealed;
      readonly usernameKey: LoginKey;
      readonly profile: Sealed;
    }
  | { readonly type: 'user.username.changed'; readonly username: Sealed; readonly usernameKey: LoginKey }
  | { readonly type: 'user.human.profile.changed'; readonly profile: Sealed }
  | { readonly type: 'user.machine.changed'; readonly profile: Sealed }
  | {
      readonly type: 'user.human.email.changed';
      readonly email: Sealed;
      readonly emailKey: LoginKey;
      readonly verified: boolean;
    }
  | { readonly type: 'user.human.email.code.added'; readonly code: Sealed; readonly expiresAt: Instant }
  | { readonly type: 'user.human.email.verified' }
  | { readonly type: 'user.human.email.verification.failed' }
  | { readonly type: 'user.human.phone.changed'; readonly phone: Sealed }
  | { readonly type: 'user.human.phone.removed' }
  | { readonly type: 'user.deactivated' }
  | { readonly type: 'user.reactivated' }
  | { readonly type: 'user.locked' }
  | { readonly type: 'user.unlocked' }
  | { readonly type: 'user.removed' }
  /** The user's data key is gone, or about to be: what is sealed stays sealed for ever. */
  | { readonly type: 'user.erased' };
