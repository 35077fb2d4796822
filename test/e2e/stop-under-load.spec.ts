// The end under load, again and again: what was sent in time is answered, and what was acknowledged is there afterwards.

import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';

import {
  CreateUserRequestSchema,
  CreateUserResponseSchema,
} from '#contract/zitadel/user/v2/user_service_pb.js';
import { tokenIn } from '#test/administrator-token.js';
import { endAll, type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

afterEach(endAll);

/** Two at a time, each in a directory of its own, so that one starts while the other one ends. */
const lanes = 2;
const cyclesPerLane = 10;
/** On each protocol, of each lane: 200 a second together on one server. */
const everyMs = 10;
const loadMs = 400;
/** Of the 250 ms for which the door stays open: the rest is for what a busy machine has not sent yet. */
const inTimeMs = 150;

interface Sent {
  /** When all of it had left the client; null where it never had a connection to leave by. */
  readonly sentAt: number | null;
  /** Null where it was not acknowledged. */
  readonly userId: string | null;
  readonly fault: string;
}

type Send = (name: string) => Promise<Sent>;

interface Sender {
  readonly send: Send;
  readonly close: () => void;
}

function overGrpc({ port }: Server, token: string, organizationId: string): Sender {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const pass = (bytes: Buffer) => bytes;
  const send: Send = (name) =>
    new Promise((resolve) => {
      const startedAt = performance.now();
      const machine = { case: 'machine', value: { name } } as const;
      const asked = create(CreateUserRequestSchema, { organizationId, username: name, userType: machine });
      const bytes = Buffer.from(toBinary(CreateUserRequestSchema, asked));
      const path = '/zitadel.user.v2.UserService/CreateUser';
      const options = { deadline: Date.now() + 15_000 };
      client.makeUnaryRequest(path, pass, pass, bytes, metadata, options, (error, answer) => {
        const wasRefused = error !== null && /ECONNREFUSED|No connection/.test(error.details);
        const sentAt = wasRefused ? null : startedAt;
        if (error === null)
          resolve({ sentAt, userId: fromBinary(CreateUserResponseSchema, answer as Buffer).id, fault: '' });
        else resolve({ sentAt, userId: null, fault: `gRPC ${error.code} ${error.details}` });
      });
    });
  return { send, close: () => client.close() };
}

function overRest({ port }: Server, token: string, organizationId: string): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const send: Send = (name) =>
    new Promise((resolve) => {
      let sentAt: number | null = null;
      const options = { host: '127.0.0.1', port, agent, method: 'POST', path: '/v2/users/new', headers };
      const request = httpRequest(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => {
          const isDone = response.statusCode === 200;
          const userId = isDone ? (JSON.parse(text) as { id: string }).id : null;
          resolve({ sentAt, userId, fault: `REST ${response.statusCode} ${text}` });
        });
      });
      request.on('error', (error) => resolve({ sentAt, userId: null, fault: `REST ${error.message}` }));
      request.on('finish', () => {
        sentAt = performance.now();
      });
      request.end(JSON.stringify({ organizationId, username: name, machine: { name } }));
    });
  return { send, close: () => agent.destroy() };
}

interface Cycle {
  readonly dropped: readonly string[];
  readonly acknowledged: readonly string[];
  readonly end: unknown;
}

async function oneCycle(server: Server, place: Place, name: string): Promise<Cycle> {
  const senders = [overGrpc, overRest].map((over) => over(server, place.token, place.organizationId));
  const sent: Promise<Sent>[] = [];
  let isOver = false;
  const load = senders.map(async ({ send }, which) => {
    for (let at = 0; !isOver; at += 1) {
      sent.push(send(`${name}-${which}-${at}`));
      await delay(everyMs);
    }
  });
  await delay(loadMs);
  const signalledAt = performance.now();
  server.signal('SIGTERM');
  const end = await server.ended;
  isOver = true;
  await Promise.all(load);
  const told = await Promise.all(sent);
  for (const { close } of senders) close();
  const inTime = told.filter(({ sentAt }) => sentAt !== null && sentAt < signalledAt + inTimeMs);
  return {
    dropped: inTime.flatMap(({ userId, fault }) => (userId === null ? [`${name}: ${fault}`] : [])),
    acknowledged: told.flatMap(({ userId }) => (userId === null ? [] : [userId])),
    end,
  };
}

