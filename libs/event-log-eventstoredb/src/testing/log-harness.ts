// What the specs of faults share: a server for the file, and a node and a log for each test.

import { afterAll, afterEach, beforeAll } from '@jest/globals';

import { EventStoreDbEventLog } from '#event-log-eventstoredb/eventstoredb-event-log.js';
import type { Timings } from '#event-log-eventstoredb/limits.js';
import type { EventStoreDbSettings } from '#event-log-eventstoredb/settings.js';
import { type TestNode, TestServer } from '#event-log-eventstoredb/testing/test-server.js';

/** Short enough for tests of silence, long enough for a machine that is busy with something else. */
export const testTimings: Partial<Timings> = {
  appendAttemptMs: 250,
  appendTotalMs: 10_000,
  readAttemptMs: 500,
  probeMs: 1_000,
  patienceMs: 500,
};

export interface Harness {
  node(sharing?: TestNode): Promise<TestNode>;
  open(node: TestNode, settings?: Partial<EventStoreDbSettings>): Promise<EventStoreDbEventLog>;
  /** A node with a log. */
  both(settings?: Partial<EventStoreDbSettings>): Promise<Prepared>;
}

interface Prepared {
  readonly node: TestNode;
  readonly log: EventStoreDbEventLog;
}

export function logHarness(): Harness {
  let server: TestServer;
  const open: EventStoreDbEventLog[] = [];
  const nodes: TestNode[] = [];
  // Most of a test's time is the start of its client: the next one starts meanwhile.
  let spare: Promise<Prepared> | null = null;
  const prepare = async (): Promise<Prepared> => {
    const node = await server.node();
    const { connectionString } = node;
    return { node, log: await EventStoreDbEventLog.open({ connectionString, timings: testTimings }) };
  };
  beforeAll(async () => {
    server = await TestServer.start();
    spare = prepare();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((log) => log.close()));
    await Promise.all(nodes.splice(0).map((node) => node.tell('close')));
  });
  afterAll(async () => {
    await (await spare)?.log.close();
    await server.stop();
  });
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
      if (settings === undefined && spare !== null) {
        const prepared = await spare;
        spare = prepare();
        open.push(prepared.log);
        nodes.push(prepared.node);
        return prepared;
      }
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
