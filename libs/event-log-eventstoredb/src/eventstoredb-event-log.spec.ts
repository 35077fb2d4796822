import { afterAll, beforeAll } from '@jest/globals';

import { eventLogContract } from '#event-log/contract/event-log-contract.js';
import { EventStoreDbEventLog } from '#event-log-eventstoredb/eventstoredb-event-log.js';
import { TestServer } from '#event-log-eventstoredb/testing/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

eventLogContract({
  name: 'EventStoreDB, over the wire to the test server',
  create: async () => {
    const node = await server.node();
    const { connectionString } = node;
    let log = await EventStoreDbEventLog.open({ connectionString });
    const first = log;
    return {
      log,
      reopen: async () => {
        await log.close();
        log = await EventStoreDbEventLog.open({ connectionString });
        return log;
      },
      disconnect: () => node.tell('dropConnections'),
      dispose: async () => {
        await Promise.all([first.close(), log.close()]);
        await node.tell('close');
      },
    };
  },
  gaps: {},
});
