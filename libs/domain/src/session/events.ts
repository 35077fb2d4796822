import type { FingerprintKey, Instant, OrganizationId, Sealed } from '#domain/ids.js';

/** A session has nothing personal but its user's, so that erasing the user erases it here too. */
export interface SealedOf {
  /** What follows `user-` in the name of the user's stream. */
  readonly user: string;
  readonly organizationId: OrganizationId;
  readonly sealed: Sealed;
}

/** Null for just now; else since when the user's stream has it: a call that was cut short noted it later. */
interface Checked {
  readonly at: Instant | null;
}

export type SessionEvent =
  | {
      readonly type: 'session.added';
      readonly userAgent: SealedOf | null;
      readonly fingerprintKey: FingerprintKey | null;
    }
  | ({
      readonly type: 'session.user.checked';
      readonly user: string;
      readonly userId: Sealed;
      readonly organizationId: OrganizationId;
      /** Of the sessions of the user, at the moment of the check. */
      readonly generation: number;
    } & Checked)
  | ({ readonly type: 'session.password.checked' } & Checked)
  | ({ readonly type: 'session.totp.checked' } & Checked)
  | ({ readonly type: 'session.recoveryCode.checked' } & Checked)
  /** Any earlier token is void. */
  | { readonly type: 'session.token.set'; readonly hash: string }
  /** All of it, in place of what there was. */
  | { readonly type: 'session.metadata.set'; readonly metadata: SealedOf }
  /** From now on. */
  | { readonly type: 'session.lifetime.set'; readonly lifetimeSeconds: number }
  | { readonly type: 'session.terminated' };
