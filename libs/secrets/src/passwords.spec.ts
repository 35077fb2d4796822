import { describe, expect, it } from '@jest/globals';

import { Blocklist } from '#secrets/blocklist.js';
import { HashLane, HashLaneFull, type WorkFactor } from '#secrets/hash-lane.js';
import { type PasswordOptions, Passwords } from '#secrets/passwords.js';

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

  it('of another service is compared as it is typed, too, where keyboards differ in it', async () => {
    const { lane, asked } = notingLane();
    const strict = new Passwords({ lane, workFactor: cheap });
    const typed = 'Gro\u0308\u00dfe';
    const stored = await lane.hash(typed, { memoryKibibytes: 8, passes: 1 });
    expect(await strict.verify(stored, typed)).toBe(true);
    expect(await strict.verify(stored, 'Gr\u00f6\u00dfe')).toBe(false);
    asked.length = 0;
    expect(await strict.verify(null, typed)).toBe(false);
    expect(asked).toEqual(['dummy of 16', 'dummy of 16']);
  });

  it.each([
    ['nobody', 'wrong', ['dummy of 16']],
    ['made as now', 'wrong', ['verify']],
    ['made with three quarters of it', 'wrong', ['verify']],
    ['made with half of it', 'wrong', ['verify', 'dummy of 8']],
    ['made with half of it', 'wro\u0308ng', ['verify', 'verify', 'dummy of 8', 'dummy of 8']],
    ['made with half of it', 'U*U', ['verify']],
    ['made with more than it', 'wrong', ['verify']],
    ['of bcrypt', 'wrong', ['verify', 'dummy of 16']],
    ['of bcrypt', 'U*U', ['verify']],
  ] as const)("that is wrong takes as long for one %s as nobody's: %s", async (of, password, jobs) => {
    const { lane, asked } = notingLane();
    const strict = new Passwords({ lane, workFactor: cheap });
    const made = (memoryKibibytes: number) => lane.hash('U*U', { memoryKibibytes, passes: 1 });
    const stored = {
      nobody: null,
      'made as now': await made(16),
      'made with three quarters of it': await made(12),
      'made with half of it': await made(8),
      'made with more than it': await made(32),
      'of bcrypt': '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    }[of];
    asked.length = 0;
    expect(await strict.verify(stored, password)).toBe(password === 'U*U');
    expect(asked).toEqual(jobs);
  });

  it('that is wrong is wrong, too, where there is no room to take as long, and where that fails, it fails', async () => {
    const { lane } = notingLane();
    const stored = await lane.hash('correct horse', { memoryKibibytes: 8, passes: 1 });
    const failing = (error: Error) =>
      new Passwords({ lane: { ...lane, verifyDummy: () => Promise.reject(error) }, workFactor: cheap });
    expect(await failing(new HashLaneFull(1)).verify(stored, 'wrong')).toBe(false);
    await expect(failing(new Error('ended')).verify(stored, 'wrong')).rejects.toThrow('ended');
    await expect(failing(new HashLaneFull(1)).verify(null, 'wrong')).rejects.toThrow(HashLaneFull);
  });
});

const cheap = { memoryKibibytes: 16, passes: 1 };

/** What was asked of it, in order. */
function notingLane() {
  const within = new HashLane({ concurrent: 2, waitingMax: 100 });
  const asked: string[] = [];
  const noting =
    <Given extends readonly unknown[], Told>(what: string, run: (...given: Given) => Promise<Told>) =>
    (...given: Given): Promise<Told> => {
      asked.push(what);
      return run(...given);
    };
  const lane: PasswordOptions['lane'] = {
    busyForMs: () => within.busyForMs(),
    hash: noting('hash', (text: string, factor?: WorkFactor) => within.hash(text, factor)),
    verify: noting('verify', (stored: string, text: string) => within.verify(stored, text)),
    verifyDummy: (text, factor) => {
      asked.push(`dummy of ${factor?.memoryKibibytes}`);
      return within.verifyDummy(text, factor);
    },
  };
  return { lane, asked };
}
