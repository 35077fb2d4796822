import { keyStoreContract } from '#secrets/contract/key-store-contract.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';

keyStoreContract({
  name: 'memory',
  create: async () => {
    const store = new InMemoryKeyStore();
    return { store, reopen: async () => store, dispose: () => store.close() };
  },
});
