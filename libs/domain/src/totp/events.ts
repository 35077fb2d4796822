import type { Instant, Sealed, TotpId } from '#domain/ids.js';

export type TotpAlgorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** Fixed when the secret is made: no later request can lower them (RFC 6238 section 3, R4). */
export interface TotpParameters {
  readonly algorithm: TotpAlgorithm;
  readonly digits: 6 | 8;
  readonly periodSeconds: 30 | 60;
}

export type TotpEvent =
  | {
      readonly type: 'user.human.mfa.otp.added';
      readonly totpId: TotpId;
      readonly name: Sealed | null;
      readonly secret: Sealed;
      readonly parameters: TotpParameters;
      /** Until then its first code must have come. */
      readonly expiresAt: Instant;
    }
  | { readonly type: 'user.human.mfa.otp.verified'; readonly totpId: TotpId; readonly step: number }
  /** A seed from elsewhere: ready at once, although nobody has shown a code of it. */
  | {
      readonly type: 'user.human.mfa.otp.imported';
      readonly totpId: TotpId;
      readonly name: Sealed | null;
      readonly secret: Sealed;
      readonly parameters: TotpParameters;
    }
  | {
      readonly type: 'user.human.mfa.otp.check.succeeded';
      readonly totpId: TotpId;
      /** The step that is spent, by the device's own count. */
      readonly step: number;
      /** What the code was given for, in the caller's words. */
      readonly purpose: Sealed | null;
    }
  | {
      readonly type: 'user.human.mfa.otp.check.failed';
      /** Every device that the code was compared with. */
      readonly totpIds: readonly TotpId[];
      /** `used`: it was a right code, spent before, or older than one that was. */
      readonly reason: 'wrong' | 'used';
      readonly purpose: Sealed | null;
    }
  /** Too many wrong codes in a row: refused uncompared until it is bound anew or an administrator resets it. */
  | { readonly type: 'user.human.mfa.otp.disabled'; readonly totpId: TotpId }
  | {
      readonly type: 'user.human.mfa.otp.resynced';
      readonly totpId: TotpId;
      /** How far the device's count is ahead of ours; negative when behind. */
      readonly driftSteps: number;
      /** The later of the two steps, spent. */
      readonly step: number;
    }
  | { readonly type: 'user.human.mfa.otp.renamed'; readonly totpId: TotpId; readonly name: Sealed | null }
  | { readonly type: 'user.human.mfa.otp.removed'; readonly totpId: TotpId };
