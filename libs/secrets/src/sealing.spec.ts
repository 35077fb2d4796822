import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Sealed } from '#domain/ids.js';
import type { DataKey } from '#secrets/data-keys.js';
import { open, openText, SealBroken, type SealContext, seal } from '#secrets/sealing.js';

/** More may be asked for: 100,000 take half a minute. */
const mutations = Number(process.env.SEAL_MUTATIONS ?? 20_000);

const context: SealContext = {
  organizationId: 'organization-1',
  subject: 'user-1',
  factor: 'totp-1',
  purpose: 'secret',
};

function newKey(changes: Partial<DataKey> = {}): DataKey {
  const id = randomBytes(16).toString('base64url');
  return { id, subject: 'user-1', key: createSecretKey(randomBytes(32)), ...changes };
}

const key = newKey();

/** Every refusal there is: were there two of them, they would tell what was wrong. */
function refusalsOf(attempts: readonly (() => unknown)[]): unknown[] {
  const refusals = new Map<string, unknown>();
  for (const attempt of attempts) {
    const refusal = refusalOf(attempt);
    refusals.set(JSON.stringify(refusal), refusal);
  }
  return [...refusals.values()];
}

function refusalOf(attempt: () => unknown): unknown {
  try {
    return { opened: attempt() };
  } catch (error) {
    const { name, message, stack = '', ...rest } = error as Error;
    const thrownAt = stack.split('\n').find((line) => line.includes('sealing'));
    return { name, message, cause: (error as Error).cause ?? null, rest, thrownAt };
  }
}

const onlyRefusal = [
  {
    name: 'SealBroken',
    message: 'a sealed text does not open here',
    cause: null,
    rest: {},
    thrownAt: expect.stringContaining('open'),
  },
];

describe('what is sealed', () => {
  it('opens with its key in its place, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(open(key, context, seal(key, context, bytes))).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(openText(key, context, seal(key, context, text))).toBe(text);
      }),
    );
  });

  it('is ASCII, and names its version and its key', () => {
    const sealed = seal(key, context, 'somebody@example.org');
    expect(sealed).toMatch(/^1\.[\w-]{22}\.[\w-]+$/);
    expect(sealed.split('.')[1]).toBe(key.id);
  });

  it('opens as it was sealed by the first release: a log is read for ever', () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const keyThen = newKey({ id: 'AAECAwQFBgcICQoLDA0ODw', key: createSecretKey(bytes) });
    const sealedThen =
      '1.AAECAwQFBgcICQoLDA0ODw.apszpUb7MOFrlrH89SXHBK_U7Fv1GelHK1e1tELIOjoDn-tHZkxksgwyQGJLJkI8';
    expect(openText(keyThen, context, sealedThen as Sealed)).toBe('somebody@example.org');
  });

  it('holds nothing of the text, in no form', () => {
    const text = 'canary-of-a-secret';
    const sealed = seal(key, context, text);
    for (const form of ['utf8', 'hex', 'base64url'] as const)
      expect(sealed).not.toContain(Buffer.from(text).toString(form).slice(0, 12));
  });

  it('has a nonce that no other has: 100,000 seals of one text', () => {
    const nonces = new Set<string>();
    for (let count = 0; count < 100_000; count += 1)
      nonces.add(String(seal(key, context, 'same').split('.')[2]).slice(0, 16));
    expect(nonces.size).toBe(100_000);
  });
});

