// What the application is given: a log, a clock, and what the secrets' room does for it, as functions.

import type { SnapshotStore } from '#application/snapshots.js';
import type { Instant } from '#domain/ids.js';
import type { EventLog } from '#event-log/event-log.js';
import type { newAccessToken, parseAccessToken } from '#secrets/access-tokens.js';
import type { base32Decode, base32Encode } from '#secrets/base32.js';
import type { canonicalDigits, canonicalRecoveryCode } from '#secrets/canonical-code.js';
import type { DataKeys } from '#secrets/data-keys.js';
import type { newEmailCode, sameCode } from '#secrets/email-code.js';
import type { HashLane } from '#secrets/hash-lane.js';
import type { newId } from '#secrets/ids.js';
import type { Names } from '#secrets/names.js';
import type { otpauthUri } from '#secrets/otpauth-uri.js';
import type { Passwords } from '#secrets/passwords.js';
import type { qrPngDataUri, qrSvg } from '#secrets/qr.js';
import type { newRecoveryCodes } from '#secrets/recovery-codes.js';
import type { open, openText, seal } from '#secrets/sealing.js';
import type { newSessionToken, parseSessionToken } from '#secrets/session-tokens.js';
import type { newSigningKeyPair, readSigningKey, signClaims } from '#secrets/signing-keys.js';
import type { sameSecret } from '#secrets/token-text.js';
import type { diagnose, findConsecutive, matchingSteps, newTotpSecret } from '#secrets/totp.js';

export interface Secrets {
  readonly keys: Pick<DataKeys, 'create' | 'get' | 'erase'>;
  readonly names: Pick<
    Names,
    'loginKey' | 'streamId' | 'idempotencyHash' | 'derivedId' | 'metadataKey' | 'fingerprintKey'
  >;
  readonly recoveryHashes: Pick<HashLane, 'hash' | 'verify' | 'verifyDummy'>;
  readonly passwords: Pick<
    Passwords,
    'busyForMs' | 'hash' | 'verify' | 'needsRehash' | 'canVerify' | 'isCommon'
  >;
  readonly newId: typeof newId;
  readonly seal: typeof seal;
  readonly open: typeof open;
  readonly openText: typeof openText;
  readonly newTotpSecret: typeof newTotpSecret;
  readonly matchingSteps: typeof matchingSteps;
  readonly findConsecutive: typeof findConsecutive;
  readonly diagnose: typeof diagnose;
  readonly base32Encode: typeof base32Encode;
  readonly base32Decode: typeof base32Decode;
  readonly otpauthUri: typeof otpauthUri;
  readonly qrPngDataUri: typeof qrPngDataUri;
  readonly qrSvg: typeof qrSvg;
  readonly canonicalDigits: typeof canonicalDigits;
  readonly canonicalRecoveryCode: typeof canonicalRecoveryCode;
  readonly newRecoveryCodes: typeof newRecoveryCodes;
  readonly newAccessToken: typeof newAccessToken;
  readonly parseAccessToken: typeof parseAccessToken;
  readonly newSessionToken: typeof newSessionToken;
  readonly parseSessionToken: typeof parseSessionToken;
  readonly sameSecret: typeof sameSecret;
  readonly newEmailCode: typeof newEmailCode;
  readonly sameCode: typeof sameCode;
  readonly newSigningKeyPair: typeof newSigningKeyPair;
  readonly readSigningKey: typeof readSigningKey;
  readonly signClaims: typeof signClaims;
}

export interface Parts {
  readonly log: EventLog;
  /** Of the log, so that a snapshot of another is found out. */
  readonly logIdentity: string;
  readonly clock: () => Instant;
  /** Where callers find the service: who it says it is in what it signs. */
  readonly externalUrl: string;
  /** No other process appends to this log. */
  readonly soleWriter: boolean;
  readonly secrets: Secrets;
  readonly snapshots: SnapshotStore | null;
  /** A delivery hook brings to users what is sent to them. */
  readonly deliversCodes: boolean;
  /** What is wrong with the text of a policy, in sentences; nothing for one that may be set. */
  readonly policyDefects: (text: string) => Promise<readonly string[]>;
  /** Told what no caller is told. */
  readonly onTrouble: (error: unknown) => void;
}
