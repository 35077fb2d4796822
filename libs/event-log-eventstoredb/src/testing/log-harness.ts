// What the specs of faults share: a server for the file, and a node and a log for each test.

import { afterAll, afterEach, beforeAll } from '@jest/globals';

import { EventStoreDbEventLog } from '#event-log-eventstoredb/eventstoredb-event-log.js';
import type { Timings } from '#event-log-eventstoredb/limits.js';
import type { EventStoreDbSettings } from '#event-log-eventstoredb/settings.js';
import { type TestNode, TestServer } from '#event-log-eventstoredb/testing/test-server.js';

/** Short enough for tests of silence, long enough for a machine that is busy with something else. */
export const testTimings: Partial<Timings> = {
  appendAttemptMs: 400,
  appendTotalMs: 10_000,
  readAttemptMs: 1_000,
  probeMs: 1_000,
  patienceMs: 500,
};

export interface Harness {
  node(sharing?: TestNode): Promise<TestNode>;
  open(node: TestNode, settings?: Partial<EventStoreDbSettings>): Promise<EventStoreDbEventLog>;
  /** A node with a log. */
  both(settings?: Partial<EventStoreDbSettings>): Promise<{ node: TestNode; log: EventStoreDbEventLog }>;
}

export function logHarness(): Harness {
  let server: TestServer;
  const open: EventStoreDbEventLog[] = [];
  const nodes: TestNode[] = [];
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((log) => log.close()));
    await Promise.all(nodes.splice(0).map((node) => node.tell('close')));
  });
  afterAll(() => server.stop());
  const harness: Harness = {
    node: async (sharing) => {
      const node = await server.node(sharing);
      nodes.push(node);
      return node;
    },
    open: async (node, settings) => {
      const { connectionString } = node;
      const log = await EventStoreDbEventLog.open({ connectionString, timings: testTimings, ...settings });
      open.push(log);
      return log;
    },
    both: async (settings) => {
      const node = await harness.node();
      return { node, log: await harness.open(node, settings) };
    },
  };
  return harness;
}

/** Asks until the answer is as it should be; the test's own timeout ends what never comes. */
export async function eventually<Value>(
  ask: () => Promise<Value>,
  isEnough: (value: Value) => boolean,
): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (isEnough(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
