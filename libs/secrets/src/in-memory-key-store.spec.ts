import { expect, it } from '@jest/globals';

import { keyStoreContract } from '#secrets/contract/key-store-contract.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import type { WrappedKey } from '#secrets/key-store.js';
import { keepingWhatIsWiped } from '#secrets/testing/wiped.js';

keyStoreContract({
  name: 'memory',
  create: async () => {
    const store = new InMemoryKeyStore();
    return { store, reopen: async () => store, dispose: () => store.close() };
  },
});

const key = (byte: number): WrappedKey => ({
  subject: 'user-1',
  keyId: 'key-1',
  masterKeyId: 'm1',
  wrapped: Buffer.alloc(61, byte),
});

it('a key that is erased, or wrapped anew, is overwritten in memory', async () => {
  const store = new InMemoryKeyStore();
  await store.add(key(7));
  const rewrapping = keepingWhatIsWiped(() => store.rewrap(key(7), key(8)));
  expect(await rewrapping.answer).toBe(true);
  expect(rewrapping.wiped).toEqual([{ held: '07'.repeat(61), left: '00'.repeat(61) }]);
  const erasing = keepingWhatIsWiped(() => store.erase('user-1'));
  expect(await erasing.answer).toBe(true);
  expect(erasing.wiped).toEqual([{ held: '08'.repeat(61), left: '00'.repeat(61) }]);
});

it('a store that is closed says so', async () => {
  const store = new InMemoryKeyStore();
  await store.close();
  await expect(store.get('user-1')).rejects.toThrow('the key store is unavailable: it is closed');
});
