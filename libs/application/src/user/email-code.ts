import type { Secrets } from '#application/parts.js';
import type { Sealer } from '#application/sealer.js';
import type { Instant } from '#domain/ids.js';
import type { EmailCode } from '#domain/user/decide.js';

/** NIST SP 800-63B: what is sent out of band lives ten minutes at most. */
const emailCodeSeconds = 600;

/** `code`: one is made and answered, to be brought to the address by the caller. */
export type EmailVerification = 'verified' | 'code' | 'none';
export const emailVerifications: readonly EmailVerification[] = ['verified', 'code', 'none'];

export interface ShownEmailCode {
  readonly text: string;
  readonly expiresAt: Instant;
}

export function makeEmailCode({ newEmailCode }: Pick<Secrets, 'newEmailCode'>, now: Instant): ShownEmailCode {
  return { text: newEmailCode(), expiresAt: now + emailCodeSeconds * 1_000 };
}

export function sealEmailCode(code: ShownEmailCode, sealer: Sealer): EmailCode {
  return { code: sealer.seal('email-code', code.text), expiresAt: code.expiresAt };
}
