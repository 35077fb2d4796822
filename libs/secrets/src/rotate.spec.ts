import { describe, expect, it } from '@jest/globals';

import { DataKeys } from '#secrets/data-keys.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import type { KeyPage, WrappedKey } from '#secrets/key-store.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { assertMasterKeys, rotateMasterKey, unusedMasterKeys } from '#secrets/rotate.js';
import { open, seal } from '#secrets/sealing.js';
import { KeyBroken, MasterKeyMissing } from '#secrets/wrapping.js';

const [first, second, third] = ['m1', 'm2', 'm3'].map(newMasterKeyLine) as [string, string, string];
const before = parseMasterKeys(first);
const after = parseMasterKeys(second + first);

const subjectOf = (index: number): string => `user-${String(index).padStart(5, '0')}`;
const context = { organizationId: 'o', subject: 's', factor: 'f', purpose: 'p' };

async function storeWith(count: number): Promise<InMemoryKeyStore> {
  const store = new InMemoryKeyStore();
  const keys = new DataKeys({ store, masterKeys: before });
  for (let index = 0; index < count; index += 1) await keys.create(subjectOf(index));
  return store;
}

/** Ends a rotation as a crash does, after so many changes. */
class CrashingStore extends InMemoryKeyStore {
  changesLeft = Number.POSITIVE_INFINITY;

  override async rewrap(from: WrappedKey, to: WrappedKey): Promise<boolean> {
    if (this.changesLeft === 0) throw new Error('the process was killed');
    this.changesLeft -= 1;
    return super.rewrap(from, to);
  }
}

