// Access tokens: `cs_` and, in base64url, whose token it is, its id, 256 random bits and a checksum. Only a hash of
// the random bits is stored.

import { randomBytesFromPool } from '#secrets/random-pool.js';
import { bytesToUuid, hashToken, TokenText, uuid, uuidBytes, uuidToBytes } from '#secrets/token-text.js';

const secretBytes = 32;
/** A user's stream without a prefix has at most these characters. */
const userStreamCharactersMax = 200;
/** In the place of the length of the user's stream: it is a UUID, and its bytes follow. */
const uuidFollows = 0;

const printable = /^[\x21-\x7e]+$/;

const bytesBesideUser = uuidBytes + secretBytes;
/** From the length of the user's stream and one character of it, to all of them. */
const tokenText = new TokenText('cs_', [2 + bytesBesideUser, 1 + userStreamCharactersMax + bytesBesideUser]);

export interface AccessTokenSubject {
  /** What names the user's stream, as `Names.streamId` gives it: printable ASCII, no personal data. */
  readonly userStream: string;
  /** A UUID in lower case, from `newId`. */
  readonly tokenId: string;
}

export interface NewAccessToken {
  /** What is shown, once. */
  readonly text: string;
  /** What is stored. */
  readonly hash: string;
}

export interface ParsedAccessToken extends AccessTokenSubject {
  readonly secret: Buffer;
}

export function newAccessToken({ userStream, tokenId }: AccessTokenSubject): NewAccessToken {
  if (!uuid.test(tokenId)) throw new TypeError('the id of a token is a UUID in lower case');
  const secret = randomBytesFromPool(secretBytes);
  const body = Buffer.concat([userPart(userStream), uuidToBytes(tokenId), secret]);
  return { text: tokenText.write(body), hash: hashToken(secret) };
}

/** Null for whatever was not made by `newAccessToken`, to the character. */
export function parseAccessToken(text: string): ParsedAccessToken | null {
  const body = tokenText.read(text);
  if (body === null) return null;
  const userStream = readUser(body.subarray(0, -bytesBesideUser));
  if (userStream === null) return null;
  return {
    userStream,
    tokenId: bytesToUuid(body.subarray(-bytesBesideUser, -secretBytes)),
    secret: body.subarray(-secretBytes),
  };
}

function userPart(userStream: string): Buffer {
  if (uuid.test(userStream)) return Buffer.concat([Buffer.of(uuidFollows), uuidToBytes(userStream)]);
  if (!printable.test(userStream) || userStream.length > userStreamCharactersMax)
    throw new TypeError(
      `the name of a user's stream is 1 to ${userStreamCharactersMax} printable characters`,
    );
  return Buffer.concat([Buffer.of(userStream.length), Buffer.from(userStream, 'latin1')]);
}

function readUser(part: Buffer): string | null {
  const bytes = part.subarray(1);
  if (part[0] === uuidFollows) return bytes.length === uuidBytes ? bytesToUuid(bytes) : null;
  const text = bytes.toString('latin1');
  return part[0] === text.length && printable.test(text) && !uuid.test(text) ? text : null;
}
