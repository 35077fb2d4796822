import { describe, expect, it } from '@jest/globals';

import { Blocklist } from '#secrets/blocklist.js';
import { HashLane } from '#secrets/hash-lane.js';
import { Passwords } from '#secrets/passwords.js';

const unused = new HashLane({ concurrent: 1, waitingMax: 0 });
const passwords = new Passwords({ lane: new HashLane({ concurrent: 2, waitingMax: 100 }) });

describe('a password', () => {
  it('is hashed at the price for passwords, and verified', async () => {
    const stored = await passwords.hash('correct horse');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.verify(stored, 'correct horse')).toBe(true);
    expect(await passwords.verify(stored, 'Correct horse')).toBe(false);
    expect(await passwords.verify(stored, 'correct horse ')).toBe(false);
  });

  it('is the same on keyboards that put its letters together in another way', async () => {
    const stored = await passwords.hash('Gr\u00f6\u00dfe');
    expect(await passwords.verify(stored, 'Gro\u0308\u00dfe')).toBe(true);
    expect(await passwords.verify(stored, 'Gro\u00dfe')).toBe(false);
  });

  it('is common where it is on the list, and never without one', () => {
    const blocklist = Blocklist.read(Buffer.from('letmein'));
    const guarded = new Passwords({ lane: unused, blocklist });
    expect([guarded.isCommon('LetMeIn'), guarded.isCommon('let me in')]).toEqual([true, false]);
    expect(passwords.isCommon('letmein')).toBe(false);
  });

  it('is never right where there is none', async () => {
    expect(await passwords.verify(null, '')).toBe(false);
    expect(await passwords.verify(null, 'correct horse')).toBe(false);
  });

  it.each([
    ['less memory', '$argon2id$v=19$m=19455,t=2,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['fewer passes', '$argon2id$v=19$m=19456,t=1,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['another kind of Argon2', '$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['an older version', '$argon2id$v=16$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['another hash', '$2b$12$abcdefghijklmnopqrstuv', true],
    ['what only ends like it', 'x$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['what is asked for now', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', false],
    ['ten passes, in ten lanes', '$argon2id$v=19$m=19456,t=10,p=10$c2FsdHNhbHQ$aGFzaA', false],
    ['more than that', '$argon2id$v=19$m=65536,t=5,p=1$c2FsdHNhbHQ$aGFzaA', false],
  ])('made with %s is to be made anew: %#', (_what, stored, anew) => {
    expect(passwords.needsRehash(stored)).toBe(anew);
  });

  it('is hashed with what the setting says, and anew where that is more', async () => {
    const cheap = new Passwords({
      lane: unused,
      workFactor: { memoryKibibytes: 16, passes: 1, parallelism: 2 },
    });
    const stored = await cheap.hash('correct horse');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=16,t=1,p=2\$/);
    expect([cheap.needsRehash(stored), passwords.needsRehash(stored)]).toEqual([false, true]);
    expect(await passwords.verify(stored, 'correct horse')).toBe(true);
  });

  it('of another service is verified, and to be made anew', async () => {
    const stored = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
    expect([passwords.canVerify(stored), passwords.needsRehash(stored)]).toEqual([true, true]);
    expect([await passwords.verify(stored, 'U*U'), await passwords.verify(stored, 'U*V')]).toEqual([
      true,
      false,
    ]);
    expect(passwords.canVerify('{SSHA}MPEjRkZ8zdaB5v+wE2zJ5NYzSgRhbsaV')).toBe(false);
  });
});
