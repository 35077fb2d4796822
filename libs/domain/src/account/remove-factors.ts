// All second factors at once, by who shows one of them: to take them away one after the other would leave some of them where
// it is cut short. Who has lost them all is helped by an administrator, see `resetFactors`.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { type Decision, reject } from '#domain/decider.js';
import type { OrganizationId } from '#domain/ids.js';
import {
  onceProven,
  type Proof,
  type ProofRefusal,
  prove,
  type RemoveTotpRefusal,
} from '#domain/totp/decide.js';
import { known } from '#domain/user/decide.js';

export interface RemoveFactors {
  readonly organizationId: OrganizationId;
  /** By any factor; null where none was shown. */
  readonly proof: Proof | null;
}

export type RemoveFactorsRefusal = RemoveTotpRefusal | ProofRefusal;

export function removeFactors(
  account: Account,
  { organizationId, proof }: RemoveFactors,
  circumstances: Circumstances,
): Decision<AccountEvent, RemoveFactorsRefusal> {
  const refused = known(account, organizationId);
  if (refused !== null) return reject(refused.refusal);
  const { devices } = account.totp;
  const { codes } = account.recoveryCodes;
  if (devices.length === 0 && codes.length === 0) return reject({ code: 'totp-not-found' });
  if (proof === null) return reject({ code: 'proof-required' });
  const address = { organizationId, totpId: null };
  return onceProven(prove(account, { ...address, proof }, circumstances), ...removalOf(account));
}

/** What waits for its first code goes, too. */
function removalOf({ totp, recoveryCodes }: Account): readonly AccountEvent[] {
  const { devices, pending } = totp;
  const apps = pending === null ? devices : [...devices, pending];
  const removed = apps.map(({ totpId }): AccountEvent => ({ type: 'user.human.mfa.otp.removed', totpId }));
  const hasCodes = recoveryCodes.codes.length > 0 || recoveryCodes.pending !== null;
  return hasCodes ? [...removed, { type: 'user.human.mfa.recoverycode.removed' }] : removed;
}
