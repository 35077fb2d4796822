import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DataKeys } from '#secrets/data-keys.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { Names } from '#secrets/names.js';
import { rotateMasterKey } from '#secrets/rotate.js';

const [first, second] = [newMasterKeyLine('m1'), newMasterKeyLine('m2')];
const masterKeys = parseMasterKeys(first);
const store = new InMemoryKeyStore();
const names = await Names.open(store, masterKeys);

const text = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('the key of names', () => {
  it('is made once, however many open it at once, and found again', async () => {
    const shared = new InMemoryKeyStore();
    const opened = await Promise.all(Array.from({ length: 16 }, () => Names.open(shared, masterKeys)));
    const later = await Names.open(shared, masterKeys);
    expect(new Set([...opened, later].map((each) => each.loginKey('somebody'))).size).toBe(1);
    expect(await shared.countByMasterKey()).toEqual(new Map([['m1', 1]]));
  });

  it('is another one in another store', async () => {
    const other = await Names.open(new InMemoryKeyStore(), masterKeys);
    expect(other.loginKey('somebody')).not.toBe(names.loginKey('somebody'));
    expect(other.streamId('somebody')).not.toBe(names.streamId('somebody'));
  });

  it('stays the same when its wrapping changes', async () => {
    const rotated = new InMemoryKeyStore();
    const before = await Names.open(rotated, masterKeys);
    expect(await rotateMasterKey({ store: rotated, masterKeys: parseMasterKeys(second + first) })).toEqual({
      rewrapped: 1,
    });
    const after = await Names.open(rotated, parseMasterKeys(second));
    expect(after.loginKey('somebody')).toBe(before.loginKey('somebody'));
    expect(after.streamId('somebody')).toBe(before.streamId('somebody'));
  });
});

describe('a login name', () => {
  it.each([
    ['capitals', 'Some.Body@Example.ORG'],
    ['blanks around it', '  some.body@example.org\t\u00a0\u3000'],
    ['full-width letters', 'ｓｏｍｅ.ｂｏｄｙ@ｅｘａｍｐｌｅ.ｏｒｇ'],
  ])('means the same with %s', (_what, spelling) => {
    expect(names.loginKey(spelling)).toBe(names.loginKey('some.body@example.org'));
  });

  it.each([
    ['é', 'e\u0301'],
    ['Å', '\u212b'],
    ['ﬁ', 'fi'],
    ['Ǆ', 'ǆ'],
    ['T\u0308', '\u1e97'],
    ['İ', 'i\u0307'],
  ])('%j means the same as %j', (one, other) => {
    expect(names.loginKey(one)).toBe(names.loginKey(other));
  });

  it.each([
    ['a', 'b'],
    ['some body', 'somebody'],
    ['somebody', 'somebody.'],
    ['а', 'a'],
    ['e', 'é'],
    ['', '0'],
  ])('%j is another than %j', (one, other) => {
    expect(names.loginKey(one)).not.toBe(names.loginKey(other));
  });

  it('means the same when what it was brought to is spelled out, and brought there again', () => {
    fc.assert(
      fc.property(text, (name) => {
        const brought = name.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
        expect(names.loginKey(brought)).toBe(names.loginKey(name));
      }),
    );
  });

  it('is a keyed hash: 192 bits of HMAC-SHA-256', async () => {
    const key = (await new DataKeys({ store, masterKeys }).create('names')).key;
    const hash = createHmac('sha256', key).update(Buffer.from('login:somebody', 'utf16le')).digest();
    expect(names.loginKey(' SomeBody ')).toBe(hash.subarray(0, 24).toString('base64url'));
  });

  it('is no stream of the same letters', () => {
    expect(names.loginKey('somebody')).not.toBe(names.streamId('somebody'));
    expect(names.loginKey('stream:x')).not.toBe(names.streamId('x'));
  });
});

