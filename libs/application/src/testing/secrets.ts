// The real secrets, over keys that are kept in memory, or wherever a spec keeps them.

import { randomBytes } from 'node:crypto';

import type { Secrets } from '#application/parts.js';
import { hashToken, newAccessToken, parseAccessToken, sameHash } from '#secrets/access-tokens.js';
import { base32Decode, base32Encode } from '#secrets/base32.js';
import { canonicalDigits, canonicalRecoveryCode } from '#secrets/canonical-code.js';
import { DataKeys } from '#secrets/data-keys.js';
import { newEmailCode, sameCode } from '#secrets/email-code.js';
import { HashLane } from '#secrets/hash-lane.js';
import { newId } from '#secrets/ids.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import type { KeyStore } from '#secrets/key-store.js';
import { type MasterKeys, parseMasterKeys } from '#secrets/master-keys.js';
import { Names } from '#secrets/names.js';
import { otpauthUri } from '#secrets/otpauth-uri.js';
import { qrPngDataUri, qrSvg } from '#secrets/qr.js';
import { newRecoveryCodes } from '#secrets/recovery-codes.js';
import { open, openText, seal } from '#secrets/sealing.js';
import { diagnose, findConsecutive, matchingSteps, newTotpSecret } from '#secrets/totp.js';

export const masterKeys = parseMasterKeys(`test ${randomBytes(32).toString('base64')}`);

export async function realSecrets(
  store: KeyStore = new InMemoryKeyStore(),
  keysBy: MasterKeys = masterKeys,
): Promise<Secrets> {
  return {
    keys: new DataKeys({ store, masterKeys: keysBy }),
    names: await Names.open(store, keysBy),
    recoveryHashes: new HashLane({ concurrent: 2, waitingMax: 1_000 }),
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
    hashToken,
    sameHash,
    newEmailCode,
    sameCode,
  };
}
