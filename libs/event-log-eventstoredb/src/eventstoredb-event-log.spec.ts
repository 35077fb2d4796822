import { afterAll, beforeAll } from '@jest/globals';

import { eventLogContract } from '#event-log/contract/event-log-contract.js';
import { EventStoreDbEventLog } from '#event-log-eventstoredb/eventstoredb-event-log.js';
import { type TestNode, TestServer } from '#event-log-eventstoredb/testing/test-server.js';

interface Prepared {
  readonly node: TestNode;
  readonly log: EventStoreDbEventLog;
}

let server: TestServer;
/** Most of a claim's time is the start of its client: the next one starts meanwhile. */
let next: Promise<Prepared>;

beforeAll(async () => {
  server = await TestServer.start();
  next = prepare();
});
afterAll(async () => {
  await (await next).log.close();
  await server.stop();
});

eventLogContract({
  name: 'EventStoreDB, over the wire to the test server',
  create: async () => {
    const { node, log } = await next;
    next = prepare();
    let current = log;
    return {
      log,
      reopen: async () => {
        await current.close();
        current = await openLog(node);
        return current;
      },
      disconnect: () => node.tell('dropConnections'),
      dispose: async () => {
        await Promise.all([log.close(), current.close()]);
        await node.tell('close');
      },
    };
  },
  gaps: {},
});

async function prepare(): Promise<Prepared> {
  const node = await server.node();
  return { node, log: await openLog(node) };
}

function openLog({ connectionString }: TestNode): Promise<EventStoreDbEventLog> {
  return EventStoreDbEventLog.open({ connectionString });
}
