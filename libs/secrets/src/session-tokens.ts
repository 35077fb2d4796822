// Tokens of sessions: `css_` and, in base64url, the id of the session, 256 random bits and a checksum. Only a hash of
// the random bits is stored.

import { randomBytesFromPool } from '#secrets/random-pool.js';
import { bytesToUuid, hashToken, TokenText, uuid, uuidBytes, uuidToBytes } from '#secrets/token-text.js';

const secretBytes = 32;
const bodyBytes = uuidBytes + secretBytes;
const tokenText = new TokenText('css_', [bodyBytes, bodyBytes]);

export interface NewSessionToken {
  /** What is shown, once. */
  readonly text: string;
  /** What is stored. */
  readonly hash: string;
}

export interface ParsedSessionToken {
  readonly sessionId: string;
  readonly secret: Buffer;
}

/** @param sessionId a UUID in lower case, from `newId` or `Names.derivedId` */
export function newSessionToken(sessionId: string): NewSessionToken {
  if (!uuid.test(sessionId)) throw new TypeError('the id of a session is a UUID in lower case');
  const secret = randomBytesFromPool(secretBytes);
  return {
    text: tokenText.write(Buffer.concat([uuidToBytes(sessionId), secret])),
    hash: hashToken(secret),
  };
}

/** Null for whatever was not made by `newSessionToken`, to the character. */
export function parseSessionToken(text: string): ParsedSessionToken | null {
  const body = tokenText.read(text);
  if (body === null) return null;
  return { sessionId: bytesToUuid(body.subarray(0, uuidBytes)), secret: body.subarray(uuidBytes) };
}
