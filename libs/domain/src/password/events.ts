import type { Instant, Sealed } from '#domain/ids.js';

/** By an administrator, by who knows the present one, or by who was given a code. */
export type PasswordChange = 'set' | 'changed' | 'reset';

export type PasswordEvent =
  | {
      readonly type: 'user.human.password.changed';
      /** Salted and slow to compute, in the PHC text form. */
      readonly hash: Sealed;
      /** The user is to choose another one at the next login. */
      readonly changeRequired: boolean;
      readonly how: PasswordChange;
    }
  /** The same password, under the parameters that hashes are made with now. */
  | { readonly type: 'user.human.password.hash.updated'; readonly hash: Sealed }
  | { readonly type: 'user.human.password.check.succeeded' }
  | { readonly type: 'user.human.password.check.failed' }
  | {
      readonly type: 'user.human.password.code.added';
      readonly code: Sealed;
      readonly expiresAt: Instant;
      /** The delivery hook brings it to the user; otherwise whoever asked for it does. */
      readonly send: boolean;
    }
  | { readonly type: 'user.human.password.code.check.failed' };