describe('rotating the master key', () => {
  it('wraps every data key by the new one, and changes none of them', async () => {
    const store = await storeWith(250);
    const old = new DataKeys({ store, masterKeys: before });
    const sealed = await Promise.all(
      Array.from({ length: 250 }, async (_, index) => seal(await old.create(subjectOf(index)), context, 'x')),
    );
    expect(await rotateMasterKey({ store, masterKeys: after })).toEqual({ rewrapped: 250 });
    expect(await store.countByMasterKey()).toEqual(new Map([['m2', 250]]));
    const onlyNew = new DataKeys({ store, masterKeys: parseMasterKeys(second) });
    for (const [index, text] of sealed.entries()) {
      const key = await onlyNew.create(subjectOf(index));
      expect(open(key, context, text).toString()).toBe('x');
    }
  });

  it('does nothing where nothing is to be done', async () => {
    const store = await storeWith(10);
    const rewrap = store.rewrap.bind(store);
    let changes = 0;
    store.rewrap = (from, to) => {
      changes += 1;
      return rewrap(from, to);
    };
    expect(await rotateMasterKey({ store, masterKeys: before })).toEqual({ rewrapped: 0 });
    expect(changes).toBe(0);
    expect(await rotateMasterKey({ store: new InMemoryKeyStore(), masterKeys: before })).toEqual({
      rewrapped: 0,
    });
  });

  it('tells after each page how far it came', async () => {
    const store = await storeWith(25);
    const told: number[] = [];
    await rotateMasterKey({ store, masterKeys: after, pageSize: 10, onProgress: (n) => told.push(n) });
    expect(told).toEqual([10, 20, 25]);
  });

  it('ends after the page under way when it is told to, and is finished by running again', async () => {
    const store = await storeWith(35);
    const ending = new AbortController();
    const onProgress = (rewrapped: number) => rewrapped === 20 && ending.abort();
    const given = { store, masterKeys: after, pageSize: 10 };
    expect(await rotateMasterKey({ ...given, onProgress, until: ending.signal })).toEqual({ rewrapped: 20 });
    expect(await rotateMasterKey(given)).toEqual({ rewrapped: 15 });
  });

  it('asks for no more than a page at once', async () => {
    const store = await storeWith(25);
    const limits = new Set<number>();
    const notWrappedBy = store.notWrappedBy.bind(store);
    store.notWrappedBy = (id: string, page: KeyPage) => {
      limits.add(page.limit);
      return notWrappedBy(id, page);
    };
    await rotateMasterKey({ store, masterKeys: after });
    expect([...limits]).toEqual([100]);
  });

  it('goes on after the last key of each page, and ends with a pass that finds nothing', async () => {
    const store = await storeWith(25);
    const afters: (string | null)[] = [];
    const notWrappedBy = store.notWrappedBy.bind(store);
    store.notWrappedBy = (id: string, page: KeyPage) => {
      afters.push(page.after);
      return notWrappedBy(id, page);
    };
    await rotateMasterKey({ store, masterKeys: after, pageSize: 10 });
    expect(afters).toEqual([null, subjectOf(9), subjectOf(19), null]);
  });

  it('of 1,000 keys may be cut short at any page, and is finished by running again', async () => {
    for (let changes = 0; changes < 1_000; changes += 50) {
      const store = new CrashingStore();
      const source = await storeWith(1_000);
      for (const key of await source.notWrappedBy('none', { after: null, limit: 1_000 }))
        await store.add(key);
      store.changesLeft = changes + (changes % 7);
      const cut = rotateMasterKey({ store, masterKeys: after, pageSize: 50 });
      await expect(cut).rejects.toThrow('the process was killed');
      const rest = 1_000 - (changes + (changes % 7));
      expect((await store.countByMasterKey()).get('m1')).toBe(rest);
      store.changesLeft = Number.POSITIVE_INFINITY;
      expect(await rotateMasterKey({ store, masterKeys: after, pageSize: 50 })).toEqual({ rewrapped: rest });
      expect(await store.countByMasterKey()).toEqual(new Map([['m2', 1_000]]));
    }
  });

  it('fails no reader, and brings nothing erased back, while keys are read, made and erased', async () => {
    const store = await storeWith(1_000);
    const traffic = new DataKeys({ store, masterKeys: after, entriesMax: 20 });
    const laggard = new DataKeys({ store, masterKeys: before, entriesMax: 20 });
    let isDone = false;
    const told = { reads: 0, made: 0, erased: new Set<string>() };
    const readOne = async (turn: number): Promise<void> => {
      const subject = subjectOf((turn * 7_919) % 1_000);
      expect((await traffic.get(subject)) === null).toBe(told.erased.has(subject));
      told.reads += 1;
    };
    const eraseOne = async (turn: number): Promise<void> => {
      const subject = subjectOf((turn * 31) % 1_000);
      await traffic.erase(subject);
      told.erased.add(subject);
    };
    const makeOne = async (turn: number): Promise<void> => {
      await (turn % 2 === 0 ? laggard : traffic).create(`user-new-${turn}`);
      told.made += 1;
    };
    const work = (async () => {
      for (let turn = 0; !isDone; turn += 1) {
        await readOne(turn);
        if (turn % 10 === 0) await eraseOne(turn);
        if (turn % 5 === 0) await makeOne(turn);
        await new Promise(setImmediate);
      }
    })();
    const { rewrapped } = await rotateMasterKey({
      store: slow(store),
      masterKeys: after,
      pageSize: 10,
    });
    isDone = true;
    await work;
    expect(rewrapped).toBeGreaterThan(500);
    expect(Math.min(told.reads, told.made, told.erased.size)).toBeGreaterThan(10);
    // What the laggard made behind the last pass is left to the next run.
    await rotateMasterKey({ store, masterKeys: after });
    const counts = await store.countByMasterKey();
    expect(counts).toEqual(new Map([['m2', 1_000 - told.erased.size + told.made]]));
    for (const gone of told.erased) expect(await store.get(gone)).toBeNull();
  });

  it('finds in its next pass what was made behind it by a process with the old file', async () => {
    const store = await storeWith(20);
    const laggard = new DataKeys({ store, masterKeys: before });
    let isMade = false;
    const { rewrapped } = await rotateMasterKey({
      store: {
        add: (key) => store.add(key),
        get: (subject) => store.get(subject),
        erase: (subject) => store.erase(subject),
        rewrap: (from, to) => store.rewrap(from, to),
        countByMasterKey: () => store.countByMasterKey(),
        close: () => store.close(),
        notWrappedBy: async (id, page) => {
          const found = await store.notWrappedBy(id, page);
          if (page.after !== null && !isMade) {
            isMade = true;
            await laggard.create('user-00000-behind');
          }
          return found;
        },
      },
      masterKeys: after,
      pageSize: 10,
    });
    expect(rewrapped).toBe(21);
  });

  it('ends though a process with the old file never stops', async () => {
    const store = await storeWith(1);
    const laggard = new DataKeys({ store, masterKeys: before });
    let made = 0;
    const onProgress = (): void => {
      made += 1;
      laggard.create(`user-${made}`).catch(() => undefined);
    };
    await rotateMasterKey({ store, masterKeys: after, onProgress });
    expect(made).toBe(10);
  });

  it('does everything else before it tells of a key that does not open', async () => {
    const store = await storeWith(30);
    const stored = (await store.get(subjectOf(5))) as WrappedKey;
    await store.rewrap(stored, { ...stored, wrapped: Buffer.alloc(61) });
    await expect(rotateMasterKey({ store, masterKeys: after, pageSize: 10 })).rejects.toThrow(KeyBroken);
    expect(await store.countByMasterKey()).toEqual(
      new Map([
        ['m1', 1],
        ['m2', 29],
      ]),
    );
  });

  it('does not begin without a master key that is needed', async () => {
    const store = await storeWith(3);
    const without = parseMasterKeys(second);
    await expect(rotateMasterKey({ store, masterKeys: without })).rejects.toThrow(MasterKeyMissing);
    expect(await store.countByMasterKey()).toEqual(new Map([['m1', 3]]));
    await new DataKeys({ store, masterKeys: parseMasterKeys(third) }).create('user-99999');
    await expect(rotateMasterKey({ store, masterKeys: after })).rejects.toThrow(MasterKeyMissing);
    expect((await store.countByMasterKey()).get('m1')).toBe(3);
  });
});

