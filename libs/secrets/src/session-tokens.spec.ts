import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { newAccessToken, parseAccessToken } from '#secrets/access-tokens.js';
import { newSessionToken, parseSessionToken } from '#secrets/session-tokens.js';
import { hashToken } from '#secrets/token-text.js';

const sessionId = '0192f3c4-5d6e-7f80-9a0b-1c2d3e4f5a6b';

describe('a token of a session', () => {
  it('has one form and one length', () => {
    const texts = Array.from({ length: 200 }, () => newSessionToken(sessionId).text);
    expect(texts.filter((text) => !/^css_[0-9A-Za-z_-]{70}$/.test(text))).toEqual([]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('says which session it is of, and what its secret is', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const { text, hash } = newSessionToken(id);
        const parsed = parseSessionToken(text);
        expect(parsed?.sessionId).toBe(id);
        expect(parsed?.secret).toHaveLength(32);
        expect(parsed && hashToken(parsed.secret)).toBe(hash);
      }),
    );
  });

  it('is stored as SHA-256 of its secret, from which neither text nor secret comes back', () => {
    const { text, hash } = newSessionToken(sessionId);
    const secret = parseSessionToken(text)?.secret ?? Buffer.alloc(0);
    expect(hash).toBe(createHash('sha256').update(secret).digest('base64url'));
    expect(text).not.toContain(hash);
  });

  it('with any one character changed, dropped or added is none', () => {
    const { text } = newSessionToken(sessionId);
    const forged = [...text].flatMap((character, at) => [
      text.slice(0, at) + (character === 'A' ? 'B' : 'A') + text.slice(at + 1),
      text.slice(0, at) + text.slice(at + 1),
      `${text.slice(0, at)}A${text.slice(at)}`,
    ]);
    expect(forged.filter((one) => one !== text && parseSessionToken(one) !== null)).toEqual([]);
  });

  it('has one spelling: bits that mean nothing, padding and white space are refused', () => {
    const { text } = newSessionToken(sessionId);
    const nextTo = String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
    const spellings = [`${text}=`, `${text}==`, `${text} `, ` ${text}`, text.slice(0, -1) + nextTo];
    expect(spellings.filter((one) => parseSessionToken(one) !== null)).toEqual([]);
  });

  it('is none of a user, nor the other way around, whatever its checksum was made with', () => {
    const session = newSessionToken(sessionId).text;
    const user = newAccessToken({ userStream: sessionId, tokenId: sessionId }).text;
    expect([parseAccessToken(session), parseSessionToken(user)]).toEqual([null, null]);
    expect(parseSessionToken(forgedWith('css_'))).not.toBeNull();
    expect([parseSessionToken(forgedWith('')), parseSessionToken(forgedWith('cs_'))]).toEqual([null, null]);
  });

  it.each(['', 'css_', 'css_A', 'x'.repeat(100_000), `css_${'A'.repeat(100_000)}`, `css_${'花'.repeat(70)}`])(
    'is not found in other text: %#',
    (text) => {
      expect(parseSessionToken(text)).toBeNull();
    },
  );

  it.each(['', 'CANARY', sessionId.toUpperCase(), `x${sessionId}`, `${sessionId}\n`])(
    'is not made for what is no id of a session, and the error does not quote it: %#',
    (id) => {
      const failure = thrownBy(() => newSessionToken(id));
      expect(failure).toEqual(new TypeError('the id of a session is a UUID in lower case'));
      expect(inspect(failure, { depth: null, showHidden: true })).not.toContain('CANARY');
    },
  );
});

function forgedWith(prefix: string): string {
  const body = Buffer.alloc(48, 7);
  const checksum = createHash('sha256').update(prefix).update(body).digest().subarray(0, 4);
  return `css_${Buffer.concat([body, checksum]).toString('base64url')}`;
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
