import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type Environment,
  endAll,
  startAndEnd,
  startServer,
  temporaryDirectory,
} from '#test/e2e/server-process.js';
import { authority, certificate, key, outsider } from '#transport/testing/certificates.js';

afterEach(endAll);

/** Exactly one line on standard error, nothing on standard output but log lines, exit code 1. */
async function refusalOf(environment: Environment): Promise<string> {
  const { end, standardError, lines } = await startAndEnd({ environment });
  expect(end).toEqual({ code: 1, signal: null });
  expect(standardError).toMatch(/^countersign: [^\n]+\n$/);
  expect(lines.filter(({ message }) => message === 'listening')).toEqual([]);
  return standardError;
}

function file(text: string, mode: number): string {
  const path = join(temporaryDirectory(), 'keys');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('a bad setting ends the process with one line that names it and says what is allowed', () => {
  it.each([
    ['COUNTERSIGN_LISTEN', 'canary', '<IP address or localhost>:<port>'],
    ['COUNTERSIGN_LISTEN', '0.0.0.0:0', 'COUNTERSIGN_TLS_ENDED_BY_PROXY=yes'],
    ['COUNTERSIGN_DATA_DIR', '', 'a directory that can be written'],
    ['COUNTERSIGN_EVENT_LOG', 'kafka://user:canary@host', 'esdb://'],
    [
      'COUNTERSIGN_READ_MODELS',
      'postgres://user:canary@host',
      'postgres://<user>:<password>@<host>:<port>/<database>',
    ],
    ['COUNTERSIGN_MASTER_KEY_FILE', '', 'a file that only its owner can read'],
    ['COUNTERSIGN_PASSWORD_HASH', 'm=canary', 'written as m=19456,t=2,p=1'],
    ['COUNTERSIGN_PASSWORD_BLOCKLIST', '', 'a file in UTF-8'],
    ['COUNTERSIGN_TLS_CERT', '/canary', 'COUNTERSIGN_TLS_KEY must be given'],
    ['COUNTERSIGN_TLS_KEY', '/canary', 'COUNTERSIGN_TLS_CERT must be given'],
    ['COUNTERSIGN_TLS_CLIENT_CA', '/canary', 'COUNTERSIGN_TLS_CERT must be given'],
    ['COUNTERSIGN_TLS_ENDED_BY_PROXY', 'canary', '`yes` or `no`'],
    ['COUNTERSIGN_TRUSTED_PROXIES', 'canary', '10.0.0.0/8'],
    ['COUNTERSIGN_DIALECTS', 'tenant,canary', '`none`, or names with commas between them'],
    ['COUNTERSIGN_DIALECTS', 'tenant,tenant', 'each but once'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://*.canary', 'as browsers send them'],
    ['COUNTERSIGN_METRICS_LISTEN', 'canary', '`off`, or <IP address or localhost>:<port>'],
    ['COUNTERSIGN_METRICS_LISTEN', '0.0.0.0:0', 'COUNTERSIGN_TLS_ENDED_BY_PROXY=yes'],
    ['COUNTERSIGN_OTEL_ENDPOINT', 'http://user:canary@collector:4318', 'without credentials'],
    ['COUNTERSIGN_HOOK_URL', 'https://user:canary@host', 'an https:// URL without credentials'],
    ['COUNTERSIGN_HOOK_SECRET_FILE', '/canary', 'COUNTERSIGN_HOOK_URL must be given'],
    ['COUNTERSIGN_HOOK_ALLOWED_HOSTS', '[canary]', 'host names or IP addresses'],
    ['COUNTERSIGN_EXTERNAL_URL', 'https://user:canary@host', 'without credentials'],
    ['COUNTERSIGN_LOG_LEVEL', 'canary', 'fatal, error, warn, info, debug, trace'],
    ['COUNTERSIGN_LISTEM', 'canary', 'did you mean COUNTERSIGN_LISTEN?'],
    ['COUNTERSIGN_COLOUR', 'canary', 'allowed are COUNTERSIGN_LISTEN,'],
  ])('%s=%s', async (name, text, allowed) => {
    const refusal = await refusalOf({ [name]: text });
    expect(refusal).toContain(name);
    expect(refusal).toContain(allowed);
    expect(refusal).not.toContain('canary');
  });

  it('several at once are told in the one line', async () => {
    const refusal = await refusalOf({ COUNTERSIGN_LISTEN: 'x', COUNTERSIGN_LOG_LEVEL: 'x' });
    expect(refusal).toMatch(/COUNTERSIGN_LISTEN .*; COUNTERSIGN_LOG_LEVEL /);
  });
});

/** Ten times what a start of Node that loads all of it takes: nothing is waited for or tried again. */
const atOnceMs = 10_000;

describe('a data directory that cannot be used ends the process at once, by its path', () => {
  it.each([
    ['it lies below a file', '/dev/null/countersign'],
    ['it is a file', import.meta.filename],
    ['nothing can be made there', '/proc/countersign'],
  ])('%s', async (_why, path) => {
    const started = performance.now();
    const refusal = await refusalOf({ COUNTERSIGN_DATA_DIR: path, COUNTERSIGN_LISTEN: '127.0.0.1:0' });
    expect(performance.now() - started).toBeLessThan(atOnceMs);
    expect(refusal).toContain(`COUNTERSIGN_DATA_DIR must be a directory that can be written: ${path} is not`);
  });

  it('it is a directory that may only be read', async () => {
    const directory = join(temporaryDirectory(), 'read-only');
    mkdirSync(directory, { mode: 0o500 });
    // Who may write everywhere is not stopped by a mode, but by what lies below /sys.
    const path = process.getuid?.() === 0 ? '/sys/kernel' : directory;
    const refusal = await refusalOf({ COUNTERSIGN_DATA_DIR: path, COUNTERSIGN_LISTEN: '127.0.0.1:0' });
    expect(refusal).toContain(path);
  });
});

describe('a master key file', () => {
  const key = Buffer.alloc(32, 0xca).toString('base64');

  it('that is good wraps the keys, and none is made in the data directory', async () => {
    const directory = temporaryDirectory();
    const server = await startServer({
      environment: {
        COUNTERSIGN_MASTER_KEY_FILE: file(`k1 ${key}\n`, 0o600),
        COUNTERSIGN_DATA_DIR: directory,
      },
    });
    expect(readdirSync(directory)).toContain('keys.db');
    expect(readdirSync(directory)).not.toContain('master.key');
    expect(server.standardOutput).not.toContain(key);
  });

  it('without which data keys were made ends the process, which names the key that is missing', async () => {
    const environment = {
      COUNTERSIGN_MASTER_KEY_FILE: file(`k1 ${key}\n`, 0o600),
      COUNTERSIGN_DATA_DIR: temporaryDirectory(),
    };
    const server = await startServer({ environment });
    server.signal('SIGTERM');
    await server.ended;
    const other = file(`k2 ${Buffer.alloc(32, 0xcb).toString('base64')}\n`, 0o600);
    const refusal = await refusalOf({ ...environment, COUNTERSIGN_MASTER_KEY_FILE: other });
    expect(refusal).toContain('must have the master key k1');
  });

  it('is asked for where the one in the data directory is gone', async () => {
    const directory = temporaryDirectory();
    const server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    server.signal('SIGTERM');
    await server.ended;
    rmSync(join(directory, 'master.key'));
    const refusal = await refusalOf({ COUNTERSIGN_DATA_DIR: directory });
    expect(refusal).toContain('COUNTERSIGN_MASTER_KEY_FILE must name the file of the master keys');
  });

  it.each([
    ['others can read', `k1 ${key}\n`, 0o644, 'its owner only'],
    ['holds something else', `k1 ${key}x\n`, 0o600, 'line 1 must be <id> <32 bytes in base64>'],
  ])('that %s ends the process, and is not quoted', async (_why, text, mode, says) => {
    const refusal = await refusalOf({
      COUNTERSIGN_MASTER_KEY_FILE: file(text, mode),
      COUNTERSIGN_DATA_DIR: temporaryDirectory(),
    });
    expect(refusal).toContain('COUNTERSIGN_MASTER_KEY_FILE');
    expect(refusal).toContain(says);
    expect(refusal).not.toContain(key);
  });

  it('that is not there ends the process', async () => {
    expect(await refusalOf({ COUNTERSIGN_MASTER_KEY_FILE: '/nowhere' })).toContain('/nowhere cannot be read');
  });
});

describe('a connection string that the client cannot use', () => {
  it('ends the process, and is not quoted', async () => {
    const refusal = await refusalOf({
      COUNTERSIGN_EVENT_LOG: 'esdb://admin:canary@127.0.0.1:2113?colour=canary',
      COUNTERSIGN_DATA_DIR: temporaryDirectory(),
    });
    expect(refusal).toContain('COUNTERSIGN_EVENT_LOG');
    expect(refusal).not.toContain('canary');
  });
});

describe('an address that somebody else listens on', () => {
  it.each(['COUNTERSIGN_LISTEN', 'COUNTERSIGN_METRICS_LISTEN'])(
    'ends the process with one line that names it: %s',
    async (setting) => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as { port: number };
      try {
        const refusal = await refusalOf({
          COUNTERSIGN_LISTEN: '127.0.0.1:0',
          COUNTERSIGN_DATA_DIR: temporaryDirectory(),
          [setting]: `127.0.0.1:${port}`,
        });
        expect(refusal).toContain(`${setting}: 127.0.0.1 port ${port} cannot be listened on (EADDRINUSE)`);
      } finally {
        other.close();
      }
    },
  );
});

describe('a listener off loopback', () => {
  it('is served when a trusted proxy is said to end TLS', async () => {
    const server = await startServer({
      environment: { COUNTERSIGN_LISTEN: '0.0.0.0:0', COUNTERSIGN_TLS_ENDED_BY_PROXY: 'yes' },
    });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  it('speaks TLS with a certificate and its key', async () => {
    const server = await startServer({
      environment: {
        COUNTERSIGN_LISTEN: '0.0.0.0:0',
        COUNTERSIGN_TLS_CERT: file(certificate, 0o600),
        COUNTERSIGN_TLS_KEY: file(key, 0o600),
      },
    });
    const request = get({
      host: '127.0.0.1',
      port: server.port,
      path: '/readyz',
      ca: authority,
      servername: 'localhost',
    });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
    answer.resume();
  });

  it.each([
    ['a certificate that is none', 'nonsense', key, 'COUNTERSIGN_TLS_CERT is not a certificate'],
    ['the key of another', certificate, outsider.key, 'COUNTERSIGN_TLS_KEY is not the key'],
  ])('%s ends the process, and is not quoted', async (_, cert, other, says) => {
    const refusal = await refusalOf({
      COUNTERSIGN_TLS_CERT: file(cert, 0o600),
      COUNTERSIGN_TLS_KEY: file(other, 0o600),
      COUNTERSIGN_DATA_DIR: temporaryDirectory(),
    });
    expect(refusal).toContain(says);
  });
});
