// The operators' calls on the built server: a replay watched to its end by gRPC, the log by pages and as it grows, each
// wire that streams, and what ends a stream before its time.

import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import * as node from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { EventService } from '#contract/countersign/v1/event_service_pb.js';
import {
  ProjectionService,
  ReplayPhase,
  ReplayVerdict,
} from '#contract/countersign/v1/projection_service_pb.js';
import { tokenIn } from '#test/administrator-token.js';
import { endAll, type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

type Json = { readonly [name: string]: unknown };

let server: Server;
let administrator: string;

beforeAll(async () => {
  const directory = temporaryDirectory();
  server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
  administrator = tokenIn(directory);
  await newUser('first');
}, 60_000);
afterAll(endAll, 60_000);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function ask(path: string, token = administrator, body?: object): Promise<readonly [number, Json]> {
  const response = await fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...bearer(token), ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return [response.status, (await response.json()) as Json];
}

async function newUser(name: string): Promise<string> {
  const profile = { givenName: name, familyName: 'Lovelace' };
  const human = { profile, email: { email: `${name}@example.com`, isVerified: true } };
  const [status, { id }] = await ask('/v2/users/new', administrator, { human });
  expect(status).toBe(200);
  return String(id);
}

async function newToken(userId: string): Promise<{ readonly token: string; readonly tokenId: string }> {
  const expirationDate = new Date(Date.now() + 3_600_000).toISOString();
  const [status, json] = await ask(`/v2/users/${userId}/pats`, administrator, { expirationDate });
  expect([status, json]).toEqual([200, json]);
  return json as { token: string; tokenId: string };
}

const grpc = (): Transport => node.createGrpcTransport({ baseUrl: server.url });
const wires: readonly (readonly [string, () => Transport])[] = [
  ['gRPC', grpc],
  ['gRPC-Web', () => node.createGrpcWebTransport({ baseUrl: server.url, httpVersion: '1.1' })],
  ['Connect', () => node.createConnectTransport({ baseUrl: server.url, httpVersion: '1.1' })],
  [
    'Connect in JSON',
    () => node.createConnectTransport({ baseUrl: server.url, httpVersion: '1.1', useBinaryFormat: false }),
  ],
];

const codeOf = async (work: Promise<unknown>): Promise<Code | null> =>
  work.then(
    () => null,
    (error: unknown) => ConnectError.from(error).code,
  );

describe('a replay', () => {
  it('is begun by gRPC, watched to its end, and told of', async () => {
    const client = createClient(ProjectionService, grpc());
    const options = { headers: bearer(administrator) };
    const { replay, details } = await client.startReplay({ projection: 'users' }, options);
    expect(details?.sequence).toBeGreaterThan(0n);
    const build = replay?.build ?? 0;
    const phases: ReplayPhase[] = [];
    for await (const told of client.watchReplay({ build }, options)) phases.push(told.replay?.phase ?? 0);
    expect(phases.at(-1)).toBe(ReplayPhase.DONE);
    const { replay: over } = await client.getReplay({ build }, options);
    expect(over?.comparison?.verdict).toBe(ReplayVerdict.EQUAL);
    expect(over?.progress?.done).toBe(over?.progress?.total);
    const { projections } = await client.listProjections({}, options);
    expect(projections.find(({ name }) => name === 'users')?.liveBuild).toBe(build);
    const [, { events }] = await ask('/countersign/v1/events?filter.types=instance.replay.*');
    expect(events).toMatchObject([{ type: 'instance.replay.started', data: { projection: 'users' } }]);
  });

  it('is refused to an owner of an organization, and to whoever is nobody', async () => {
    const userId = await newUser('owner');
    const [, organizations] = await ask('/v2/organizations/_search', administrator, {});
    const [{ id }] = organizations.result as [{ readonly id: string }];
    const members = `/countersign/v1/organizations/${id}/members`;
    const [status] = await ask(members, administrator, { userId, roles: ['ORG_OWNER'] });
    expect(status).toBe(200);
    const { token } = await newToken(userId);
    const path = '/countersign/v1/projections/users/replays';
    expect((await ask(path, token, {}))[0]).toBe(403);
    expect((await ask('/countersign/v1/events', token))[0]).toBe(403);
    expect((await ask('/countersign/v1/events/tail', token))[0]).toBe(403);
    expect((await ask('/countersign/v1/events/tail', 'nobody'))[0]).toBe(401);
  });
});

describe('the log', () => {
  it('is listed by REST over pages, forward and backward, without gap or duplicate', async () => {
    const list = async (order: string): Promise<readonly string[]> => {
      const positions: string[] = [];
      for (let cursor = '', pages = 0; pages < 100; pages += 1) {
        const [, page] = await ask(`/countersign/v1/events?limit=4&order=${order}&cursor=${cursor}`);
        positions.push(...(page.events as { position: string }[]).map(({ position }) => position));
        cursor = String(page.next ?? '');
        if (cursor === '') break;
      }
      return positions;
    };
    const forward = await list('EVENT_ORDER_OLDEST_FIRST');
    expect(forward.length).toBeGreaterThan(8);
    expect(forward).toEqual([...new Set(forward)].toSorted());
    expect(forward.map(Number)).toEqual(forward.map((_, index) => index + 1));
    expect(await list('EVENT_ORDER_LATEST_FIRST')).toEqual(forward.toReversed());
  });

  it('tells what is sealed as sealed, and no ciphertext', async () => {
    const [, { events }] = await ask('/countersign/v1/events?filter.types=user.human.added');
    const text = JSON.stringify(events);
    expect(text).toContain('"sealed"');
    expect(text).not.toMatch(/\d+\.[^."\s]+\.[\w-]{38,}/);
  });

  it.each(wires)('is followed by %s, and shows what was done meanwhile', async (name, transport) => {
    const client = createClient(EventService, transport());
    const leaving = new AbortController();
    const options = { headers: bearer(administrator), signal: leaving.signal };
    const seen: string[] = [];
    const follow = async (): Promise<void> => {
      const filter = { types: ['user.human.added'] };
      for await (const { event, caughtUp } of client.tailEvents({ filter }, options)) {
        if (caughtUp) await newUser(`tail-${name.replaceAll(' ', '-').toLowerCase()}`);
        if (event === undefined) continue;
        seen.push(event.type);
        leaving.abort();
      }
    };
    expect(await codeOf(follow())).toBe(Code.Canceled);
    expect(seen).toEqual(['user.human.added']);
  });

  it('is followed by REST, a line for each', async () => {
    const leaving = new AbortController();
    const response = await fetch(`${server.url}/countersign/v1/events/tail?after=0`, {
      headers: bearer(administrator),
      signal: leaving.signal,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const [part = ''] = await textsIn(response, (text) => text.includes('\n'));
    leaving.abort();
    expect(JSON.parse(part.slice(0, part.indexOf('\n')))).toMatchObject({
      result: { event: { position: '0000000000000001' } },
    });
  });

  it('is followed no longer by a token that was revoked, nor past a deadline', async () => {
    const client = createClient(EventService, grpc());
    const userId = await ownId();
    const { token, tokenId } = await newToken(userId);
    const drain = async (headers: Record<string, string>, timeoutMs?: number): Promise<void> => {
      const options = { headers, ...(timeoutMs !== undefined && { timeoutMs }) };
      for await (const { caughtUp } of client.tailEvents({}, options))
        if (caughtUp && timeoutMs === undefined) await revoke(userId, tokenId);
    };
    expect(await codeOf(drain(bearer(token)))).toBe(Code.Unauthenticated);
    expect(await codeOf(drain(bearer(administrator), 300))).toBe(Code.DeadlineExceeded);
  });
});

describe('the end of the server', () => {
  it('ends streams as unavailable, over each wire, and is not held up by who does not read', async () => {
    const directory = temporaryDirectory();
    const other = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    const token = tokenIn(directory);
    const client = createClient(EventService, node.createGrpcTransport({ baseUrl: other.url }));
    const rest = await fetch(`${other.url}/countersign/v1/events/tail`, { headers: bearer(token) });
    const lines = textsIn(rest, () => false);
    const unread = await fetch(`${other.url}/countersign/v1/events/tail?after=0`, { headers: bearer(token) });
    const follow = async (): Promise<void> => {
      for await (const { caughtUp } of client.tailEvents({}, { headers: bearer(token) }))
        if (caughtUp) other.signal('SIGTERM');
    };
    expect(await codeOf(follow())).toBe(Code.Unavailable);
    expect((await lines).join('').trim().split('\n').at(-1)).toMatch(/^\{"error":\{"code":14,/);
    expect(await other.ended).toEqual({ code: 0, signal: null });
    await unread.body?.cancel();
  }, 60_000);
});

/** Of the administrator, who made everything so far. */
async function ownId(): Promise<string> {
  const [, { events }] = await ask('/countersign/v1/events?filter.types=instance.member.added');
  const [{ data }] = events as [{ readonly data: { readonly userId: string } }];
  return data.userId;
}

async function revoke(userId: string, tokenId: string): Promise<void> {
  const path = `${server.url}/v2/users/${userId}/pats/${tokenId}`;
  expect((await fetch(path, { method: 'DELETE', headers: bearer(administrator) })).status).toBe(200);
}

/** What came until it was enough, or until the end. */
async function textsIn({ body }: Response, isEnough: (text: string) => boolean): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const part of (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    texts.push(part);
    if (isEnough(part)) break;
  }
  return texts;
}
