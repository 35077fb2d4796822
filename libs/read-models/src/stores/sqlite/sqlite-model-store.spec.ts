import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { modelStoreContract } from '#read-models/contract/model-store-contract.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';

modelStoreContract({
  name: 'SQLite',
  create: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-models-'));
    const path = join(directory, 'read-models.db');
    let store = openSqliteStore(path);
    return {
      store,
      reopen: async () => {
        await store.close();
        store = openSqliteStore(path);
        return store;
      },
      openAfterKill: async () => {
        const copy = join(directory, 'killed.db');
        for (const name of readdirSync(directory))
          if (!name.endsWith('-shm'))
            copyFileSync(join(directory, name), name.replace(/^read-models.db/, copy));
        return openSqliteStore(copy);
      },
      dispose: async () => {
        await store.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
  gaps: {},
});
