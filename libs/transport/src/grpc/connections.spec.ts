import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { EventService } from '#contract/countersign/v1/event_service_pb.js';
import type { Invoke, Served } from '#transport/call.js';
import { messagesOf } from '#transport/stream-messages.js';
import { type OpenStream, Streams } from '#transport/streams.js';
import { echo, type OnePort, type OnePortOptions, openOnePort } from '#transport/testing/one-port.js';

let port: OnePort;

afterEach(() => port.close());

async function open(options: OnePortOptions): Promise<ClientHttp2Session> {
  port = await openOnePort(options);
  return connected();
}

function connected(): ClientHttp2Session {
  const session = connect(`http://${port.address}`);
  session.on('error', () => undefined);
  return session;
}

function callOver(session: ClientHttp2Session, path = '/echo.v1.EchoService/Echo') {
  const stream = session.request({
    ':path': path,
    ':method': 'POST',
    'content-type': 'application/grpc',
  });
  stream.on('error', () => undefined).resume();
  stream.end(Buffer.alloc(5));
  return stream;
}

/** Streams that tell nothing, and end only by being ended. */
const endless: Served = {
  services: [EventService],
  invoke: echo,
  stream: async (method, _read, { signal }) => {
    const open = new Streams().open('one') as OpenStream;
    const messages = messagesOf({
      open,
      source: { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) },
      method,
      signal,
      lookAgainMs: 60_000,
      mayStill: async () => null,
      statusOf: ({ code }) => ({ code: code === 'unavailable' ? 14 : 1, message: code, details: [] }),
      onFailure: () => undefined,
    });
    return { kind: 'streaming', headers: {}, messages, ending: open.ending };
  },
  endStreams: () => undefined,
};

const agesSoon = { connectionAgeMs: 100, sweepEveryMs: 20 };

describe('a connection that is old', () => {
  it('is ended, and its client told why', async () => {
    const session = await open({ connectionLimits: agesSoon });
    const [[code, , reason]] = await Promise.all([once(session, 'goaway'), once(session, 'close')]);
    expect({ code, reason: String(reason) }).toEqual({ code: 0, reason: 'max_age' });
  });

  it('is ended when the call that was made over it is answered, which its client must not repeat', async () => {
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slowly: Invoke = async (...all) => {
      await asked;
      return echo(...all);
    };
    const session = await open({ invoke: slowly, connectionLimits: agesSoon });
    const stream = callOver(session);
    const trailers = once(stream, 'trailers');
    const [, lastTaken] = await once(session, 'goaway');
    answer();
    const [{ 'grpc-status': status }] = await trailers;
    expect({ lastTaken, status }).toEqual({ lastTaken: stream.id, status: '0' });
  });

  it('ends what streams on it as unavailable, and does not wait for its time of grace', async () => {
    const session = await open({ served: endless, connectionLimits: agesSoon });
    const stream = callOver(session, '/countersign.v1.EventService/TailEvents');
    const trailers = once(stream, 'trailers');
    await Promise.all([once(session, 'goaway'), once(session, 'close')]);
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '14' });
  });

  it('is cut off after a time of grace, whatever is still open on it', async () => {
    const never: Invoke = () => new Promise(() => undefined);
    const session = await open({
      invoke: never,
      connectionLimits: { ...agesSoon, connectionAgeGraceMs: 200 },
    });
    const stream = callOver(session);
    await once(stream, 'close');
    expect(stream.rstCode).not.toBe(0);
  });
});

describe('a connection that has left', () => {
  it('leaves no timer of a length of its own: Node would keep a list for each length until its time', async () => {
    const session = await open({});
    const timers = jest.spyOn(globalThis, 'setTimeout');
    for (let left = 0; left < 20; left += 1) {
      const one = connected();
      await once(callOver(one), 'close');
      one.destroy();
    }
    const lengths = timers.mock.calls.map(([, ms]) => Math.trunc(ms ?? 0));
    timers.mockRestore();
    session.destroy();
    expect(lengths.length).toBeGreaterThan(20);
    expect(new Set(lengths.filter((ms) => ms > 15_000)).size).toBeLessThan(5);
  });
});
