import { describe, expect, it } from '@jest/globals';

import type { WrappedKey } from '#secrets/key-store.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { keepingWhatIsWiped } from '#secrets/testing/wiped.js';
import { KeyBroken, MasterKeyMissing, newDataKey, unwrapDataKey, wrapAnew } from '#secrets/wrapping.js';

const [first, second] = [newMasterKeyLine('m1'), newMasterKeyLine('m2')];
const old = parseMasterKeys(first + second);
const rotated = parseMasterKeys(second + first);
const { key, wrapped } = newDataKey('user-1', old.sealing);

const bytesOf = (one: { key: { export(): Buffer } }): string => one.key.export().toString('hex');

describe('a wrapped data key', () => {
  it('opens to the same key', () => {
    const opened = unwrapDataKey(old, wrapped);
    expect([opened.id, opened.subject, bytesOf(opened)]).toEqual([key.id, 'user-1', bytesOf(key)]);
    expect(key.key.symmetricKeySize).toBe(32);
  });

  it('opens as it was wrapped by the first release: keys are kept for ever', () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const then: WrappedKey = {
      subject: 'user-1',
      keyId: 'qSJ8zL_TucQ-TFGTgwQgbQ',
      masterKeyId: 'm1',
      wrapped: Buffer.from(
        'AaxrsN-rhS2sIfV2ap8B8-SMyl2xvb_Vfox0egzrAqUAdQAaNIlloO8ghzoGdhfOpFfLLxFHtdZXKO8ugA',
        'base64url',
      ),
    };
    const opened = unwrapDataKey(parseMasterKeys(`m1 ${bytes.toString('base64')}\n`), then);
    expect(opened.key.export().toString('base64url')).toBe('mik9FM6jWDUnJYDpXtG6HLDIQ8nzHDV9B4TLb665ptU');
  });

  it('is wiped wherever its bytes have been, once it is a key object or wrapped', () => {
    const zeros = '00'.repeat(32);
    const made = keepingWhatIsWiped(() => newDataKey('user-1', old.sealing));
    const wipesOf = ({ wiped }: Pick<typeof made, 'wiped'>): string[] =>
      wiped.filter(({ held }) => held === bytesOf(made.answer.key)).map(({ left }) => left);
    // In the pool of random bytes, and in the portion that was taken from it.
    expect(wipesOf(made)).toEqual([zeros, zeros]);
    expect(wipesOf(keepingWhatIsWiped(() => unwrapDataKey(old, made.answer.wrapped)))).toEqual([zeros]);
    expect(wipesOf(keepingWhatIsWiped(() => wrapAnew(rotated, made.answer.wrapped)))).toEqual([zeros]);
  });

  it('is as long as a slot of a store, whatever its names', () => {
    expect(key.id).toMatch(/^[\w-]{22}$/);
    expect(wrapped.wrapped).toHaveLength(61);
    expect(newDataKey('u', rotated.sealing).wrapped.wrapped).toHaveLength(61);
    expect(newDataKey('u'.repeat(255), rotated.sealing).wrapped.wrapped).toHaveLength(61);
  });

  it('is another each time, of another id, also of one subject', () => {
    const made = Array.from({ length: 1_000 }, () => newDataKey('user-1', old.sealing));
    expect(new Set(made.map((one) => one.key.id)).size).toBe(1_000);
    expect(new Set(made.map((one) => bytesOf(one.key))).size).toBe(1_000);
    expect(made.every((one) => one.wrapped.keyId === one.key.id)).toBe(true);
  });

  it('stays the same key when it is wrapped anew, by the master key that seals now', () => {
    const anew = wrapAnew(rotated, wrapped);
    expect(anew.masterKeyId).toBe('m2');
    expect(anew.keyId).toBe(key.id);
    expect(bytesOf(unwrapDataKey(old, anew))).toBe(bytesOf(key));
    expect(bytesOf(unwrapDataKey(parseMasterKeys(second), anew))).toBe(bytesOf(key));
  });

  it('holds nothing of the key', () => {
    expect(Buffer.from(wrapped.wrapped).toString('hex')).not.toContain(bytesOf(key).slice(0, 16));
  });

  it.each<[string, Partial<WrappedKey>]>([
    ['another subject', { subject: 'user-2' }],
    ['another id', { keyId: newDataKey('user-1', old.sealing).key.id }],
    ['another master key', { masterKeyId: 'm2' }],
    ['no bytes', { wrapped: Buffer.alloc(0) }],
    ['wiped bytes', { wrapped: Buffer.alloc(61) }],
    ['the bytes of another key', { wrapped: newDataKey('user-1', old.sealing).wrapped.wrapped }],
  ])('does not open with %s', (_what, changes) => {
    expect(() => unwrapDataKey(old, { ...wrapped, ...changes })).toThrow(KeyBroken);
    expect(thrownBy(() => unwrapDataKey(old, { ...wrapped, ...changes }))).toMatch(
      /^KeyBroken\na wrapped data key does not open\n/,
    );
    expect(() => wrapAnew(rotated, { ...wrapped, ...changes })).toThrow(KeyBroken);
  });

  it('does not open under the same master key by another id', () => {
    const twice = parseMasterKeys(first + first.replace('m1', 'm2'));
    expect(unwrapDataKey(twice, wrapped).id).toBe(key.id);
    expect(() => unwrapDataKey(twice, { ...wrapped, masterKeyId: 'm2' })).toThrow(KeyBroken);
  });

  it('does not open with one bit flipped, nor when it was cut', () => {
    const bytes = Buffer.from(wrapped.wrapped);
    const flipped = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return changed;
    });
    const cut = Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length));
    for (const changed of [...flipped, ...cut])
      expect(() => unwrapDataKey(old, { ...wrapped, wrapped: changed })).toThrow(KeyBroken);
  });

  it('names the master key that it needs and that is not there', () => {
    const without = parseMasterKeys(second);
    expect(() => unwrapDataKey(without, wrapped)).toThrow(MasterKeyMissing);
    expect(() => unwrapDataKey(without, wrapped)).toThrow(
      'data keys need the master key "m1", which is not there',
    );
  });

  it('is told by no error: neither its bytes nor those of the keys', () => {
    const errors = [
      () => unwrapDataKey(parseMasterKeys(second), wrapped),
      () => unwrapDataKey(old, { ...wrapped, subject: 'user-2' }),
      () => newDataKey(`${bytesOf(key)} `, old.sealing),
    ].map(thrownBy);
    const canaries = [
      bytesOf(key),
      key.key.export().toString('base64'),
      Buffer.from(wrapped.wrapped).toString('base64'),
      first.slice(3, -1),
      second.slice(3, -1),
    ];
    expect(canaries.filter((canary) => errors.some((text) => text.includes(canary)))).toEqual([]);
    expect(errors).toHaveLength(3);
  });

  it.each(['', 'user 1', 'usér', 'user-1\n', 'u'.repeat(256)])('has no subject such as %j', (subject) => {
    expect(() => newDataKey(subject, old.sealing)).toThrow(
      new TypeError('a subject is 1 to 255 printable ASCII characters'),
    );
  });
});

function thrownBy(attempt: () => unknown): string {
  try {
    return `nothing was thrown: ${String(attempt())}`;
  } catch (error) {
    const { name, message, stack } = error as Error;
    return [name, message, stack, JSON.stringify(error)].join('\n');
  }
}
