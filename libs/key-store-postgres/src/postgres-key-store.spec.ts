import { beforeAll } from '@jest/globals';

import { PostgresKeyStore } from '#key-store-postgres/postgres-key-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { keyStoreContract } from '#secrets/contract/key-store-contract.js';

describeOnPostgres('keys in PostgreSQL', (server) => {
  let url: string;
  beforeAll(async () => {
    url = await server().createDatabase();
  });

  keyStoreContract({
    name: 'PostgreSQL',
    create: async () => {
      let store = await PostgresKeyStore.open({ url });
      return {
        store,
        reopen: async () => {
          await store.close();
          store = await PostgresKeyStore.open({ url });
          return store;
        },
        dispose: async () => {
          await store.close();
          await server().administer('DROP SCHEMA keys CASCADE', url);
        },
      };
    },
  });
});
