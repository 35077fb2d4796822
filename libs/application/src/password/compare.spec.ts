import { describe, expect, it } from '@jest/globals';

import { guessPassword } from '#application/password/compare.js';

const full = Object.assign(new Error('full'), { code: 'hash-lane-full', retryAfterMs: 1_000 });

const guessed = (hash: () => Promise<string>, verify = async () => true) =>
  guessPassword('secret', { passwords: { verify, hash, needsRehash: () => true } }).compare('stored');

describe('a right password whose hash is to be made anew', () => {
  it('comes with the new hash', async () => {
    expect(await guessed(async () => 'anew')).toEqual({ matches: true, rehashed: 'anew' });
  });

  it('is right all the same where too much is being hashed: a later login makes it anew', async () => {
    expect(await guessed(() => Promise.reject(full))).toEqual({ matches: true, rehashed: null });
  });

  it('is not taken for right where its comparison finds no room, and hides no other failure', async () => {
    const refuse = () => Promise.reject(full);
    await expect(guessed(async () => 'anew', refuse)).rejects.toBe(full);
    const broken = new Error('a thread has ended');
    await expect(guessed(() => Promise.reject(broken))).rejects.toBe(broken);
  });
});
