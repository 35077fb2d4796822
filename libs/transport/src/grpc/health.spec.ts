import { once } from 'node:events';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, type ClientReadableStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '#contract/grpc/health/v1/health_pb.js';
import { watchesMax } from '#transport/grpc/limits.js';
import { type OnePort, openOnePort } from '#transport/testing/one-port.js';

let isServing: boolean;
let changed: () => void;
let port: OnePort;
let client: Client;

const health = {
  isServing: () => isServing,
  subscribe: (listener: () => void) => {
    changed = listener;
    return () => {
      changed = () => undefined;
    };
  },
};

beforeEach(async () => {
  isServing = true;
  port = await openOnePort({ health });
  client = new Client(port.address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
});

afterEach(async () => {
  client.close();
  await port.close();
});

const become = (serving: boolean): void => {
  isServing = serving;
  changed();
};

const write = (service: string): Buffer =>
  Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })));
const read = (bytes: Buffer): Serving => fromBinary(HealthCheckResponseSchema, bytes).status;

function check(service: string): Promise<Serving | ServiceError> {
  return new Promise((resolve) => {
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', write, read, service, (error, told) =>
      resolve(error ?? (told as Serving)),
    );
  });
}

function watch(service: string, by: Client = client): ClientReadableStream<Serving> {
  const call = by.makeServerStreamRequest('/grpc.health.v1.Health/Watch', write, read, service);
  call.on('error', () => undefined);
  return call;
}

const next = async (call: ClientReadableStream<Serving>): Promise<Serving> => (await once(call, 'data'))[0];

describe('health over gRPC', () => {
  it.each(['', 'echo.v1.EchoService'])('of %j follows readiness', async (service) => {
    expect(await check(service)).toBe(Serving.SERVING);
    become(false);
    expect(await check(service)).toBe(Serving.NOT_SERVING);
  });

  it('of an unknown service is not found', async () => {
    const refusal = (await check('nobody.v1.Service')) as ServiceError;
    expect(refusal.code).toBe(status.NOT_FOUND);
    expect(refusal.metadata.get('x-request-id')).toEqual(['made-up-id']);
  });

  it('is told to a watch at once, and each time that it changes', async () => {
    const call = watch('');
    expect(await next(call)).toBe(Serving.SERVING);
    const second = next(call);
    become(false);
    expect(await second).toBe(Serving.NOT_SERVING);
    const third = next(call);
    become(false);
    become(true);
    expect(await third).toBe(Serving.SERVING);
    call.cancel();
  });

  it('of an unknown service is told to a watch as unknown, and the watch stays', async () => {
    const call = watch('nobody.v1.Service');
    expect(await next(call)).toBe(Serving.SERVICE_UNKNOWN);
    expect(call.readableEnded).toBe(false);
    call.cancel();
  });

  it('is told to so many watches, and to no more', async () => {
    const clients = Array.from(
      { length: 5 },
      () => new Client(port.address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }),
    );
    const watches = Array.from({ length: watchesMax }, (_, i) => watch('', clients[i % 5]));
    await Promise.all(watches.map(next));
    const error = await new Promise((resolve) => watch('').on('error', resolve));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    for (const each of clients) each.close();
    for (const each of watches) each.cancel();
  });

  it('of a process that ends is told to its watches, which then end', async () => {
    const call = watch('');
    await next(call);
    const last = next(call);
    const ended = new Promise((resolve) => call.on('status', resolve));
    isServing = false;
    const drained = port.listener.drain();
    expect(await last).toBe(Serving.NOT_SERVING);
    expect(await ended).toMatchObject({ code: status.UNAVAILABLE });
    expect(await drained).toBe(true);
  });
});
