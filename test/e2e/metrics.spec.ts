// What the built server tells those who run it: metrics to whoever scrapes them, and one trace from a call over its
// append to the events in the log.

import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { tokenIn } from '#test/administrator-token.js';
import {
  type Environment,
  endAll,
  type Server,
  ServerProcess,
  startServer,
  temporaryDirectory,
  until,
} from '#test/e2e/server-process.js';

const collectors: HttpServer[] = [];
afterEach(async () => {
  for (const collector of collectors.splice(0)) {
    collector.close();
    collector.closeAllConnections();
  }
  await endAll();
});

interface Started {
  readonly server: Server;
  readonly ask: (path: string, body?: object, headers?: Record<string, string>) => Promise<Json>;
  readonly metrics: () => Promise<string>;
}

type Json = Readonly<Record<string, unknown>>;

async function start(environment: Environment = {}): Promise<Started> {
  const directory = temporaryDirectory();
  const server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory, ...environment } });
  const token = tokenIn(directory);
  const { port } = await server.line('metrics');
  return {
    server,
    ask: async (path, body = {}, headers = {}) => {
      const answer = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return (await answer.json()) as Json;
    },
    metrics: async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
  };
}

const ada = {
  human: {
    profile: { givenName: 'Ada', familyName: 'Lovelace' },
    email: { email: 'canary@example.com', isVerified: true },
  },
};

function numberOf(text: string, series: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length));
}

describe('the metrics of a server', () => {
  it('count its calls, appends and attempts, and name nobody', async () => {
    const { server, ask, metrics } = await start();
    await fetch(`${server.url}/readyz`);
    const { id } = await ask('/v2/users/new', ada);
    await ask(`/v2/users/${id}/totp`);
    await ask(`/v2/users/${id}/totp/verify`, { code: '000000' });
    await ask('/v2/users/canary-nobody/totp');
    const text = await metrics();
    const method = (name: string) => `method="zitadel.user.v2.UserService/${name}"`;
    const register = method('RegisterTOTP');
    expect(numberOf(text, `countersign_calls_total{${register},code="OK"}`)).toBe(1);
    expect(numberOf(text, `countersign_calls_total{${register},code="NOT_FOUND"}`)).toBe(1);
    expect(numberOf(text, `countersign_call_duration_seconds_count{${register}}`)).toBe(2);
    const wrong = method('VerifyTOTPRegistration');
    expect(numberOf(text, `countersign_calls_total{${wrong},code="INVALID_ARGUMENT"}`)).toBe(1);
    expect(numberOf(text, 'countersign_attempts_total{factor="totp",result="failed"}')).toBe(1);
    expect(numberOf(text, 'countersign_commands_refused_total{refusal="wrong-code"}')).toBe(1);
    expect(numberOf(text, 'countersign_appends_total{outcome="written"}')).toBeGreaterThan(3);
    expect(numberOf(text, 'countersign_append_batch_size_count')).toBeGreaterThan(3);
    expect(numberOf(text, 'countersign_ready')).toBe(1);
    expect(numberOf(text, 'countersign_event_loop_delay_seconds_count')).toBeGreaterThan(0);
    expect(text).not.toMatch(/canary|Lovelace/);
    expect(text).not.toContain(String(id));
  });

  it('are told by nobody where they are off', async () => {
    const environment = {
      COUNTERSIGN_DATA_DIR: temporaryDirectory(),
      COUNTERSIGN_LISTEN: '127.0.0.1:0',
      COUNTERSIGN_METRICS_LISTEN: 'off',
    };
    const server = new ServerProcess({ environment });
    await server.line('listening');
    expect(server.lines.filter(({ message }) => message === 'metrics')).toEqual([]);
  });
});

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

async function collector() {
  const spans: SentSpan[] = [];
  const server = createServer((request, answer) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      spans.push(...body.resourceSpans[0].scopeSpans[0].spans);
      answer.writeHead(200).end('{}');
    });
  }).listen(0, '127.0.0.1');
  collectors.push(server);
  await once(server, 'listening');
  return { spans, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('the trace of a call', () => {
  it('leads from its caller over its append to the rows, and what was not sent yet is sent at the end', async () => {
    const { spans, endpoint } = await collector();
    const { server, ask } = await start({ COUNTERSIGN_OTEL_ENDPOINT: endpoint });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const { id } = await ask('/v2/users/new', ada, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    // Answered from rows, so that they are there.
    await ask('/v2/users', { queries: [{ inUserIdsQuery: { userIds: [id] } }] });
    const isProjected = ({ name }: SentSpan) => name.startsWith('project ');
    const names = () => new Set(spans.filter(isProjected).map(({ name }) => name));
    await until('the rows to be told of', () => names().size === 3, server);
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    const ofTrace = spans.filter((span) => span.traceId === traceId);
    const call = ofTrace.find(({ name }) => name.includes('/'));
    const appends = ofTrace.filter(({ name }) => name === 'append');
    expect(call).toMatchObject({
      name: 'zitadel.user.v2.UserService/CreateUser',
      parentSpanId: 'b7ad6b7169203331',
    });
    expect(appends.length).toBeGreaterThan(0);
    expect(appends.map(({ parentSpanId }) => parentSpanId)).toEqual(appends.map(() => call?.spanId));
    const projected = ofTrace.filter(isProjected);
    expect([...names()].sort()).toEqual(['project audit', 'project organizations', 'project users']);
    const ids = new Set(appends.map(({ spanId }) => spanId));
    expect(projected.filter(({ parentSpanId = '' }) => !ids.has(parentSpanId))).toEqual([]);
    expect(spans.filter(isProjected)).toEqual(projected);
    expect(JSON.stringify(spans)).not.toContain('canary');
  });

  it('to a collector that is not there costs no call, and one line', async () => {
    const { server, ask } = await start({ COUNTERSIGN_OTEL_ENDPOINT: 'http://127.0.0.1:1' });
    expect(await ask('/v2/users/new', ada)).toMatchObject({ id: expect.any(String) });
    await server.line('spans cannot be sent to COUNTERSIGN_OTEL_ENDPOINT');
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });
});
