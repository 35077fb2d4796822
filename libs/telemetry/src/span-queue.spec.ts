import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { type Span, SpanQueue, type SpanQueueLimits, spanKinds } from '#telemetry/span-queue.js';

const span: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: '00f067aa0ba902b7',
  name: 'countersign.v1.FactorService/CheckTotp',
  kind: spanKinds.server,
  startedAt: 1_700_000_000_000.25,
  endedAt: 1_700_000_000_012.5,
  attributes: { 'rpc.method': 'CheckTotp', tries: 2 },
  failed: false,
};

const limits: SpanQueueLimits = {
  waitingMax: 10,
  perRequest: 4,
  collectMs: 20,
  answerWithinMs: 5_000,
  againMs: 20,
  againMaxMs: 40,
};

interface Received {
  readonly url: string | undefined;
  readonly body: { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] };
}

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Answers with one status after the other, and with the last of them for good. */
async function collector(statuses: readonly number[] = [200]) {
  const received: Received[] = [];
  const server = createServer((request, answer) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ url: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) });
      answer.writeHead(statuses[Math.min(received.length, statuses.length) - 1] ?? 200).end('{}');
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { received, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function queueTo(endpoint: string, changed: Partial<SpanQueueLimits> = {}) {
  const troubles: (string | null)[] = [];
  const queue = new SpanQueue({
    endpoint,
    resource: { service: 'countersign', version: '1.2.3' },
    onTrouble: (reason) => troubles.push(reason),
    limits: { ...limits, ...changed },
  });
  return { queue, troubles };
}

const named = (name: string): Span => ({ ...span, name });
const namesIn = ({ body }: Received): string[] =>
  body.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((one) => one.name)),
  );

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a span', () => {
  it('is sent to the path of traces, as the JSON of OTLP has it', async () => {
    const { received, endpoint } = await collector();
    const { queue } = queueTo(`${endpoint}/`);
    queue.put(span);
    queue.put({ ...span, parentSpanId: null, failed: true, attributes: {} });
    await until(() => queue.sent === 2);
    await queue.close(1_000);
    expect(received[0]?.url).toBe('/v1/traces');
    const encoded = {
      traceId: span.traceId,
      spanId: span.spanId,
      name: span.name,
      kind: 2,
      startTimeUnixNano: '1700000000000250000',
      endTimeUnixNano: '1700000000012500000',
    };
    expect(received[0]?.body).toEqual({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: 'countersign' } },
              { key: 'service.version', value: { stringValue: '1.2.3' } },
            ],
          },
          scopeSpans: [
            {
              scope: { name: 'countersign', version: '1.2.3' },
              spans: [
                {
                  ...encoded,
                  parentSpanId: span.parentSpanId,
                  attributes: [
                    { key: 'rpc.method', value: { stringValue: 'CheckTotp' } },
                    { key: 'tries', value: { intValue: '2' } },
                  ],
                },
                { ...encoded, attributes: [], status: { code: 2 } },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe('spans', () => {
  it('leave together, and no more of them than a request may hold', async () => {
    const { received, endpoint } = await collector();
    const { queue } = queueTo(endpoint);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) queue.put(named(name));
    await until(() => queue.sent === 6);
    await queue.close(1_000);
    expect(received.map(namesIn)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['e', 'f'],
    ]);
  });

  it('beyond what may wait are dropped and counted, and nobody is held up', async () => {
    const { queue } = queueTo('http://127.0.0.1:1', { collectMs: 60_000, perRequest: 100 });
    for (let count = 0; count < 25; count += 1) queue.put(span);
    expect(queue.dropped).toBe(15);
    await queue.close(1_000);
    expect([queue.sent, queue.dropped]).toEqual([0, 25]);
  });

  it.each([429, 502, 503, 504])('are sent again after status %d', async (status) => {
    const { received, endpoint } = await collector([status, status, 200]);
    const { queue, troubles } = queueTo(endpoint);
    queue.put(span);
    await until(() => queue.sent === 1);
    await queue.close(1_000);
    expect(received).toHaveLength(3);
    expect(queue.dropped).toBe(0);
    expect(troubles).toEqual([`status ${status}`, null]);
  });

  it.each([400, 404, 500])(
    'are given up after status %d, which no later try would change',
    async (status) => {
      const { received, endpoint } = await collector([status]);
      const { queue, troubles } = queueTo(endpoint);
      queue.put(span);
      await until(() => queue.dropped === 1);
      await queue.close(1_000);
      expect([received.length, queue.sent]).toEqual([1, 0]);
      expect(troubles).toEqual([`status ${status}`]);
    },
  );

  it('to nobody wait, and are told of once', async () => {
    const { queue, troubles } = queueTo('http://127.0.0.1:1');
    queue.put(span);
    await until(() => troubles.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(troubles).toEqual(['no answer']);
    expect([queue.sent, queue.dropped]).toEqual([0, 0]);
    await queue.close(100);
  });

  it('that wait at the end are sent at the end', async () => {
    const { received, endpoint } = await collector();
    const { queue } = queueTo(endpoint, { collectMs: 60_000 });
    for (const name of ['a', 'b']) queue.put(named(name));
    await queue.close(5_000);
    expect(received.map(namesIn)).toEqual([['a', 'b']]);
  });

  it('do not keep the end waiting for a collector that does not answer', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    servers.push(silent);
    await once(silent, 'listening');
    const { queue } = queueTo(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, {
      collectMs: 60_000,
    });
    queue.put(span);
    await queue.close(100);
    expect([queue.sent, queue.dropped]).toEqual([0, 1]);
    const { queue: sending } = queueTo(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, {
      answerWithinMs: 600_000,
    });
    sending.put(span);
    await once(silent, 'request');
    await sending.close(100);
    expect([sending.sent, sending.dropped]).toEqual([0, 1]);
  });
});
