import type { TotpId } from '#domain/ids.js';

export interface StoredRecoveryCode {
  /** Two characters, unique within the set: finds the one hash that a guess has to be held against. */
  readonly selector: string;
  /** Argon2id, salted, in the PHC text form. */
  readonly hash: string;
}

export type RecoveryCodesEvent =
  | {
      readonly type: 'user.human.mfa.recoverycode.added';
      readonly codes: readonly StoredRecoveryCode[];
      /** Made for this enrolment: they count from its confirmation on, and die with it. */
      readonly pendingWith: TotpId | null;
    }
  | { readonly type: 'user.human.mfa.recoverycode.check.succeeded'; readonly selector: string }
  | { readonly type: 'user.human.mfa.recoverycode.check.failed' }
  | { readonly type: 'user.human.mfa.recoverycode.removed' };
