// A person and the person's factors, as pasts that specs begin with.

import type { AttemptsEvent } from '#domain/attempts/events.js';
import type { Sealed, TotpId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { RecoveryCodesEvent } from '#domain/recovery-codes/events.js';
import { elsewhere, here, sealed, verifiedHumanAdded } from '#domain/testing/people.js';
import { before } from '#domain/testing/specification.js';
import type { TotpEvent } from '#domain/totp/events.js';

export const acme = here.organizationId;
export const anotherOrganization = elsewhere.organizationId;
export const phone = 'phone' as TotpId;
export const watch = 'watch' as TotpId;
export const tablet = 'tablet' as TotpId;

export const parameters = defaultSettings.totpParameters;
export const reason = sealed('asked for by telephone');

export const person = verifiedHumanAdded;

export const added = (totpId: TotpId, expiresAt = before + 600_000): TotpEvent => ({
  type: 'user.human.mfa.otp.added',
  totpId,
  name: sealed(totpId),
  secret: sealed(`secret of ${totpId}`),
  parameters,
  expiresAt,
});

export const verified = (totpId: TotpId, step: number): TotpEvent => ({
  type: 'user.human.mfa.otp.verified',
  totpId,
  step,
});

/** Confirmed with the code of step 100. */
export const enrolled = (totpId: TotpId) => [added(totpId), verified(totpId, 100)];

export const imported = (totpId: TotpId, digits: 6 | 8 = 6): TotpEvent => ({
  type: 'user.human.mfa.otp.imported',
  totpId,
  name: null,
  secret: sealed(`secret of ${totpId}`),
  parameters: { ...parameters, digits },
});

export const succeeded = (totpId: TotpId, step: number, purpose: Sealed | null = null): TotpEvent => ({
  type: 'user.human.mfa.otp.check.succeeded',
  totpId,
  step,
  purpose,
});

export const failed = (
  totpIds: readonly TotpId[],
  why: 'wrong' | 'used' = 'wrong',
  purpose: Sealed | null = null,
): TotpEvent => ({ type: 'user.human.mfa.otp.check.failed', totpIds, reason: why, purpose });

export const disabled = (totpId: TotpId): TotpEvent => ({ type: 'user.human.mfa.otp.disabled', totpId });

export const removed = (totpId: TotpId): TotpEvent => ({ type: 'user.human.mfa.otp.removed', totpId });

export const resynced = (totpId: TotpId, driftSteps: number, step: number): TotpEvent => ({
  type: 'user.human.mfa.otp.resynced',
  totpId,
  driftSteps,
  step,
});

export const codes = (...selectors: readonly string[]) =>
  selectors.map((selector) => ({ selector, hash: `hash of ${selector}` }));

export const generated = (
  selectors: readonly string[],
  pendingWith: TotpId | null = null,
): RecoveryCodesEvent => ({
  type: 'user.human.mfa.recoverycode.added',
  codes: codes(...selectors),
  pendingWith,
});

export const codeSpent = (selector: string): RecoveryCodesEvent => ({
  type: 'user.human.mfa.recoverycode.check.succeeded',
  selector,
});

export const codeFailed: RecoveryCodesEvent = { type: 'user.human.mfa.recoverycode.check.failed' };
export const codesRemoved: RecoveryCodesEvent = { type: 'user.human.mfa.recoverycode.removed' };
export const attemptsReset: AttemptsEvent = { type: 'user.mfa.attempts.reset', reason };
export const factorsReset: AttemptsEvent = { type: 'user.mfa.reset', reason };

export const times = <Event>(count: number, event: Event): Event[] => Array<Event>(count).fill(event);