describe('what is sealed does not open', () => {
  const sealed = seal(key, context, 'somebody@example.org');
  const [version, id, text] = sealed.split('.') as [string, string, string];
  const bytes = Buffer.from(text, 'base64url');
  const withBytes = (changed: Uint8Array): Sealed =>
    `${version}.${id}.${Buffer.from(changed).toString('base64url')}` as Sealed;

  it('with a single bit of it flipped', () => {
    const flipped = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return () => open(key, context, withBytes(changed));
    });
    expect(refusalsOf(flipped)).toEqual(onlyRefusal);
  });

  it('with a single bit of its text flipped, also where the bytes would be the same', () => {
    const characters = Buffer.from(sealed, 'latin1');
    const flipped = Array.from({ length: characters.length * 8 }, (_, bit) => {
      const changed = Buffer.from(characters);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return () => open(key, context, changed.toString('latin1') as Sealed);
    });
    expect(refusalsOf(flipped)).toEqual(onlyRefusal);
  });

  it.each(['organizationId', 'subject', 'factor', 'purpose'] as const)('with another %s', (field) => {
    const others = ['', 'other', `${context[field]} `, `${context[field]}2`, context[field].toUpperCase()];
    expect(
      refusalsOf(others.map((other) => () => open(key, { ...context, [field]: other }, sealed))),
    ).toEqual(onlyRefusal);
  });

  it('where the same letters are divided among the fields in another way', () => {
    const divided = seal(key, { organizationId: 'ab', subject: 'c', factor: '1:d', purpose: '' }, 'text');
    const others = [
      { organizationId: 'a', subject: 'bc', factor: '1:d', purpose: '' },
      { organizationId: 'abc', subject: '', factor: '1:d', purpose: '' },
      { organizationId: 'ab', subject: 'c', factor: '', purpose: '1:d' },
      { organizationId: 'ab', subject: 'c3:1:d', factor: '', purpose: '' },
    ];
    expect(refusalsOf(others.map((other) => () => open(key, other, divided)))).toEqual(onlyRefusal);
  });

  it('for an id that differs in half a surrogate pair only', () => {
    const place = { ...context, factor: '\ud800' };
    const text = seal(key, place, 'text');
    expect(openText(key, place, text)).toBe('text');
    expect(refusalsOf([() => open(key, { ...place, factor: '\ud801' }, text)])).toEqual(onlyRefusal);
  });

  it('with another key, one of the same id, or the same one under another id', () => {
    const otherId = newKey({ key: key.key });
    expect(
      refusalsOf([
        () => open(newKey(), context, sealed),
        () => open(newKey({ id: key.id }), context, sealed),
        () => open(otherId, context, sealed),
        () => open(otherId, context, sealed.replace(key.id, otherId.id) as Sealed),
      ]),
    ).toEqual(onlyRefusal);
  });

  it('with a tag that was cut, of an empty text too', () => {
    const empty = Buffer.from(String(seal(key, context, '').split('.')[2]), 'base64url');
    const lengths = Array.from({ length: empty.length }, (_, length) => length);
    expect(
      refusalsOf(lengths.map((length) => () => open(key, context, withBytes(empty.subarray(0, length))))),
    ).toEqual(onlyRefusal);
    expect(open(key, context, withBytes(empty))).toHaveLength(0);
  });

  it('when it is something else', () => {
    const texts = ['', '.', '..', `${version}.${id}.`, `2.${id}.${text}`, `${version}.${text}`, `${sealed}=`];
    const others = [
      ...texts,
      `${sealed}\n`,
      ` ${sealed}`,
      `${sealed}.`,
      sealed.replace('.', ''),
      'a'.repeat(99),
    ];
    expect(refusalsOf(others.map((other) => () => open(key, context, other as Sealed)))).toEqual(onlyRefusal);
  });

  it(`changed in any of ${mutations} ways`, () => {
    const places = (Object.keys(context) as (keyof SealContext)[]).map((field) => ({
      ...context,
      [field]: `${context[field]}x`,
    }));
    const plaintexts = ['', 'a', 'somebody@example.org', randomBytes(20)];
    const sealedTexts = plaintexts.map((plaintext) => seal(key, context, plaintext));
    const mutation = fc.tuple(
      fc.constantFrom(...sealedTexts),
      fc.constantFrom('bits', 'cut', 'longer', 'place', 'nonce of another'),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
    );
    let opened = 0;
    fc.assert(
      fc.property(mutation, ([original, kind, at, change]) => {
        const raw = Buffer.from(String(original.split('.')[2]), 'base64url');
        const changed = Buffer.from(raw);
        changed[at % raw.length] = (changed[at % raw.length] ?? 0) ^ change;
        const other = Buffer.from(String(seal(key, context, '').split('.')[2]), 'base64url');
        const attempts = {
          bits: () => open(key, context, withBytes(changed)),
          cut: () => open(key, context, withBytes(raw.subarray(0, at % raw.length))),
          longer: () =>
            open(key, context, withBytes(Buffer.concat([raw, changed.subarray(0, 1 + (at % 16))]))),
          place: () => open(key, places[at % places.length] as SealContext, original),
          'nonce of another': () =>
            open(key, context, withBytes(Buffer.concat([other.subarray(0, 12), raw.subarray(12)]))),
        };
        try {
          attempts[kind as keyof typeof attempts]();
          opened += 1;
        } catch (error) {
          if (!(error instanceof SealBroken)) throw error;
        }
      }),
      { numRuns: mutations },
    );
    expect(opened).toBe(0);
  }, 300_000);
});
