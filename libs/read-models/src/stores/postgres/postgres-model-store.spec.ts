import { beforeAll } from '@jest/globals';

import { modelStoreContract } from '#read-models/contract/model-store-contract.js';
import type { ModelStore } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

describeOnPostgres('read models in PostgreSQL', (server) => {
  let url: string;
  beforeAll(async () => {
    url = await server().createDatabase();
  });

  modelStoreContract({
    name: 'PostgreSQL',
    create: async () => {
      const opened: ModelStore[] = [];
      const open = async () => {
        const store = await openPostgresStore({ url });
        opened.push(store);
        return store;
      };
      return {
        store: await open(),
        reopen: async () => {
          await opened.at(-1)?.close();
          return open();
        },
        openAfterKill: open,
        dispose: async () => {
          await Promise.all(opened.map((store) => store.close()));
          await server().administer('DROP SCHEMA read_models CASCADE', url);
        },
      };
    },
    gaps: {},
  });
});
