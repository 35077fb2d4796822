// Whoever sends what nobody can read, by any of the stacks: it is found out who asks, and how fast, before that is looked at.

import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';

import type { Reader } from '#transport/call.js';
import { registerRest } from '#transport/rest/routes.js';
import { type Desk, openDesk, people, unlimited } from '#transport/testing/desk.js';
import { openOnePort } from '#transport/testing/one-port.js';
import { registerWeb } from '#transport/web/routes.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const slow = { perSecond: 1e-3, burst: 2 };

interface Stacks {
  readonly desk: Desk;
  readonly reads: () => number;
  /** Sends garbage, and answers the number of gRPC that it is refused by. */
  readonly send: Readonly<Record<string, (authorization: string | null) => Promise<number>>>;
}

const counted = (read: Reader, count: () => void): Reader => {
  return (caller) => {
    count();
    return read(caller);
  };
};

async function openStacks(limits: Partial<typeof unlimited>): Promise<Stacks> {
  const desk = await openDesk({ limits: { ...unlimited, ...limits } });
  let reads = 0;
  const count = (): void => {
    reads += 1;
  };
  const served = {
    ...desk.served,
    invoke: (...[method, read, incoming]: Parameters<typeof desk.served.invoke>) =>
      desk.served.invoke(method, counted(read, count), incoming),
  };
  const http = fastify({ genReqId: () => 'request-1' });
  const options = { addressOf: () => '192.0.2.9', onFailure: () => undefined };
  registerRest(http, served, options);
  registerWeb(http, served, options);
  const port = await openOnePort({ services: served.services, invoke: served.invoke });
  const client = new Client(port.address, credentials.createInsecure());
  closing.push(
    () => http.close(),
    async () => client.close(),
    () => port.close(),
    () => desk.close(),
  );
  const post =
    (url: string, contentType: string, payload: Buffer) => async (authorization: string | null) => {
      const headers = { 'content-type': contentType, ...(authorization !== null && { authorization }) };
      return await http.inject({ method: 'POST', url, headers, payload });
    };
  const path = '/zitadel.user.v2.UserService/GetUserByID';
  const verify = `/v2/users/${people.ada}/totp/verify`;
  const rest = post(verify, 'application/json', Buffer.from('{"code":'));
  const connect = post(path, 'application/json', Buffer.from('{"userId":'));
  const web = post(path, 'application/grpc-web+proto', Buffer.from([0, 0, 0, 0, 2, 0x0a, 0x7f]));
  return {
    desk,
    reads: () => reads,
    send: {
      REST: async (authorization) => (await rest(authorization)).json().code,
      Connect: async (authorization) => codeOf[(await connect(authorization)).json().code as string] ?? 0,
      'gRPC-Web': async (authorization) =>
        Number(/grpc-status: (\d+)/.exec((await web(authorization)).rawPayload.toString('latin1'))?.[1]),
      gRPC: (authorization) => overGrpc(client, path, authorization),
    },
  };
}

const codeOf: Readonly<Record<string, number>> = {
  invalid_argument: 3,
  resource_exhausted: 8,
  unauthenticated: 16,
};

function overGrpc(client: Client, path: string, authorization: string | null): Promise<number> {
  const metadata = new Metadata();
  if (authorization !== null) metadata.set('authorization', authorization);
  const pass = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, pass, pass, Buffer.from([0x0a, 0x7f]), metadata, (error) =>
      resolve(error?.code ?? 0),
    );
  });
}

describe.each(['REST', 'Connect', 'gRPC-Web', 'gRPC'])('what nobody can read over %s', (stack) => {
  const thrice = async (send: Stacks['send'], authorization: string | null) => [
    await send[stack]?.(authorization),
    await send[stack]?.(authorization),
    await send[stack]?.(authorization),
  ];

  it('is not read for a stranger, whose address pays for it', async () => {
    const { send, reads } = await openStacks({ address: slow });
    expect(await thrice(send, null)).toEqual([16, 16, 8]);
    expect(reads()).toBe(0);
  });

  it('is told to a caller, who pays for it, and read for none that asks too fast', async () => {
    const { desk, send, reads } = await openStacks({ call: slow });
    expect(await thrice(send, await desk.tokenOf('ada'))).toEqual([3, 3, 8]);
    expect(reads()).toBe(2);
  });
});
