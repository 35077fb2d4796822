import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { TestServer } from '#event-log-eventstoredb/testing/test-server.js';
import { endAll, type Server, startServer, until } from '#test/e2e/server-process.js';
import { quickest } from '#test/faults/quickest.js';

let stores: TestServer;
beforeAll(async () => {
  stores = await TestServer.start();
});
afterEach(endAll);
afterAll(() => stores.stop());

async function readinessOf(server: Server): Promise<string> {
  return (await fetch(`${server.url}/readyz`)).text();
}

const ready = '{"status":"ready"}';
const readyWithinMs = 3_000;
const unavailable = '{"status":"not-ready","reason":"event-log-unavailable"}';

describe('with the event log on EventStoreDB', () => {
  it('it is ready when the store answers', async () => {
    const store = await stores.node();
    const server = await startServer({ environment: { COUNTERSIGN_EVENT_LOG: store.connectionString } });
    await until('readiness', async () => (await readinessOf(server)) === ready, server);
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it(`it lives without the store, and is ready within ${readyWithinMs} ms of its coming`, async () => {
    expect(await quickest(readyWithinMs, readyAfterItsComing)).toBeLessThan(readyWithinMs);
  }, 60_000);

  async function readyAfterItsComing(): Promise<number> {
    const store = await stores.node();
    await store.tell('stopListening');
    const server = await startServer({ environment: { COUNTERSIGN_EVENT_LOG: store.connectionString } });
    for (let count = 0; count < 10; count += 1) {
      expect(await readinessOf(server)).not.toBe(ready);
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      await delay(100);
    }
    expect(await readinessOf(server)).toBe(unavailable);
    await store.tell('listen');
    const started = performance.now();
    await until('readiness', async () => (await readinessOf(server)) === ready, server);
    const tookMs = performance.now() - started;
    server.signal('SIGKILL');
    await server.ended;
    return tookMs;
  }

  it('it stops within 10 s also while the store is away', async () => {
    const store = await stores.node();
    await store.tell('stopListening');
    const server = await startServer({ environment: { COUNTERSIGN_EVENT_LOG: store.connectionString } });
    const started = performance.now();
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
