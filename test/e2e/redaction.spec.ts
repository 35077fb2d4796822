// Canaries are planted in every place in which a request or a setting can carry a secret, in every form
// in which a library may write it down; then all that the process ever said is searched for them.

import { afterEach, describe, expect, it } from '@jest/globals';

import { RawConnection } from '#test/e2e/raw-connection.js';
import {
  endAll,
  type Server,
  startAndEnd,
  startServer,
  temporaryDirectory,
  until,
} from '#test/e2e/server-process.js';

afterEach(endAll);

const canary = 'c4n4ry~Tr/eeS+ky';
const forms = {
  raw: canary,
  'url-encoded': encodeURIComponent(canary),
  base64: Buffer.from(canary).toString('base64'),
  base64url: Buffer.from(canary).toString('base64url'),
  hex: Buffer.from(canary).toString('hex'),
};

function leaksIn(text: string): string[] {
  // The lines of Basic authorization hold it shifted, so the longest unshifted pieces are looked for too.
  const shifted = ['', 'a', 'ab'].map((before) =>
    Buffer.from(`${before}${canary}`).toString('base64').slice(4, 20),
  );
  const searched = [...Object.values(forms), ...shifted, 'c4n4ry'];
  return searched.filter((form) => text.toLowerCase().includes(form.toLowerCase()));
}

async function plantInRequests(server: Server): Promise<string> {
  const answers: string[] = [];
  const ask = async (path: string, init?: RequestInit): Promise<void> => {
    const response = await fetch(`${server.url}${path}`, init);
    answers.push(JSON.stringify([...response.headers]), await response.text());
  };
  for (const form of Object.values(forms)) {
    const headers = {
      authorization: `Bearer ${form}`,
      'x-api-key': form,
      cookie: `session=${form}`,
      'user-agent': form,
      referer: `https://x.example/?code=${encodeURIComponent(form)}`,
      'x-request-id': `${form} ${form}`,
      'x-forwarded-for': form,
      traceparent: form,
    };
    const inPath = encodeURIComponent(form);
    await ask(`/healthz?code=${inPath}`, { headers });
    await ask(`/readyz?${inPath}`, { headers });
    await ask(`/${inPath}/${inPath}?token=${inPath}`, { headers });
    await ask(`/%zz${inPath}`, { headers });
    await ask(`/x?code=${inPath}`, { method: 'POST', headers, body: form });
    const json = { ...headers, 'content-type': 'application/json' };
    await ask('/x', { method: 'POST', headers: json, body: JSON.stringify({ code: form }) });
    await ask('/x', { method: 'POST', headers: json, body: `{"code":"${form}` });
    await ask('/x', {
      method: 'POST',
      headers: { 'content-type': `application/${form.slice(0, 3)}` },
      body: form,
    });
    await ask('/x', { method: 'POST', headers: json, body: form.repeat(8_192) });
  }
  return answers.join('\n');
}

/** What only bytes can say: bad methods, header lines that are none, and headers over the limit. */
async function plantInBytes(server: Server): Promise<string> {
  const answers: string[] = [];
  for (const form of Object.values(forms)) {
    for (const bytes of [
      `${form} / HTTP/1.1\r\nhost: x\r\n\r\n`,
      `GET / HTTP/${form}\r\nhost: x\r\n\r\n`,
      `GET / HTTP/1.1\r\nhost: x\r\n${form}\r\n\r\n`,
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${form.repeat(2_048)}\r\n\r\n`,
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${form}\r\n\r\n`,
      `POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${form}\r\n`,
    ]) {
      const connection = await RawConnection.open(server.port);
      connection.send(bytes);
      await connection.closed;
      answers.push(connection.received);
    }
  }
  return answers.join('\n');
}

describe('nothing secret is ever written', () => {
  it.each([
    'embedded',
    `esdb://${encodeURIComponent(canary)}:${encodeURIComponent(canary)}@127.0.0.1:1?tls=false`,
  ])('of what requests and settings carry, at the most talkative level (event log %#)', async (eventLog) => {
    const server = await startServer({
      environment: { COUNTERSIGN_LOG_LEVEL: 'trace', COUNTERSIGN_EVENT_LOG: eventLog },
    });
    const answers = (await plantInRequests(server)) + (await plantInBytes(server));
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.lines.length).toBeGreaterThan(40);
    expect(leaksIn(server.standardOutput)).toEqual([]);
    expect(leaksIn(server.standardError)).toEqual([]);
    expect(leaksIn(answers)).toEqual([]);
  });

  it('of a setting, wherever a line has it from', async () => {
    // A password that happens to be a word of a line stands for a library that writes it down.
    const server = await startServer({
      environment: { COUNTERSIGN_EVENT_LOG: 'esdb://admin:eventstoredb@127.0.0.1:1?tls=false' },
    });
    expect(await server.line('listening')).toMatchObject({ eventLog: '[secret]' });
  });

  it('of a setting that is refused', async () => {
    const refused = Object.values(forms).flatMap((form) => [
      { COUNTERSIGN_EVENT_LOG: `esdb://u:${form}@` },
      {
        COUNTERSIGN_DATA_DIR: temporaryDirectory(),
        COUNTERSIGN_READ_MODELS: `postgres://u:${encodeURIComponent(form)}@127.0.0.1:1/db`,
      },
      { COUNTERSIGN_EXTERNAL_URL: `https://u:${form}@host` },
      { COUNTERSIGN_MASTER_KEY: form },
    ]);
    for (const environment of refused) {
      const { end, standardOutput, standardError } = await startAndEnd({ environment });
      expect(end.code).toBe(1);
      expect(leaksIn(standardOutput + standardError)).toEqual([]);
    }
  }, 120_000);

  it('and the search finds each form when it is there', () => {
    for (const form of Object.values(forms)) expect(leaksIn(`before ${form} after`)).not.toEqual([]);
    expect(leaksIn(Buffer.from(`admin:${canary}`).toString('base64'))).not.toEqual([]);
  });
});

describe('a caller cannot write log lines of its own', () => {
  it('every line is one JSON object without a control character', async () => {
    const server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: temporaryDirectory() } });
    const fake = '{"level":"fatal","message":"fake"}';
    for (const breaker of ['\r\n', '\n', '\u001b[2J', '\u2028', '\u0085', '\u0000']) {
      const text = encodeURIComponent(`${breaker}${fake}${breaker}`);
      await fetch(`${server.url}/${text}?${text}`, { headers: { 'x-request-id': text.slice(0, 64) } });
    }
    for (const bytes of [
      `GET /\u001b[2J${fake} HTTP/1.1\r\nhost: x\r\n\r\n`,
      `x\u001b[2J\n${fake}\n\r\n\r\n`,
    ]) {
      const connection = await RawConnection.open(server.port);
      connection.send(bytes);
      await connection.closed;
    }
    await until('all lines', () => server.lines.filter(({ message }) => message === 'request').length === 8);
    expect(server.standardOutput).not.toMatch(/[^\P{Cc}\n]/u);
    expect(server.standardOutput).not.toContain('fake');
    expect(server.lines.every((line) => typeof line.requestId === 'string')).toBe(true);
  });
});
