import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { droppedBytesMax } from '#transport/grpc/limits.js';
import { type OnePort, openOnePort } from '#transport/testing/one-port.js';

let port: OnePort;
beforeEach(async () => {
  port = await openOnePort();
});
afterEach(() => port.close());

describe('a connection', () => {
  it('serves its later calls, however many before them were refused for their size', async () => {
    const session = connectHttp2(`http://${port.address}`);
    const statusOf = async (bytes: number): Promise<unknown> => {
      const stream = session.request({
        ':path': '/echo.v1.EchoService/Echo',
        ':method': 'POST',
        'content-type': 'application/grpc',
      });
      stream.on('error', () => undefined).resume();
      const message = Buffer.alloc(5 + bytes);
      message.writeUInt32BE(bytes, 1);
      let status: unknown;
      stream.on('response', (headers) => {
        status ??= headers['grpc-status'];
      });
      stream.on('trailers', (trailers) => {
        status ??= trailers['grpc-status'];
      });
      stream.end(message);
      await new Promise((resolve) => stream.once('close', resolve));
      return status;
    };
    for (let calls = 0; calls < 120; calls += 1) expect(await statusOf(200_000)).toBe('8');
    expect(await statusOf(0)).toBe('0');
    session.destroy();
  });

  it('whose client sends on and on after its answer is not read for ever', async () => {
    const session = connectHttp2(`http://${port.address}`);
    const stream = session.request({
      ':path': '/echo.v1.EchoService/Echo',
      ':method': 'POST',
      'content-type': 'application/grpc',
    });
    // It is refused by this length, at once.
    stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
    let sent = 0;
    stream.on('error', () => undefined).resume();
    const closed = new Promise((resolve) => stream.once('close', resolve));
    const send = (): void => {
      while (!stream.destroyed && !stream.closed && stream.write(Buffer.alloc(16_384))) sent += 16_384;
    };
    stream.on('drain', send);
    send();
    await closed;
    expect(sent).toBeLessThan(4 * droppedBytesMax);
    session.destroy();
  });

  it('is over when its client has gone, and does not count any more', async () => {
    const socket = port.connect();
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    await once(socket, 'data');
    socket.end();
    await once(socket, 'close');
    expect(
      await new Promise((resolve) => port.http.server.getConnections((_, count) => resolve(count))),
    ).toBe(0);
  });
});
