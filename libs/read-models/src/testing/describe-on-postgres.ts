import { afterAll, beforeAll, describe, it } from '@jest/globals';

import { PostgresServer, postgresIsMissing } from '#read-models/testing/postgres-server.js';

/** One server for all that `check` declares; it asks for the server while its tests run. */
export function describeOnPostgres(title: string, check: (server: () => PostgresServer) => void): void {
  if (postgresIsMissing !== null) {
    it.skip(`${title} [gap: ${postgresIsMissing}]`, () => undefined);
    return;
  }
  describe(title, () => {
    let server: PostgresServer | null = null;
    beforeAll(async () => {
      server = await PostgresServer.start();
    }, 120_000);
    afterAll(() => server?.close(), 120_000);
    check(() => {
      if (server === null)
        throw new Error('the server is there while tests run, not while they are declared');
      return server;
    });
  });
}
