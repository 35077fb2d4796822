import { pbkdf2Sync, scryptSync } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { workOff } from '#secrets/hash-work.js';
import { isBearable, readStoredHash } from '#secrets/stored-hash.js';

const fits = (stored: string, text: string) => workOff({ kind: 'verify', stored, text });
const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
const salt = Buffer.from('saltsaltsalt');

function pbkdf2(digest: string, iterations: number, head: string, length = 32): string {
  const hash = pbkdf2Sync('password', salt, iterations, length, digest);
  return `${head}$${base64(salt)}$${base64(hash)}`;
}

function scrypt(log: number, r: number, p: number): string {
  const hash = scryptSync('password', salt, 32, { cost: 2 ** log, blockSize: r, parallelization: p });
  return `$scrypt$ln=${log},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`;
}

describe('a hash from elsewhere', () => {
  it.each([
    // The tests of the reference implementation of Argon2.
    ['$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc', 'password'],
    ['$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8', 'password'],
    ['$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY', 'password'],
    // The tests of crypt_blowfish.
    ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
    ['$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK', 'U*U*'],
    ['$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
    // RFC 7914 section 12, with its salt.
    [
      '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
      'pleaseletmein',
    ],
    [scrypt(10, 8, 2), 'password'],
    [pbkdf2('sha1', 1_000, '$pbkdf2$1000', 20), 'password'],
    [pbkdf2('sha1', 1_000, '$pbkdf2-sha1$1000', 20), 'password'],
    [pbkdf2('sha256', 1_000, '$pbkdf2-sha256$1000'), 'password'],
    [pbkdf2('sha256', 1_000, '$pbkdf2-sha256$i=1000,l=32'), 'password'],
    [pbkdf2('sha256', 1_000, '$pbkdf2-sha256$1000').replaceAll('+', '.'), 'password'],
    [pbkdf2('sha512', 1_000, '$pbkdf2-sha512$i=1000,l=64', 64), 'password'],
  ])('is verified with its own text only: %s', (stored, text) => {
    expect([fits(stored, text), fits(stored, `${text} `), fits(stored, '')]).toEqual([true, false, false]);
  });

  it.each([
    ['', 'nothing'],
    ['$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'bcrypt as it was with a mistake in it'],
    ['$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'a cost that bcrypt does not have'],
    ['$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe', 'one character less'],
    ['$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/', 'crypt by MD5'],
    ['{SSHA}MPEjRkZ8zdaB5v+wE2zJ5NYzSgRhbsaV', 'salted SHA-1'],
    [
      '$argon2id$v=18$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
      'no version of it',
    ],
    [
      '$argon2id$v=19$m=8,t=2,p=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
      'too little for two lanes',
    ],
    ['$argon2id$v=19$m=256,t=2,p=1$c2Fs$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4', 'hardly any salt'],
    [
      '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHR$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
      'bits left over',
    ],
    ['$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR', 'a hash that is soon guessed'],
    [scrypt(10, 8, 1).replace('r=8', 'r=0'), 'no block'],
    [scrypt(10, 8, 1).replace('ln=10', 'ln=0'), 'no cost'],
    [scrypt(10, 8, 1).replace('p=1', 'p=0'), 'no lane'],
    [pbkdf2('sha256', 1_000, '$pbkdf2-sha256$i=1000,l=31'), 'another length than it has'],
    [pbkdf2('sha256', 1_000, '$pbkdf2-sha256$0'), 'no iteration'],
    [pbkdf2('sha256', 1_000, '$pbkdf2-sha384$1000'), 'another digest'],
    [`${pbkdf2('sha256', 1_000, '$pbkdf2-sha256$1000')}\n`, 'a line'],
    [`$constructor$${'A'.repeat(50)}`, 'a name that every object has'],
  ])('%s is none that can be read: %s', (stored) => {
    expect(readStoredHash(stored)).toBeNull();
    expect(fits(stored, 'password')).toBeNull();
  });

  it.each([
    ['$argon2id$v=19$m=131072,t=4,p=1', '$argon2id$v=19$m=131073,t=1,p=1', '$argon2id$v=19$m=131072,t=5,p=1'],
    ['$argon2d$v=19$m=1024,t=512,p=16', '$argon2d$v=19$m=1024,t=513,p=16', '$argon2d$v=19$m=1024,t=1,p=17'],
    ['$argon2i$m=8,t=65536,p=1', '$argon2i$m=8,t=65537,p=1', '$argon2i$m=9999999,t=1,p=1'],
    ['$scrypt$ln=17,r=8,p=1', '$scrypt$ln=17,r=9,p=1', '$scrypt$ln=99,r=8,p=1'],
    ['$scrypt$ln=13,r=8,p=16', '$scrypt$ln=14,r=8,p=16', '$scrypt$ln=1,r=1,p=17'],
    ['$pbkdf2$1500000', '$pbkdf2$1500001', '$pbkdf2$9999999'],
    ['$pbkdf2-sha256$i=1500000,l=32', '$pbkdf2-sha256$i=1500001,l=32', '$pbkdf2-sha256$i=99999999,l=32'],
  ])('costs %s at most', (dearest, ...dearer) => {
    const text = (head: string) => `${head}$${'A'.repeat(22)}$${'A'.repeat(head.includes('sha') ? 43 : 22)}`;
    expect(readStoredHash(text(dearest))).not.toBeNull();
    expect(dearer.map((one) => readStoredHash(text(one)))).toEqual([null, null]);
  });

  it('costs half as much an iteration where the digest fits its length twice', () => {
    const long = (iterations: number) => `$pbkdf2$${iterations}$${'A'.repeat(22)}$${'A'.repeat(43)}`;
    expect([readStoredHash(long(750_000)), readStoredHash(long(750_001))]).toEqual([expect.anything(), null]);
  });

  it('by bcrypt costs 2^13 at most', () => {
    const of = (cost: string) => readStoredHash(`$2b$${cost}$${'A'.repeat(53)}`);
    expect(['04', '13', '14', '31'].map((cost) => of(cost)?.kind)).toEqual([
      'bcrypt',
      'bcrypt',
      undefined,
      undefined,
    ]);
  });
});

describe('parameters of Argon2', () => {
  it.each([
    [{ memoryKibibytes: 8, passes: 1, parallelism: 1 }, true],
    [{ memoryKibibytes: 7, passes: 1, parallelism: 1 }, false],
    [{ memoryKibibytes: 8, passes: 0, parallelism: 1 }, false],
    [{ memoryKibibytes: 8, passes: 1, parallelism: 0 }, false],
    [{ memoryKibibytes: Number.NaN, passes: 1, parallelism: 1 }, false],
  ])('%j: %s', (parameters, expected) => {
    expect(isBearable(parameters)).toBe(expected);
  });
});
