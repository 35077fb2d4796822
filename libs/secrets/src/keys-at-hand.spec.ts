import { createSecretKey } from 'node:crypto';

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import type { DataKey } from '#secrets/data-keys.js';
import { KeysAtHand } from '#secrets/keys-at-hand.js';

const keyOf = (subject: string, byte: number): DataKey => ({
  id: `${subject}/${byte}`,
  subject,
  key: createSecretKey(Buffer.alloc(32, byte)),
});
const plain = (key: DataKey | undefined) => ({ id: key?.id, bytes: key?.key.export() });
const bytesOf = (key: DataKey | undefined) => key?.key.export();

/** More than are kept as key objects. */
function pushAside(keys: KeysAtHand): void {
  for (let index = 0; index < 5_000; index += 1) keys.set(keyOf(`filler ${index}`, 1));
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the keys at hand', () => {
  it('are the same objects while they are in use', () => {
    const keys = new KeysAtHand(100);
    const key = keyOf('a', 7);
    keys.set(key);
    expect(keys.get('a')).toBe(key);
    expect(keys.get('b')).toBeUndefined();
  });

  it('open and seal the same when they were out of use for long', () => {
    const keys = new KeysAtHand(20_000);
    keys.set(keyOf('a', 7));
    pushAside(keys);
    const found = keys.get('a');
    expect(found).toMatchObject({ id: 'a/7', subject: 'a' });
    expect(bytesOf(found)).toEqual(Buffer.alloc(32, 7));
    expect(keys.get('a')).toBe(found);
  });

  it('are what was last made, in use or not', () => {
    const keys = new KeysAtHand(20_000);
    keys.set(keyOf('a', 7));
    keys.set(keyOf('a', 8));
    expect(keys.get('a')?.id).toBe('a/8');
    pushAside(keys);
    expect(bytesOf(keys.get('a'))).toEqual(Buffer.alloc(32, 8));
  });

  it('are wiped when they are taken away', () => {
    const chunks = jest.spyOn(Buffer, 'alloc');
    const keys = new KeysAtHand(20_000);
    keys.set({ ...keyOf('a', 7) });
    const places = chunks.mock.results
      .map(({ value }) => value as Buffer)
      .filter(({ length }) => length > 32);
    expect(places.some((bytes) => bytes.includes(7))).toBe(true);
    keys.delete('a');
    expect(places.some((bytes) => bytes.includes(7))).toBe(false);
    expect(keys.get('a')).toBeUndefined();
  });

  it('are wiped when they are forgotten', () => {
    const chunks = jest.spyOn(Buffer, 'alloc');
    const keys = new KeysAtHand(10);
    keys.set(keyOf('a', 7));
    const places = chunks.mock.results
      .map(({ value }) => value as Buffer)
      .filter(({ length }) => length > 32);
    for (let index = 0; index < 30; index += 1) keys.set(keyOf(`filler ${index}`, 1));
    expect(places).toHaveLength(1);
    expect(places.some((bytes) => bytes.includes(7))).toBe(false);
    expect(keys.get('a')).toBeUndefined();
  });

  it('stay as long as they are asked for', () => {
    const keys = new KeysAtHand(10, 2);
    keys.set(keyOf('a', 7));
    for (let index = 0; index < 100; index += 1) {
      keys.set(keyOf(`filler ${index}`, 1));
      keys.set(keyOf(`another ${index}`, 1));
      expect(keys.get('a')).toBeDefined();
    }
  });

  it('are at least half of what there is room for', () => {
    const keys = new KeysAtHand(10, 2);
    for (let index = 0; index < 100; index += 1) keys.set(keyOf(`filler ${index}`, 1));
    for (let index = 95; index < 100; index += 1) expect(keys.get(`filler ${index}`)).toBeDefined();
  });

  it('are never more than there is room for, and never another’s or an older one', () => {
    const step = fc.record({
      subject: fc.integer({ min: 0, max: 15 }).map((number) => `subject ${number}`),
      does: fc.constantFrom('set' as const, 'get' as const, 'delete' as const),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    const room = fc.integer({ min: 2, max: 12 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), room, (steps, entriesMax) => {
        const keys = new KeysAtHand(entriesMax, 2);
        const last = new Map<string, DataKey>();
        const deeds = {
          set: (subject: string, byte: number) => {
            const key = keyOf(subject, byte);
            last.set(subject, key);
            keys.set(key);
          },
          delete: (subject: string) => {
            last.delete(subject);
            keys.delete(subject);
          },
          get: () => undefined,
        };
        for (const { subject, does, byte } of steps) {
          deeds[does](subject, byte);
          const found = keys.get(subject);
          if (found !== undefined) expect(plain(found)).toEqual(plain(last.get(subject)));
          expect(keys.size).toBeLessThanOrEqual(entriesMax);
        }
      }),
    );
  });
});
