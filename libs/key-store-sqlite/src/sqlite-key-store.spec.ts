import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { keyStoreContract } from '#secrets/contract/key-store-contract.js';

keyStoreContract({
  name: 'SQLite',
  create: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
    let store = await SqliteKeyStore.open({ directory });
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await SqliteKeyStore.open({ directory });
        return store;
      },
      dispose: async () => {
        await store.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
});
