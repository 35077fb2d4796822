import { PostgresKeyStore } from '#key-store-postgres/postgres-key-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { keyStoreContract } from '#secrets/contract/key-store-contract.js';

describeOnPostgres('keys in PostgreSQL', (server) => {
  keyStoreContract({
    name: 'PostgreSQL',
    create: async () => {
      const url = await server().createDatabase();
      let store = await PostgresKeyStore.open({ url });
      return {
        store,
        reopen: async () => {
          await store.close();
          store = await PostgresKeyStore.open({ url });
          return store;
        },
        dispose: () => store.close(),
      };
    },
  });
});