describe('the id of a stream', () => {
  const uuid = '0190f0aa-1234-7abc-8def-0123456789ab';

  it('is the UUID itself, in lower case', () => {
    expect(names.streamId(uuid)).toBe(uuid);
  });

  it.each([
    uuid.toUpperCase(),
    `${uuid} `,
    `x${uuid}`,
    `${uuid}\n`,
    `{${uuid}}`,
    uuid.replaceAll('-', ''),
    uuid.replace('a', 'g'),
    '',
    'somebody@example.org',
    '名前',
  ])('is a hash for %j', (id) => {
    expect(names.streamId(id)).toMatch(/^[\w-]{32}$/);
  });

  it('is printable ASCII, is no UUID unless it was one, and is not hashed again to itself', () => {
    fc.assert(
      fc.property(text, (id) => {
        const stream = names.streamId(id);
        expect(stream).toMatch(/^[\w-]{32}$/);
        expect(names.streamId(stream)).not.toBe(stream);
      }),
    );
  });

  it('tells apart what differs in case, in blanks, in form, and in half a surrogate pair', () => {
    const ids = ['Somebody', 'somebody', 'somebody ', 'é', 'e\u0301', 'a\ud800', 'a\ud801', 'a\ufffd'];
    expect(new Set(ids.map((id) => names.streamId(id))).size).toBe(ids.length);
  });
});

describe('the key of metadata', () => {
  it('is the same for the same user and the same key, to the letter', () => {
    const key = names.metadataKey('user-1', 'colour');
    expect(names.metadataKey('user-1', 'colour')).toBe(key);
    expect(key).toMatch(/^[\w-]{32}$/);
    const others = ['Colour', ' colour', 'colour ', 'colou', 'co\u0301lour', 'c\u00f3lour', 'colour\ud800'];
    expect(new Set([key, ...others.map((other) => names.metadataKey('user-1', other))]).size).toBe(8);
  });

  it('is another one for another user', () => {
    expect(names.metadataKey('user-2', 'colour')).not.toBe(names.metadataKey('user-1', 'colour'));
  });

  it('is no login name and no stream of the same letters', () => {
    const key = names.metadataKey('user-1', 'colour');
    expect(key).not.toBe(names.loginKey('user-1:colour'));
    expect(key).not.toBe(names.streamId('user-1:colour'));
  });
});

describe('the key of a fingerprint', () => {
  it('is the same for the same fingerprint alone, to the letter', () => {
    const key = names.fingerprintKey('browser one');
    expect(names.fingerprintKey('browser one')).toBe(key);
    expect(key).toMatch(/^[\w-]{32}$/);
    const others = ['Browser one', 'browser  one', 'browser on\u0435', 'browser one\ud800'];
    expect(new Set([key, ...others.map((other) => names.fingerprintKey(other))]).size).toBe(5);
  });

  it('is no login name and no stream of the same letters', () => {
    const key = names.fingerprintKey('somebody');
    expect(key).not.toBe(names.loginKey('somebody'));
    expect(key).not.toBe(names.streamId('somebody'));
  });
});

describe('the hash of an idempotency key', () => {
  it('is 192 bits, and the same for the same parts under the same key alone', async () => {
    const one = names.idempotencyHash('key', 'ada', 'k');
    expect(one).toMatch(/^[\w-]{32}$/);
    expect(names.idempotencyHash('key', 'ada', 'k')).toBe(one);
    const other = await Names.open(new InMemoryKeyStore(), masterKeys);
    expect(other.idempotencyHash('key', 'ada', 'k')).not.toBe(one);
  });

  it('tells parts from what they are put together from', () => {
    const bytes = (text: string) => Buffer.from(text, 'utf16le');
    const parts: (string | Uint8Array)[][] = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['abc'],
      ['abc', ''],
      ['ab', bytes('c')],
      [bytes('abc')],
      ['ab', 'C'],
      ['ab', '\ud800'],
      ['ab', '\ufffd'],
    ];
    expect(new Set(parts.map((each) => names.idempotencyHash(...each))).size).toBe(parts.length);
  });
});

describe('an id that is derived', () => {
  it('is a UUID of version 8 in lower case, which names a stream as it is', () => {
    fc.assert(
      fc.property(text, (from) => {
        const id = names.derivedId(from);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(names.streamId(id)).toBe(id);
      }),
    );
  });

  it('is the same for the same text under the same key alone', async () => {
    expect(names.derivedId('user:k')).toBe(names.derivedId('user:k'));
    expect(names.derivedId('user:k')).not.toBe(names.derivedId('user:l'));
    const other = await Names.open(new InMemoryKeyStore(), masterKeys);
    expect(other.derivedId('user:k')).not.toBe(names.derivedId('user:k'));
  });
});
