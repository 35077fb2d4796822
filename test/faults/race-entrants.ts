// The commands that enter races.

import type { Command } from '@nestjs/cqrs';
import { ResetFactors } from '#application/attempts/reset-factors.js';
import type { Caller } from '#application/caller.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { type House, organizationId } from '#application/testing/house.js';
import { RemoveTotp } from '#application/totp/remove-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { TotpId } from '#domain/ids.js';
import { callOf, type Person } from '#test/faults/race-houses.js';

export interface Entrant {
  readonly command: string;
  run(house: House, call: string): Promise<Answered>;
}

type Answered =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected'; readonly refusal: { readonly code: string } };

type OfPerson = Pick<Person, 'userId'>;

export const verify = ({ userId }: OfPerson, code: string, totpId: TotpId | null = null) =>
  entrant('verify', (by) => new VerifyTotp({ organizationId, userId, code, totpId, by }));

export const start = ({ userId }: OfPerson) =>
  entrant('start', (by) => new StartTotpRegistration({ organizationId, userId, by }));

export const confirm = ({ userId }: OfPerson, code: string, totpId: TotpId | null) =>
  entrant('confirm', (by) => new VerifyTotpRegistration({ organizationId, userId, code, totpId, by }));

/** Without a code: a registration that waits. */
export const remove = ({ userId }: OfPerson, totpId: TotpId, code: string | null = null) =>
  entrant('remove', (by) => new RemoveTotp({ organizationId, userId, totpId, code, by }));

export const removeByAdministrator = ({ userId }: OfPerson, totpId: TotpId) =>
  entrant('remove', (by) => new RemoveTotp({ organizationId, userId, totpId, byAdministrator: true, by }));

export const recover = ({ userId }: OfPerson, code: string) =>
  entrant('recover', (by) => new VerifyRecoveryCode({ organizationId, userId, code, by }));

export const generate = ({ userId }: OfPerson) =>
  entrant('generate', (by) => new GenerateRecoveryCodes({ organizationId, userId, count: 1, by }));

export const lock = ({ userId }: OfPerson) =>
  entrant('lock', (by) => new LockUser({ organizationId, userId, by }));

export const removeUser = ({ userId }: OfPerson) =>
  entrant('remove user', (by) => new RemoveUser({ organizationId, userId, by }));

export const resetFactors = ({ userId }: OfPerson) =>
  entrant('reset', (by) => new ResetFactors({ organizationId, userId, reason: 'the phone is lost', by }));

export const erase = ({ userId }: OfPerson) =>
  entrant('erase', (by) => new EraseUser({ organizationId, userId, by }));

function entrant(command: string, make: (by: Caller) => Command<Answered>): Entrant {
  return { command, run: (house, call) => house.run(make(callOf(call))) };
}