/** Takes a turn of the event loop for each page, so that others come between. */
function slow(store: InMemoryKeyStore): InMemoryKeyStore {
  const slowed = Object.create(store) as InMemoryKeyStore;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return Object.assign(slowed, {
    add: (key: WrappedKey) => store.add(key),
    get: (subject: string) => store.get(subject),
    erase: (subject: string) => store.erase(subject),
    rewrap: async (from: WrappedKey, to: WrappedKey) => {
      await turn();
      return store.rewrap(from, to);
    },
    notWrappedBy: async (id: string, page: KeyPage) => {
      await turn();
      return store.notWrappedBy(id, page);
    },
    countByMasterKey: () => store.countByMasterKey(),
    close: () => store.close(),
  });
}

describe('a master key', () => {
  it('may be retired when it wraps nothing and seals nothing', async () => {
    const store = await storeWith(3);
    const keys = parseMasterKeys(second + first + third);
    expect(await unusedMasterKeys(store, keys)).toEqual(['m3']);
    await rotateMasterKey({ store, masterKeys: keys });
    expect(await unusedMasterKeys(store, keys)).toEqual(['m1', 'm3']);
    expect(await unusedMasterKeys(new InMemoryKeyStore(), keys)).toEqual(['m1', 'm3']);
  });

  it('that is still needed must be there', async () => {
    const store = await storeWith(3);
    await expect(assertMasterKeys(store, after)).resolves.toBeUndefined();
    const missing = assertMasterKeys(store, parseMasterKeys(second));
    await expect(missing).rejects.toThrow('data keys need the master key "m1", which is not there');
    await expect(missing).rejects.toMatchObject({ name: 'MasterKeyMissing', masterKeyId: 'm1' });
    await rotateMasterKey({ store, masterKeys: after });
    await expect(assertMasterKeys(store, parseMasterKeys(second))).resolves.toBeUndefined();
  });
});
