// Everything that key-store.ts promises. A store's own spec calls this with how to make its store.

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { sampleKey, wrappedBytes } from '#secrets/contract/samples.js';
import type { KeyStore, WrappedKey } from '#secrets/key-store.js';

export interface StoreUnderTest {
  readonly store: KeyStore;
  /** Closes the store and opens the same storage again. */
  reopen(): Promise<KeyStore>;
  dispose(): Promise<void>;
}

export interface StoreEngine {
  readonly name: string;
  create(): Promise<StoreUnderTest>;
}

function rewrapped(from: WrappedKey, masterKeyId = 'm2'): WrappedKey {
  return { ...from, masterKeyId, wrapped: randomBytes(wrappedBytes) };
}

function plain(key: WrappedKey | null): unknown {
  return key === null ? null : { ...key, wrapped: Buffer.from(key.wrapped).toString('hex') };
}

export function keyStoreContract(engine: StoreEngine): void {
  describe(`the key store port on ${engine.name}`, () => {
    let under: StoreUnderTest;
    let store: KeyStore;
    beforeEach(async () => {
      under = await engine.create();
      store = under.store;
    });
    afterEach(() => under.dispose());

    async function expectStored(key: WrappedKey): Promise<void> {
      expect(plain(await store.get(key.subject))).toEqual(plain(key));
    }

    async function addAll(keys: readonly WrappedKey[]): Promise<void> {
      expect(new Set(await Promise.all(keys.map((key) => store.add(key))))).toEqual(new Set([true]));
    }

    const subjectsAfter = async (after: string | null, limit: number, not = 'none'): Promise<string[]> =>
      (await store.notWrappedBy(not, { after, limit })).map(({ subject }) => subject);

    describe('adding', () => {
      it('a key that was added is found whole, also when the store is opened again', async () => {
        const key = sampleKey();
        expect(await store.add(key)).toBe(true);
        await expectStored(key);
        store = await under.reopen();
        await expectStored(key);
      });

      it('a subject with a key gets no other, and nothing changes', async () => {
        const key = sampleKey();
        await store.add(key);
        expect(await store.add(sampleKey({ subject: key.subject, masterKeyId: 'm2' }))).toBe(false);
        expect(await store.add(key)).toBe(false);
        await expectStored(key);
        expect(await store.countByMasterKey()).toEqual(new Map([['m1', 1]]));
      });

      it('of sixty-four at once for one subject one is stored, and its own call says so', async () => {
        const keys = Array.from({ length: 64 }, () => sampleKey({ subject: 'user-raced' }));
        const added = await Promise.all(keys.map((key) => store.add(key)));
        expect(added.filter(Boolean)).toHaveLength(1);
        await expectStored(keys[added.indexOf(true)] as WrappedKey);
      });

      it('another subject has none, however alike its name', async () => {
        await addAll([sampleKey({ subject: 'user-a' })]);
        expect(await store.get('user-A')).toBeNull();
        expect(await store.get('user-a ')).toBeNull();
        expect(await store.get('user-')).toBeNull();
        expect(await store.get("user-a' OR '1'='1")).toBeNull();
      });

      it('what is stored belongs to the store: bytes changed outside change nothing', async () => {
        const key = sampleKey();
        const kept = { ...key, wrapped: Buffer.from(key.wrapped) };
        await store.add(key);
        key.wrapped.fill(0);
        (await store.get(key.subject))?.wrapped.fill(0);
        (await store.notWrappedBy('none', { after: null, limit: 10 }))[0]?.wrapped.fill(0);
        await expectStored(kept);
      });
    });

    describe('erasing', () => {
      it('an erased key is gone, also when the store is opened again, and others stay', async () => {
        const [key, other] = [sampleKey(), sampleKey()];
        await addAll([key, other]);
        expect(await store.erase(key.subject)).toBe(true);
        expect(await store.get(key.subject)).toBeNull();
        await expectStored(other);
        store = await under.reopen();
        expect(await store.get(key.subject)).toBeNull();
        await expectStored(other);
      });

      it('where there is no key, nothing is erased', async () => {
        const key = sampleKey();
        expect(await store.erase(key.subject)).toBe(false);
        await store.add(key);
        await store.erase(key.subject);
        expect(await store.erase(key.subject)).toBe(false);
      });

      it('whoever was erased may have another key', async () => {
        const [key, next] = [sampleKey({ subject: 'user-again' }), sampleKey({ subject: 'user-again' })];
        await store.add(key);
        await store.erase(key.subject);
        expect(await store.add(next)).toBe(true);
        await expectStored(next);
      });

      it('of many at once one erases', async () => {
        const key = sampleKey();
        await store.add(key);
        const erased = await Promise.all(Array.from({ length: 16 }, () => store.erase(key.subject)));
        expect(erased.filter(Boolean)).toHaveLength(1);
      });

      it('adding and erasing at once have a serial order', async () => {
        for (let round = 0; round < 50; round += 1) {
          const subject = `user-${round}`;
          const adds = Array.from({ length: 4 }, () => store.add(sampleKey({ subject })));
          const erasures = Array.from({ length: 3 }, () => store.erase(subject));
          const late = store.add(sampleKey({ subject }));
          const added = (await Promise.all([...adds, late])).filter(Boolean).length;
          const erased = (await Promise.all(erasures)).filter(Boolean).length;
          expect(added - erased).toBe((await store.get(subject)) === null ? 0 : 1);
        }
      });
    });

    describe('re-wrapping', () => {
      it('puts one wrapping in the place of another, for good', async () => {
        const [from, other] = [sampleKey(), sampleKey()];
        await addAll([from, other]);
        const to = rewrapped(from);
        expect(await store.rewrap(from, to)).toBe(true);
        await expectStored(to);
        store = await under.reopen();
        await expectStored(to);
        await expectStored(other);
      });

      it.each<[string, (key: WrappedKey) => WrappedKey]>([
        ['key', (key) => ({ ...key, keyId: 'another' })],
        ['master key', (key) => ({ ...key, masterKeyId: 'another' })],
        ['wrapping', (key) => ({ ...key, wrapped: randomBytes(wrappedBytes) })],
      ])('changes nothing when another %s is stored', async (_what, other) => {
        const key = sampleKey();
        await store.add(key);
        const from = other(key);
        expect(await store.rewrap(from, rewrapped(from))).toBe(false);
        await expectStored(key);
      });

      it('does not make a key where there is none', async () => {
        const from = sampleKey();
        expect(await store.rewrap(from, rewrapped(from))).toBe(false);
        expect(await store.get(from.subject)).toBeNull();
      });

      it('of many at once one wins', async () => {
        const from = sampleKey();
        await store.add(from);
        const candidates = Array.from({ length: 16 }, () => rewrapped(from));
        const won = await Promise.all(candidates.map((to) => store.rewrap(from, to)));
        expect(won.filter(Boolean)).toHaveLength(1);
        await expectStored(candidates[won.indexOf(true)] as WrappedKey);
      });

      it('never brings an erased key back', async () => {
        const keys = Array.from({ length: 50 }, () => sampleKey());
        await addAll(keys);
        await Promise.all(
          keys.flatMap((from, index) => {
            const calls = [
              () => store.erase(from.subject),
              () => store.rewrap(from, rewrapped(from)),
            ] as const;
            return (index % 2 === 0 ? calls : calls.toReversed()).map((call) => call());
          }),
        );
        expect(await Promise.all(keys.map((key) => store.get(key.subject)))).toEqual(keys.map(() => null));
      });
    });

    describe('what another master key wraps', () => {
      it('is told in pages, in the order of the bytes of its subjects', async () => {
        const inOrder = ['A-1', 'B', 'Z', 'a', 'a-1', 'a-10', 'a-2', 'b', 'user-0', 'user-~'];
        await addAll(inOrder.toReversed().map((subject) => sampleKey({ subject })));
        expect(await subjectsAfter(null, 4)).toEqual(inOrder.slice(0, 4));
        expect(await subjectsAfter('Z', 4)).toEqual(inOrder.slice(3, 7));
        expect(await subjectsAfter('a-11', 100)).toEqual(inOrder.slice(6));
        expect(await subjectsAfter('user-~', 4)).toEqual([]);
      });

      it('is in one order when several wrap it, and leaves out the one that was named', async () => {
        const masterKeyIds = ['m1', 'm2', 'm3', 'M'];
        const keys = Array.from({ length: 40 }, (_, index) =>
          sampleKey({
            subject: `user-${String(index).padStart(2, '0')}`,
            masterKeyId: String(masterKeyIds[index % 4]),
          }),
        );
        await addAll(keys);
        const wanted = keys.filter(({ masterKeyId }) => masterKeyId !== 'm2');
        const first = await store.notWrappedBy('m2', { after: null, limit: 7 });
        expect(first.map(plain)).toEqual(wanted.slice(0, 7).map(plain));
        const second = await store.notWrappedBy('m2', { after: 'user-08', limit: 100 });
        expect(second.map(plain)).toEqual(wanted.slice(7).map(plain));
      });

      it('is paged through while it changes: what stays is told once, what is erased ahead is not', async () => {
        const staying = Array.from({ length: 30 }, (_, index) =>
          sampleKey({ subject: `user-${String(index).padStart(2, '0')}` }),
        );
        const erased = [sampleKey({ subject: 'user-25-gone' }), sampleKey({ subject: 'user-29-gone' })];
        await addAll([...staying, ...erased]);
        const told: string[] = [];
        let after: string | null = null;
        for (let page = 0; page < 100; page += 1) {
          const subjects: string[] = await subjectsAfter(after, 3);
          if (subjects.length === 0) break;
          told.push(...subjects);
          after = String(subjects.at(-1));
          await store.add(sampleKey({ subject: `user-00-behind-${page}` }));
          await store.erase(String(erased[page % 2]?.subject));
        }
        expect(told).toEqual(staying.map(({ subject }) => subject));
      });
    });

    describe('counting', () => {
      it('tells how many each master key wraps, and none that wraps nothing', async () => {
        expect(await store.countByMasterKey()).toEqual(new Map());
        const keys = Array.from({ length: 5 }, (_, index) =>
          sampleKey({ masterKeyId: index < 3 ? 'm1' : 'm2' }),
        );
        await addAll(keys);
        expect(await store.countByMasterKey()).toEqual(
          new Map([
            ['m1', 3],
            ['m2', 2],
          ]),
        );
        await store.erase(String(keys[0]?.subject));
        for (const from of keys.slice(3)) await store.rewrap(from, rewrapped(from, 'm3'));
        expect(await store.countByMasterKey()).toEqual(
          new Map([
            ['m1', 2],
            ['m3', 2],
          ]),
        );
      });
    });

    describe('closing', () => {
      it('finishes what was accepted', async () => {
        const keys = Array.from({ length: 200 }, () => sampleKey());
        const adding = Promise.all(keys.map((key) => store.add(key)));
        const reopening = under.reopen();
        expect(new Set(await adding)).toEqual(new Set([true]));
        store = await reopening;
        expect(await store.countByMasterKey()).toEqual(new Map([['m1', 200]]));
      });

      it('leaves nothing to be asked, and may be done again', async () => {
        await store.close();
        await store.close();
        const refused = { name: 'KeyStoreError', code: 'unavailable' };
        const key = sampleKey();
        await expect(store.add(key)).rejects.toMatchObject(refused);
        await expect(store.get(key.subject)).rejects.toMatchObject(refused);
        await expect(store.erase(key.subject)).rejects.toMatchObject(refused);
        await expect(store.rewrap(key, rewrapped(key))).rejects.toMatchObject(refused);
        await expect(store.notWrappedBy('m1', { after: null, limit: 1 })).rejects.toMatchObject(refused);
        await expect(store.countByMasterKey()).rejects.toMatchObject(refused);
      });
    });
  });
}
