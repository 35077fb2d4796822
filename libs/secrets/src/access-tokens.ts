// Access tokens: `cs_` and, in base64url, whose token it is, its id, 256 random bits and a checksum. Only a hash of
// the random bits is stored. The checksum lets a mistyped or made-up token be refused without a look at any
// stream, and a scanner of sources be sure that it has found one; it keeps nobody from making one up.

import { hash, timingSafeEqual } from 'node:crypto';

import { randomBytesFromPool } from '#secrets/random-pool.js';

const prefix = 'cs_';
const secretBytes = 32;
const uuidBytes = 16;
const checksumBytes = 4;
/** A user's stream without a prefix has at most these characters. */
const userStreamCharactersMax = 200;
/** In the place of the length of the user's stream: it is a UUID, and its bytes follow. */
const uuidFollows = 0;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const printable = /^[\x21-\x7e]+$/;

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
  return {
    text: prefix + Buffer.concat([body, checksumOf(body)]).toString('base64url'),
    hash: hashToken(secret),
  };
}

/** Null for whatever was not made by `newAccessToken`, to the character. */
export function parseAccessToken(text: string): ParsedAccessToken | null {
  const body = checkedBody(text);
  if (body === null) return null;
  const fixed = uuidBytes + secretBytes;
  const userStream = readUser(body.subarray(0, -fixed));
  if (userStream === null) return null;
  return {
    userStream,
    tokenId: bytesToUuid(body.subarray(-fixed, -secretBytes)),
    secret: body.subarray(-secretBytes),
  };
}

/** Without salt or work factor: nobody guesses 256 random bits (OWASP ASVS 6.5.2). */
export function hashToken(secret: Uint8Array): string {
  return hash('sha256', secret, 'base64url');
}

export function sameHash(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

const bytesBesideUser = uuidBytes + secretBytes + checksumBytes;
/** The length of the user's stream, and one character of it. */
const bytesMin = 2 + bytesBesideUser;
const bytesMax = 1 + userStreamCharactersMax + bytesBesideUser;

function checkedBody(text: string): Buffer | null {
  if (!text.startsWith(prefix) || text.length > prefix.length + Math.ceil((bytesMax * 4) / 3)) return null;
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64url');
  // Node reads past what is no base64url; a token has one spelling.
  if (bytes.length < bytesMin || bytes.toString('base64url') !== encoded) return null;
  const body = bytes.subarray(0, -checksumBytes);
  return timingSafeEqual(bytes.subarray(-checksumBytes), checksumOf(body)) ? body : null;
}

/** Used again for each token: what is read in one piece may be summed in one. */
const summed = Buffer.alloc(prefix.length + bytesMax);
summed.write(prefix, 'latin1');

/** The prefix belongs to what is summed: a token of another kind of ours must not pass for one of these. */
function checksumOf(body: Buffer): Buffer {
  const length = prefix.length + body.copy(summed, prefix.length);
  return hash('sha256', summed.subarray(0, length), 'buffer').subarray(0, checksumBytes);
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

const uuidToBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

const bytesToUuid = (bytes: Buffer) => {
  const digits = bytes.toString('hex');
  const [one, two, three, four] = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
  ];
  return `${one}-${two}-${three}-${four}-${digits.slice(20)}`;
};
