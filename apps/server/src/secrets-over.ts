// What the secrets' room does for commands, over a key store: the real functions, each in its place.

import { availableParallelism } from 'node:os';

import type { Secrets } from '#application/parts.js';
import { newAccessToken, parseAccessToken } from '#secrets/access-tokens.js';
import { base32Decode, base32Encode } from '#secrets/base32.js';
import { canonicalDigits, canonicalRecoveryCode } from '#secrets/canonical-code.js';
import { DataKeys } from '#secrets/data-keys.js';
import { newEmailCode, sameCode } from '#secrets/email-code.js';
import { HashLane } from '#secrets/hash-lane.js';
import { newId } from '#secrets/ids.js';
import type { KeyStore } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { Names } from '#secrets/names.js';
import { otpauthUri } from '#secrets/otpauth-uri.js';
import { Passwords } from '#secrets/passwords.js';
import { qrPngDataUri, qrSvg } from '#secrets/qr.js';
import { newRecoveryCodes } from '#secrets/recovery-codes.js';
import { open, openText, seal } from '#secrets/sealing.js';
import { newSessionToken, parseSessionToken } from '#secrets/session-tokens.js';
import { newSigningKeyPair, readSigningKey, signClaims } from '#secrets/signing-keys.js';
import { sameSecret } from '#secrets/token-text.js';
import { diagnose, findConsecutive, matchingSteps, newTotpSecret } from '#secrets/totp.js';
import type { PasswordSettings } from '#server/password-settings.js';

/** A hash at a time for each core: their threads go after all others, where a thread can (ADR 0044). */
const hashesAtATime = Math.max(1, availableParallelism() - (process.platform === 'linux' ? 0 : 1));
/** Half of what a call has by default: whoever would wait longer is told to come again, and is there to hear it. */
const hashesLimits = {
  concurrent: hashesAtATime,
  waitingMax: 1_000,
  waitMaxMs: 5_000,
  waitingLeast: 16,
};

type Hashes = Secrets['recoveryHashes'] & Pick<HashLane, 'busyForMs'>;

export interface HashingOptions extends Partial<PasswordSettings> {
  readonly measured?: (lane: HashLane) => Hashes;
}

/** With all of the keys, since others than commands tell of those that are gone. */
interface SecretsOver extends Secrets {
  readonly keys: DataKeys;
}

export async function secretsOver(
  store: KeyStore,
  masterKeys: MasterKeys,
  { measured = (lane) => lane, ...passwords }: HashingOptions = {},
): Promise<SecretsOver> {
  const recoveryLane = new HashLane(hashesLimits);
  const passwordLane = recoveryLane.beside();
  return {
    keys: new DataKeys({ store, masterKeys }),
    names: await Names.open(store, masterKeys),
    recoveryHashes: measured(recoveryLane),
    passwords: new Passwords({ lane: measured(passwordLane), ...passwords }),
    newId,
    seal,
    open,
    openText,
    newTotpSecret,
    matchingSteps,
    findConsecutive,
    diagnose,
    base32Encode,
    base32Decode,
    otpauthUri,
    qrPngDataUri,
    qrSvg,
    canonicalDigits,
    canonicalRecoveryCode,
    newRecoveryCodes,
    newAccessToken,
    parseAccessToken,
    newSessionToken,
    parseSessionToken,
    sameSecret,
    newEmailCode,
    sameCode,
    newSigningKeyPair,
    readSigningKey,
    signClaims,
  };
}
