// What the specs of faults share: a server for the file, and a node and a log for each test.

import { afterAll, afterEach, beforeAll } from '@jest/globals';

import { EventStoreDbEventLog } from '#event-log-eventstoredb/eventstoredb-event-log.js';
import type { Timings } from '#event-log-eventstoredb/limits.js';
import type { EventStoreDbSettings } from '#event-log-eventstoredb/settings.js';
import { CuttableProxy } from '#event-log-eventstoredb/testing/cuttable-proxy.js';
import { type TestNode, TestServer } from '#event-log-eventstoredb/testing/test-server.js';

/** Short enough for tests of silence, long enough for a machine that is busy with something else. */
export const testTimings: Partial<Timings> = {
  appendAttemptMs: 250,
  appendTotalMs: 10_000,
  readAttemptMs: 500,
  probeMs: 1_000,
  patienceMs: 500,
};

interface Both {
  readonly node: TestNode;
  readonly log: EventStoreDbEventLog;
}

/** Call it once in a file. */
export function logHarness(): LogHarness {
  const harness = new LogHarness();
  beforeAll(() => harness.start());
  afterEach(() => harness.clear());
  afterAll(() => harness.stop());
  return harness;
}

class LogHarness {
  readonly #disposables: (() => Promise<void>)[] = [];
  #server: TestServer | null = null;
  /** Most of a test's time is the start of its client: the next one starts meanwhile. */
  #spare: Promise<Both> | null = null;

  async start(): Promise<void> {
    this.#server = await TestServer.start();
    this.#spare = this.#prepare();
  }

  /** Last opened, first closed. */
  async clear(): Promise<void> {
    for (const dispose of this.#disposables.splice(0).reverse()) await dispose();
  }

  async stop(): Promise<void> {
    await (await this.#spare)?.log.close();
    await this.#server?.stop();
  }

  async node(sharing?: TestNode): Promise<TestNode> {
    if (this.#server === null) throw new Error('the server was not started');
    const node = await this.#server.node(sharing);
    this.#disposables.push(() => node.tell('close'));
    return node;
  }

  async open(
    { connectionString }: { readonly connectionString: string },
    settings?: Partial<EventStoreDbSettings>,
  ): Promise<EventStoreDbEventLog> {
    const log = await EventStoreDbEventLog.open({ connectionString, timings: testTimings, ...settings });
    this.#disposables.push(() => log.close());
    return log;
  }

  /** A node with a log. */
  async both(settings?: Partial<EventStoreDbSettings>): Promise<Both> {
    if (settings === undefined && this.#spare !== null) {
      const prepared = await this.#spare;
      this.#spare = this.#prepare();
      this.#disposables.push(
        () => prepared.node.tell('close'),
        () => prepared.log.close(),
      );
      return prepared;
    }
    const node = await this.node();
    return { node, log: await this.open(node, settings) };
  }

  /** A node with a log, and what stands between them. */
  async withProxy(timings?: Partial<Timings>): Promise<Both & { readonly proxy: CuttableProxy }> {
    const node = await this.node();
    const proxy = await CuttableProxy.before(node.connectionString);
    this.#disposables.push(() => proxy.close());
    return { node, log: await this.open(proxy, { timings: { ...testTimings, ...timings } }), proxy };
  }

  async #prepare(): Promise<Both> {
    if (this.#server === null) throw new Error('the server was not started');
    const node = await this.#server.node();
    const { connectionString } = node;
    return { node, log: await EventStoreDbEventLog.open({ connectionString, timings: testTimings }) };
  }
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
