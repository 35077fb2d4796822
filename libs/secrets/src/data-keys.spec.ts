import { describe, expect, it } from '@jest/globals';

import { DataKeys } from '#secrets/data-keys.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import type { WrappedKey } from '#secrets/key-store.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { KeyBroken, MasterKeyMissing } from '#secrets/wrapping.js';

const masterKeys = parseMasterKeys(newMasterKeyLine('m1'));

/** A store whose answers wait until they are let go, in the order of the test. */
class HeldStore extends InMemoryKeyStore {
  reads = 0;
  held = new Set<'add' | 'get' | 'erase'>();
  readonly #waiting: (() => void)[] = [];

  override async add(key: WrappedKey): Promise<boolean> {
    const added = await super.add(key);
    await this.#hold('add');
    return added;
  }

  override async get(subject: string): Promise<WrappedKey | null> {
    this.reads += 1;
    const found = await super.get(subject);
    await this.#hold('get');
    return found;
  }

  override async erase(subject: string): Promise<boolean> {
    const erased = await super.erase(subject);
    await this.#hold('erase');
    return erased;
  }

  /** How many answers are held back, once everything that can run has run. */
  async holding(count: number): Promise<void> {
    while (this.#waiting.length < count) await new Promise(setImmediate);
  }

  async letGo(): Promise<void> {
    this.held.clear();
    for (const resolve of this.#waiting.splice(0)) resolve();
    await new Promise(setImmediate);
  }

  async #hold(kind: 'add' | 'get' | 'erase'): Promise<void> {
    if (this.held.has(kind)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

function fresh(entriesMax = 100): { store: HeldStore; keys: DataKeys; another: () => DataKeys } {
  const store = new HeldStore();
  const another = (): DataKeys => new DataKeys({ store, masterKeys, entriesMax });
  return { store, keys: another(), another };
}

describe('a data key', () => {
  it('is stored before it is handed out, and found again by who has nothing at hand', async () => {
    const { store, keys, another } = fresh();
    const key = await keys.create('user-1');
    expect((await store.get('user-1'))?.keyId).toBe(key.id);
    const found = await another().get('user-1');
    expect(found?.id).toBe(key.id);
    expect(found?.key.equals(key.key)).toBe(true);
  });

  it('is handed out only when the store has said that it is durable', async () => {
    const { store, keys } = fresh();
    store.held.add('add');
    let isMade = false;
    const making = keys.create('user-1').then(() => {
      isMade = true;
    });
    await store.holding(1);
    await new Promise(setImmediate);
    expect(isMade).toBe(false);
    expect(keys.size).toBe(0);
    await store.letGo();
    await making;
    expect(isMade).toBe(true);
  });

  it('is made once for a subject, however many make it at once, in however many processes', async () => {
    const { keys, another } = fresh();
    const made = await Promise.all(
      [keys, another(), another()].flatMap((each) => Array.from({ length: 20 }, () => each.create('user-1'))),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made.every(({ key }) => key.equals(made[0]?.key as typeof key))).toBe(true);
  });

  it('is another one for another subject', async () => {
    const { keys } = fresh();
    const [one, other] = await Promise.all([keys.create('user-1'), keys.create('user-2')]);
    expect(one?.key.equals(other?.key as never)).toBe(false);
  });

  it('is there at once when it is at hand, and null where there is none', async () => {
    const { store, keys } = fresh();
    expect(await keys.get('user-1')).toBeNull();
    const key = await keys.create('user-1');
    const reads = store.reads;
    expect(keys.get('user-1')).toBe(key);
    expect(await keys.create('user-1')).toBe(key);
    expect(store.reads).toBe(reads);
  });

  it('is read once, however many wait for it', async () => {
    const { store, keys, another } = fresh();
    await keys.create('user-1');
    const cold = another();
    const found = await Promise.all(Array.from({ length: 50 }, () => cold.get('user-1')));
    expect(store.reads).toBe(1);
    expect(new Set(found.map((key) => key?.key)).size).toBe(1);
  });

  it('is read anew after a read that failed', async () => {
    const { store, keys, another } = fresh();
    await keys.create('user-1');
    const cold = another();
    const get = store.get.bind(store);
    store.get = () => Promise.reject(new Error('the disk failed'));
    await expect(cold.get('user-1')).rejects.toThrow('the disk failed');
    store.get = get;
    expect(await cold.get('user-1')).not.toBeNull();
  });

  it('leaves those at hand that were not asked for long', async () => {
    const { keys } = fresh(10);
    for (let index = 0; index < 100; index += 1) await keys.create(`user-${index}`);
    expect(keys.size).toBeLessThanOrEqual(10);
    expect(await keys.get('user-0')).toMatchObject({ subject: 'user-0' });
  });
});

describe('an erased data key', () => {
  it.each<[string, (keys: DataKeys) => void]>([
    ['it is', (keys) => keys.forget('user-1')],
    ['all are', (keys) => keys.forgetAll()],
  ])(
    'that another process erased is at hand no more once %s forgotten, also where it is just being read',
    async (_, forget) => {
      const { store, keys, another } = fresh();
      const elsewhere = another();
      await keys.create('user-1');
      await elsewhere.get('user-1');
      const late = another();
      store.held.add('get');
      const reading = late.get('user-1');
      await store.holding(1);
      await keys.erase('user-1');
      for (const each of [elsewhere, late]) forget(each);
      await store.letGo();
      await reading;
      expect([elsewhere.size, late.size]).toEqual([0, 0]);
      expect(await Promise.all([elsewhere.get('user-1'), late.get('user-1')])).toEqual([null, null]);
    },
  );

  it('is neither stored nor at hand', async () => {
    const { store, keys } = fresh();
    await keys.create('user-1');
    await keys.erase('user-1');
    expect(keys.size).toBe(0);
    expect(await keys.get('user-1')).toBeNull();
    expect(await store.get('user-1')).toBeNull();
  });

  it('is not at hand from the moment at which its erasure begins', async () => {
    const { store, keys } = fresh();
    await keys.create('user-1');
    store.held.add('erase');
    const erasing = keys.erase('user-1');
    expect(keys.size).toBe(0);
    await store.holding(1);
    await store.letGo();
    await erasing;
  });

  it('is not made for ever: who is erased each time just after it was made gets none after five', async () => {
    const { store, keys } = fresh();
    let attempts = 0;
    store.add = async () => {
      attempts += 1;
      return false;
    };
    await expect(keys.create('user-1')).rejects.toThrow('a data key is erased as fast as it is made');
    expect(attempts).toBe(5);
  });

  it('is read once by who asks afterwards, though a read from before ends meanwhile', async () => {
    const { store, keys } = fresh();
    const answers: ((key: WrappedKey | null) => void)[] = [];
    store.get = () => new Promise((resolve) => answers.push(resolve));
    const early = keys.get('user-1');
    await keys.erase('user-1');
    const afterwards = keys.get('user-1');
    answers[0]?.(null);
    await early;
    expect(keys.get('user-1')).toBe(afterwards);
    answers[1]?.(null);
    expect(await afterwards).toBeNull();
  });

  it('is not brought back by a read that was under way', async () => {
    const { store, keys, another } = fresh();
    await keys.create('user-1');
    const cold = another();
    store.held.add('get');
    const reading = cold.get('user-1');
    await store.holding(1);
    await cold.erase('user-1');
    await store.letGo();
    expect(await reading).toMatchObject({ subject: 'user-1' });
    expect(cold.size).toBe(0);
    expect(await cold.get('user-1')).toBeNull();
  });

  it('is not told by a read that began before, to who asks afterwards', async () => {
    const { store, keys, another } = fresh();
    await keys.create('user-1');
    const cold = another();
    store.held.add('get');
    const early = cold.get('user-1');
    await store.holding(1);
    await cold.erase('user-1');
    store.held.clear();
    expect(await cold.get('user-1')).toBeNull();
    await store.letGo();
    await early;
    expect(await cold.get('user-1')).toBeNull();
  });

  it('is not brought back by a read that began while it was being erased', async () => {
    const { store, keys, another } = fresh();
    const key = await keys.create('user-1');
    const stored = (await store.get('user-1')) as WrappedKey;
    const cold = another();
    store.held.add('erase');
    const erasing = cold.erase('user-1');
    await store.holding(1);
    // What a store may still read that has not come to the end of erasing.
    const get = store.get.bind(store);
    store.get = async () => stored;
    const sawIt = await cold.get('user-1');
    store.get = get;
    await store.letGo();
    await erasing;
    expect(sawIt?.id).toBe(key.id);
    expect(cold.size).toBe(0);
    expect(await cold.get('user-1')).toBeNull();
  });

  it('is not kept by who was just making it', async () => {
    const { store, keys } = fresh();
    store.held.add('add');
    const making = keys.create('user-1');
    await store.holding(1);
    await keys.erase('user-1');
    await store.letGo();
    await making;
    expect(keys.size).toBe(0);
    expect(await keys.get('user-1')).toBeNull();
  });

  it('is not at hand any more where the store could not erase it', async () => {
    const { store, keys } = fresh();
    const { id } = await keys.create('user-1');
    store.erase = () => Promise.reject(new Error('the disk failed'));
    await expect(keys.erase('user-1')).rejects.toThrow('the disk failed');
    expect(keys.size).toBe(0);
    expect((await keys.get('user-1'))?.id).toBe(id);
  });

  it('makes room for another one', async () => {
    const { keys } = fresh();
    const before = await keys.create('user-1');
    await keys.erase('user-1');
    const after = await keys.create('user-1');
    expect(after.id).not.toBe(before.id);
    expect(after.key.equals(before.key)).toBe(false);
    expect(keys.get('user-1')).toBe(after);
  });

  it('may be erased while the same one is being made: then one is made all the same', async () => {
    const { store, keys, another } = fresh();
    await keys.create('user-1');
    const cold = another();
    store.held.add('add');
    const making = cold.create('user-1');
    await store.holding(1);
    await keys.erase('user-1');
    await store.letGo();
    expect(await store.get('user-1')).toMatchObject({ keyId: (await making).id });
  });

  it('is never the one that names are hashed with', async () => {
    const { store, keys } = fresh();
    await keys.create('names');
    await expect(keys.erase('names')).rejects.toThrow(new TypeError('the key of names is never erased'));
    expect(await store.get('names')).not.toBeNull();
  });
});

describe('a data key that does not open', () => {
  it('is an error, and not a missing one: of another subject, or changed', async () => {
    const { store, keys, another } = fresh();
    await keys.create('user-1');
    const stored = (await store.get('user-1')) as WrappedKey;
    const cold = another();
    store.get = async () => ({ ...stored, wrapped: Buffer.alloc(61) });
    await expect(cold.get('user-1')).rejects.toThrow(KeyBroken);
    await expect(another().create('user-1')).rejects.toThrow(KeyBroken);
    store.get = async () => stored;
    await expect(cold.get('user-2')).rejects.toThrow(KeyBroken);
    expect(cold.size).toBe(0);
  });

  it('names the master key that lacks', async () => {
    const { store, keys } = fresh();
    await keys.create('user-1');
    const others = new DataKeys({ store, masterKeys: parseMasterKeys(newMasterKeyLine('m2')) });
    await expect(others.get('user-1')).rejects.toThrow(MasterKeyMissing);
    await expect(others.get('user-1')).rejects.toMatchObject({ masterKeyId: 'm1' });
  });
});
