import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import type { ErrorDescription } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import { listenForMetrics, type MetricsListener } from '#server/metrics/listener.js';
import { StartRefusal } from '#server/start-refusal.js';
import { authority, certificate, key } from '#transport/testing/certificates.js';
import type { TlsOptions } from '#transport/tls.js';

const listeners: MetricsListener[] = [];
const troubles: (string | undefined)[] = [];
afterEach(() => {
  troubles.splice(0);
  for (const listener of listeners.splice(0)) listener.close();
});

async function listen(tls: TlsOptions | null = null, port = 0): Promise<number> {
  let bound = 0;
  const log = {
    info: (fields: { port: number }) => {
      bound = fields.port;
    },
    error: ({ error }: { error: ErrorDescription }) => troubles.push(error.code),
  } as unknown as Log;
  const text = () => 'up 1\n';
  listeners.push(await listenForMetrics({ listen: { host: '127.0.0.1', port }, tls, text, log }));
  return bound;
}

describe('/metrics', () => {
  it('is served as Prometheus asks for it, and says where', async () => {
    const answer = await fetch(`http://127.0.0.1:${await listen()}/metrics?name[]=up`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toBe('up 1\n');
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['GET', '/readyz', 404],
    ['POST', '/metrics', 405],
    ['DELETE', '/metrics', 405],
  ])('is all that is served there: %s %s is %d', async (method, path, status) => {
    const answer = await fetch(`http://127.0.0.1:${await listen()}${path}`, { method });
    expect([answer.status, await answer.text()]).toEqual([status, '']);
  });

  it('is served over TLS where the one port is', async () => {
    const port = await listen({ certificate, key, clientAuthority: null });
    const asked = get({ host: '127.0.0.1', port, path: '/metrics', ca: authority, servername: 'localhost' });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    answer.resume();
    const plain = request({ host: '127.0.0.1', port, path: '/metrics' }).end();
    await expect(once(plain, 'response')).rejects.toThrow();
  });

  it('asks clients for their certificate where the one port does', async () => {
    const port = await listen({ certificate, key, clientAuthority: authority });
    const asked = get({ host: '127.0.0.1', port, path: '/metrics', ca: authority, servername: 'localhost' });
    await expect(once(asked, 'response')).rejects.toThrow();
  });

  it('on a port of somebody else is refused by its setting', async () => {
    const port = await listen();
    const second = listen(null, port);
    await expect(second).rejects.toThrow(StartRefusal);
    await expect(second).rejects.toThrow(
      `COUNTERSIGN_METRICS_LISTEN: 127.0.0.1 port ${port} cannot be listened on`,
    );
  });

  it('goes on after a connection that it could not take, and says so', async () => {
    const servers: Server[] = [];
    const noteServer = (message: unknown) => servers.push((message as { server: Server }).server);
    subscribe('http.server.request.start', noteServer);
    const port = await listen();
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).status;
    expect(await ask()).toBe(200);
    unsubscribe('http.server.request.start', noteServer);
    for (const code of ['EMFILE', 'ENFILE'])
      servers[0]?.emit('error', Object.assign(new Error(code), { code }));
    expect(troubles).toEqual(['EMFILE', 'ENFILE']);
    expect(await ask()).toBe(200);
  });

  it('ends with its connections, also those that are kept or in the middle of a request', async () => {
    const port = await listen();
    await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const halfway = connect(port, '127.0.0.1');
    halfway.write('GET /metr');
    await once(halfway, 'connect');
    halfway.on('error', () => undefined);
    const ended = new Promise((resolve) => halfway.once('close', resolve));
    listeners.pop()?.close();
    await ended;
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });
});