interface Place {
  readonly token: string;
  readonly organizationId: string;
}

async function post<Answer>({ url }: Server, token: string, path: string, body: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Those who were acknowledged and are not there. */
async function lost(
  server: Server,
  { token }: Place,
  userIds: readonly string[],
): Promise<readonly string[]> {
  const there = new Set<string>();
  for (let at = 0; at < userIds.length; at += 500) {
    const queries = [{ inUserIdsQuery: { userIds: userIds.slice(at, at + 500) } }];
    const { result = [] } = await post<{ result?: { userId: string }[] }>(server, token, '/v2/users', {
      query: { limit: 1_000 },
      queries,
    });
    for (const { userId } of result) there.add(userId);
  }
  return userIds.filter((userId) => !there.has(userId));
}

async function oneLane(lane: number) {
  const directory = temporaryDirectory();
  const start = () => startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
  let server = await start();
  const token = tokenIn(directory);
  const { organizationId } = await post<Place>(server, token, '/v2/organizations', { name: 'Loaded' });
  const place = { token, organizationId };
  const cycles: Cycle[] = [];
  const missing: string[] = [];
  for (let at = 0; at < cyclesPerLane; at += 1) {
    const cycle = await oneCycle(server, place, `lane-${lane}-${at}`);
    cycles.push(cycle);
    server = await start();
    missing.push(...(await lost(server, place, cycle.acknowledged)));
  }
  server.signal('SIGTERM');
  await server.ended;
  return { cycles, missing };
}

describe('SIGTERM under 200 requests a second, on gRPC and REST at once', () => {
  it('drops nothing that was sent in time, ends with 0, and keeps what it acknowledged, each of 20 times', async () => {
    const told = await Promise.all(Array.from({ length: lanes }, (_, lane) => oneLane(lane)));
    const cycles = told.flatMap((lane) => lane.cycles);
    expect(cycles.flatMap(({ dropped }) => dropped)).toEqual([]);
    expect(told.flatMap(({ missing }) => missing)).toEqual([]);
    expect(cycles.map(({ end }) => end)).toEqual(cycles.map(() => ({ code: 0, signal: null })));
    expect(cycles).toHaveLength(20);
    // Each was under load: a cycle in which nothing was sent would show nothing.
    expect(Math.min(...cycles.map(({ acknowledged }) => acknowledged.length))).toBeGreaterThan(20);
  }, 180_000);
});

describe('a server that is kept from running while it stops', () => {
  const stalledMs = 600;

  async function answeredAfter(
    stoppedAfterMs: number,
    { overs, isKept }: { readonly overs: readonly (typeof overRest)[]; readonly isKept: boolean },
  ): Promise<readonly string[]> {
    const directory = temporaryDirectory();
    const server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    const token = tokenIn(directory);
    const { organizationId } = await post<Place>(server, token, '/v2/organizations', { name: 'Stalled' });
    const senders = overs.map((over) => over(server, token, organizationId));
    if (isKept) await Promise.all(senders.map(({ send }, which) => send(`before-${which}`)));
    server.signal('SIGTERM');
    await delay(stoppedAfterMs);
    server.signal('SIGSTOP');
    const sent = senders.map(({ send }, which) => send(`during-${which}`));
    await delay(stalledMs);
    server.signal('SIGCONT');
    const told = await Promise.all(sent);
    for (const { close } of senders) close();
    expect(await server.ended).toEqual({ code: 0, signal: null });
    return told.flatMap(({ userId, fault }) => (userId === null ? [fault] : []));
  }

  it('answers who came by a new connection before the door was closed', async () => {
    expect(await answeredAfter(50, { overs: [overGrpc, overRest], isKept: false })).toEqual([]);
  });

  // A gRPC connection was told not to send any more.
  it('answers who asks by a kept connection after the door was closed', async () => {
    expect(await answeredAfter(350, { overs: [overRest], isKept: true })).toEqual([]);
  });
});
