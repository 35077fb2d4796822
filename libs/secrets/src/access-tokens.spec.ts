import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { newAccessToken, parseAccessToken } from '#secrets/access-tokens.js';
import { hashToken, sameHash, sameSecret } from '#secrets/token-text.js';

const userStream = '0192f3c4-5d6e-7f80-9a0b-1c2d3e4f5a6b';
const tokenId = '0192f3c4-ffff-7000-8000-0123456789ab';
const hashedStream = 'x4Jd0pQe7rK2_vWm-9sTzA1bC3dE5fG6hI8jK0lM2nO';

const uuids = fc.uuid();
const streams = fc.oneof(
  uuids,
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 200,
  }),
);

describe('an access token', () => {
  it('has one form and one length for users whose ids are ours', () => {
    const texts = Array.from({ length: 200 }, () => newAccessToken({ userStream, tokenId }).text);
    expect(texts.filter((text) => !/^cs_[0-9A-Za-z_-]{92}$/.test(text))).toEqual([]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('says whose it is, which it is, and what its secret is', () => {
    fc.assert(
      fc.property(streams, uuids, (stream, id) => {
        const { text, hash } = newAccessToken({ userStream: stream, tokenId: id });
        const parsed = parseAccessToken(text);
        expect(parsed).toMatchObject({ userStream: stream, tokenId: id });
        expect(parsed?.secret).toHaveLength(32);
        expect(parsed && hashToken(parsed.secret)).toBe(hash);
      }),
    );
  });

  it.each(['a', 'a'.repeat(200), `x${userStream}`, `${userStream}x`])(
    'is made for a stream named %s',
    (stream) => {
      const { text } = newAccessToken({ userStream: stream, tokenId });
      expect(parseAccessToken(text)).toMatchObject({ userStream: stream, tokenId });
    },
  );

  it('is stored as SHA-256 of its secret, from which neither text nor secret comes back', () => {
    const { text, hash } = newAccessToken({ userStream, tokenId });
    const secret = parseAccessToken(text)?.secret ?? Buffer.alloc(0);
    expect(hash).toBe(createHash('sha256').update(secret).digest('base64url'));
    expect(text).not.toContain(hash);
  });

  it('with any one character changed, dropped or added is none', () => {
    const { text } = newAccessToken({ userStream: hashedStream, tokenId });
    const forged = [...text].flatMap((character, at) => [
      text.slice(0, at) + (character === 'A' ? 'B' : 'A') + text.slice(at + 1),
      text.slice(0, at) + text.slice(at + 1),
      `${text.slice(0, at)}A${text.slice(at)}`,
    ]);
    expect(forged.filter((one) => one !== text && parseAccessToken(one) !== null)).toEqual([]);
  });

  it('has one spelling: bits that mean nothing, padding, other alphabets and white space are refused', () => {
    const twoOver = newAccessToken({ userStream: 'ab', tokenId }).text;
    const last = twoOver.charCodeAt(twoOver.length - 1);
    const spellings = [
      `${twoOver}=`,
      `${twoOver}==`,
      `${twoOver} `,
      ` ${twoOver}`,
      `${twoOver}\n`,
      `${twoOver}!`,
      twoOver.slice(0, -1) + String.fromCharCode(last + 1),
      twoOver.replace('cs_', 'CS_'),
      twoOver.replace('cs_', ''),
    ];
    expect(parseAccessToken(twoOver)).not.toBeNull();
    expect(spellings.filter((one) => parseAccessToken(one) !== null)).toEqual([]);
    const plain = Array.from({ length: 50 }, () => newAccessToken({ userStream, tokenId }).text.slice(3));
    const other = plain.map((one) => one.replaceAll('-', '+').replaceAll('_', '/'));
    const changed = other.filter((one, index) => one !== plain[index]);
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((one) => parseAccessToken(`cs_${one}`) !== null)).toEqual([]);
  });

  it('with a right checksum over something else is none', () => {
    const forged = [
      // The user's stream has no characters, more than there are, fewer, one that is not printable.
      token(Buffer.of(0)),
      token(Buffer.from([3, 0x61, 0x62])),
      token(Buffer.from([1, 0x61, 0x62])),
      token(Buffer.from([2, 0x61, 0x20])),
      token(Buffer.from([2, 0x61, 0x80])),
      token(Buffer.concat([Buffer.of(0), Buffer.alloc(15)])),
      token(Buffer.concat([Buffer.of(0), Buffer.alloc(17)])),
      // A UUID has one spelling, and it is not this.
      token(Buffer.concat([Buffer.of(36), Buffer.from(userStream)])),
      // Longer than any.
      token(Buffer.concat([Buffer.of(201), Buffer.alloc(201, 0x61)])),
      token(Buffer.alloc(0)),
    ];
    expect(forged.map(parseAccessToken)).toEqual(new Array(forged.length).fill(null));
    expect(parseAccessToken(token(Buffer.from([2, 0x61, 0x62])))).toMatchObject({ userStream: 'ab' });
    expect(parseAccessToken(token(Buffer.concat([Buffer.of(200), Buffer.alloc(200, 0x61)])))).not.toBeNull();
  });

  it('whose checksum was made without its prefix is none', () => {
    expect(parseAccessToken(token(Buffer.from([2, 0x61, 0x62]), ''))).toBeNull();
    expect(parseAccessToken(token(Buffer.from([2, 0x61, 0x62]), 'cs_'))).not.toBeNull();
  });

  it.each([
    '',
    'cs_',
    'cs_A',
    'Bearer x',
    'x'.repeat(100_000),
    `cs_${'A'.repeat(100_000)}`,
    `cs_${'花'.repeat(92)}`,
  ])('is not found in other text: %#', (text) => {
    expect(parseAccessToken(text)).toBeNull();
  });

  it('is not made for names that no stream has, and the error quotes none', () => {
    const badStreams = ['', 'canary canary', 'canary\n', 'c\u00e4nary', 'canary'.repeat(40), 'a'.repeat(201)];
    const badIds = ['CANARY', tokenId.toUpperCase(), `x${tokenId}`, `${tokenId}x`, `${tokenId}\n`];
    const failures = [
      ...badStreams.map((stream) => thrownBy(() => newAccessToken({ userStream: stream, tokenId }))),
      ...badIds.map((id) => thrownBy(() => newAccessToken({ userStream, tokenId: id }))),
    ];
    expect(failures).toEqual([
      ...badStreams.map(() => new TypeError("the name of a user's stream is 1 to 200 printable characters")),
      ...badIds.map(() => new TypeError('the id of a token is a UUID in lower case')),
    ]);
    expect(inspect(failures, { depth: null, showHidden: true })).not.toMatch(/canary(?! )/i);
  });
});

describe('stored hashes', () => {
  it('are the same only if all of them is', () => {
    const one = hashToken(Buffer.alloc(32, 1));
    expect(sameHash(one, hashToken(Buffer.alloc(32, 1)))).toBe(true);
    expect(sameHash(one, hashToken(Buffer.alloc(32, 2)))).toBe(false);
    expect(sameHash(one, one.slice(1))).toBe(false);
    expect(sameHash(one, '')).toBe(false);
    expect(sameHash(one, `${one.slice(0, -1)}\u0141`)).toBe(false);
  });

  it('are of one secret each, and none is of nobody’s', () => {
    const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(sameSecret(one, hashToken(one))).toBe(true);
    expect(sameSecret(other, hashToken(one))).toBe(false);
    expect(sameSecret(one, null)).toBe(false);
  });
});

/** As `newAccessToken` would write it, with this in the place of the user's stream. */
function token(user: Buffer, summedPrefix = 'cs_'): string {
  const body = Buffer.concat([user, Buffer.alloc(48, 7)]);
  const checksum = createHash('sha256').update(summedPrefix).update(body).digest().subarray(0, 4);
  return `cs_${Buffer.concat([body, checksum]).toString('base64url')}`;
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
