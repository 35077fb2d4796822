import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';

import { RawConnection } from '#test/e2e/raw-connection.js';
import {
  endAll,
  type Server,
  ServerProcess,
  startServer,
  temporaryDirectory,
  until,
} from '#test/e2e/server-process.js';
import { quickest } from '#test/faults/quickest.js';

afterEach(endAll);

/** A request whose body is still on its way: in flight for as long as the test likes. */
async function requestInFlight(server: Server): Promise<RawConnection> {
  const connection = await RawConnection.open(server.port);
  connection.send(
    'POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nab',
  );
  // The same connection order does not hold between two connections, so it is seen to be read.
  await until('a connection', async () => (await fetch(`${server.url}/healthz`)).ok);
  return connection;
}

async function doorClosed(server: Server): Promise<void> {
  const isRefused = async (): Promise<boolean> => {
    const response = await fetch(`${server.url}/healthz`).catch(() => undefined);
    return response === undefined;
  };
  await until('the door to close', isRefused, server);
}

/** Far less than what would be waited for. */
const atOnceMs = 2_000;

describe('the start', () => {
  it('answers that it is alive and ready', async () => {
    const server = await startServer();
    const [alive, ready] = await Promise.all([fetch(`${server.url}/healthz`), fetch(`${server.url}/readyz`)]);
    expect([alive.status, await alive.json()]).toEqual([200, { status: 'alive' }]);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
    expect(server.standardError).toBe('');
  });

  it('makes the data directory, for its owner only', async () => {
    const directory = join(temporaryDirectory(), 'a', 'b');
    await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('`npm start` builds, serves, and hands the signal to the server', async () => {
    const environment = { COUNTERSIGN_LISTEN: '127.0.0.1:0', COUNTERSIGN_DATA_DIR: temporaryDirectory() };
    const npm = new ServerProcess({ command: ['npm', 'start'], environment });
    await npm.line('listening');
    npm.signal('SIGTERM');
    expect(await npm.ended).toEqual({ code: 0, signal: null });
    expect(npm.standardOutput).toContain('"stopped"');
  });

  it('a key press that reaches npm and the server alike stops it once and cleanly', async () => {
    const environment = { COUNTERSIGN_LISTEN: '127.0.0.1:0', COUNTERSIGN_DATA_DIR: temporaryDirectory() };
    const npm = new ServerProcess({ command: ['npm', 'start'], environment });
    await npm.line('listening');
    process.kill(-(npm.child.pid as number), 'SIGINT');
    expect(await npm.ended).toEqual({ code: 0, signal: null });
    expect(npm.standardOutput).toContain('"stopped"');
  });
});

describe('the stop', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'on %s a request in flight is answered to its end, then the process exits 0',
    async (signal) => {
      const server = await startServer();
      const inFlight = await requestInFlight(server);
      server.signal(signal);
      await doorClosed(server);
      inFlight.send('cd');
      await inFlight.closed;
      expect(inFlight.received).toContain('HTTP/1.1 404');
      expect(inFlight.received.toLowerCase()).toContain('connection: close');
      expect(await server.ended).toEqual({ code: 0, signal: null });
    },
  );

  it('under load no request that was sent before the signal is dropped', async () => {
    const server = await startServer();
    let isStopping = false;
    const dropped: unknown[] = [];
    let answered = 0;
    const client = async (): Promise<void> => {
      while (!isStopping) {
        const response = await fetch(`${server.url}/healthz`).catch((error: unknown) => error);
        if (response instanceof Response && response.ok) answered += 1;
        else dropped.push(response);
      }
    };
    const clients = Array.from({ length: 32 }, client);
    await until('some load', () => answered > 200);
    server.signal('SIGTERM');
    isStopping = true;
    await Promise.all(clients);
    expect(dropped).toEqual([]);
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it('readiness ends first, while the door is still open', async () => {
    const server = await startServer();
    const seen: string[] = [];
    const watch = async (): Promise<void> => {
      const response = await fetch(`${server.url}/readyz`);
      seen.push(await response.text());
      return watch();
    };
    const watching = watch().catch(() => 'the door is closed');
    await until('a first answer', () => seen.length > 0);
    server.signal('SIGTERM');
    expect(await watching).toBe('the door is closed');
    const ready = '{"status":"ready"}';
    const stopping = '{"status":"not-ready","reason":"stopping"}';
    expect(seen.at(-1)).toBe(stopping);
    expect(seen.slice(seen.indexOf(stopping))).not.toContain(ready);
  });

  it('connections on which nothing happens do not hold it up', async () => {
    const server = await startServer();
    const silent = await RawConnection.open(server.port);
    const kept = await RawConnection.open(server.port);
    kept.send('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await until('an answer', () => kept.received.includes('alive'));
    const started = performance.now();
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(5_000);
    await Promise.all([silent.closed, kept.closed]);
  });

  it('a second signal ends it at once, with the code of that signal', async () => {
    const tookMs = await quickest(atOnceMs, async () => {
      const server = await startServer();
      await requestInFlight(server);
      server.signal('SIGINT');
      await server.line('stopping');
      const started = performance.now();
      server.signal('SIGTERM');
      expect(await server.ended).toEqual({ code: 143, signal: null });
      return performance.now() - started;
    });
    expect(tookMs).toBeLessThan(atOnceMs);
  });

  it('the same signal again ends it at once too, once it cannot be the same key press any more', async () => {
    const tookMs = await quickest(atOnceMs, async () => {
      const server = await startServer();
      await requestInFlight(server);
      server.signal('SIGINT');
      await server.line('stopping');
      const started = performance.now();
      await until('the end', () => {
        server.signal('SIGINT');
        return !server.isRunning;
      });
      expect(await server.ended).toEqual({ code: 130, signal: null });
      return performance.now() - started;
    });
    expect(tookMs).toBeLessThan(atOnceMs);
  });

  it('a request that never ends is cut off within 10 s, and the exit code tells', async () => {
    const server = await startServer();
    const inFlight = await requestInFlight(server);
    const started = performance.now();
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(performance.now() - started).toBeLessThan(10_000);
    await inFlight.closed;
    expect(inFlight.received).toBe('');
  });
});

describe('the log output', () => {
  it('a reader that goes away does not end the service', async () => {
    const server = await startServer();
    server.child.stdout?.destroy();
    for (let count = 0; count < 20; count += 1) await fetch(`${server.url}/healthz`);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it('a reader that stops reading stops neither the service nor its end', async () => {
    const server = await startServer();
    server.child.stdout?.pause();
    for (let count = 0; count < 100; count += 1) {
      await Promise.all(Array.from({ length: 40 }, () => fetch(`${server.url}/healthz`)));
    }
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    server.signal('SIGTERM');
    const started = performance.now();
    await until('the end', () => !server.isRunning);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('a bug', () => {
  it.each([
    ['a rejection that nobody handles', 'Promise.reject(new Error("secret-in-message"))'],
    ['an exception that nobody catches', 'setImmediate(() => { throw new Error("secret-in-message"); })'],
  ])('%s is logged as fatal without its message, and ends the process with 1', async (_title, code) => {
    const preload = join(temporaryDirectory(), 'bug.mjs');
    writeFileSync(preload, `process.on('SIGUSR2', () => { ${code} });`);
    const main = 'dist/apps/server/src/main.js';
    const server = await startServer({ command: [process.execPath, '--import', preload, main] });
    server.signal('SIGUSR2');
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.lines.at(-1)).toMatchObject({ level: 'fatal', error: { name: 'Error' } });
    expect(server.standardOutput + server.standardError).not.toContain('secret-in-message');
  });
});
