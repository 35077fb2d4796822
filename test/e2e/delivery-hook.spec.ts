// The delivery hook of the built server: what it tells a receiver, what becomes of that when the process is killed, and
// that the end of the process waits for no receiver.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { never, Receiver, refuse, take } from '#delivery-hook/testing/receiver.js';
import { tokenIn } from '#test/administrator-token.js';
import {
  endAll,
  root,
  type Server,
  startAndEnd,
  startServer,
  temporaryDirectory,
  until,
} from '#test/e2e/server-process.js';

const secret = 'c4n4ry-of-a-secret-that-signs-all';
const path = '/c4n4ry/of/a/path?key=c4n4ry';
const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

let directory: string;
let receiver: Receiver;
beforeEach(async () => {
  directory = temporaryDirectory();
  receiver = await Receiver.start();
});
afterEach(async () => {
  await endAll();
  await receiver.close();
});

function environment(): Readonly<Record<string, string>> {
  const file = join(directory, 'hook.secret');
  writeFileSync(file, `${secret}\n`);
  chmodSync(file, 0o600);
  return {
    COUNTERSIGN_DATA_DIR: join(directory, 'data'),
    COUNTERSIGN_HOOK_URL: receiver.urlAt('127.0.0.1', path).href,
    COUNTERSIGN_HOOK_SECRET_FILE: file,
    COUNTERSIGN_HOOK_ALLOWED_HOSTS: '127.0.0.1',
  };
}

const start = (): Promise<Server> => startServer({ environment: environment() });

async function ask(server: Server, path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const token = tokenIn(join(directory, 'data'));
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const json = (await response.json()) as Readonly<Record<string, unknown>>;
  expect([path, response.ok, json]).toEqual([path, true, json]);
  return json;
}

let people = 0;

async function enrolled(server: Server): Promise<{ readonly userId: string; readonly totpId: string }> {
  people += 1;
  const email = `ada-${people}@example.com`;
  const human = { profile: { givenName: 'Ada', familyName: 'L' }, email: { email, isVerified: true } };
  const userId = String((await ask(server, '/v2/users/new', { human })).id);
  const { totpId } = await ask(server, `/countersign/v1/users/${userId}/totp/seeds`, { secret: seed });
  return { userId, totpId: String(totpId) };
}

const told = () => receiver.told.map(({ type, userId, factorId }) => ({ type, userId, factorId }));
const added = ({ userId, totpId }: { readonly userId: string; readonly totpId: string }) => ({
  type: 'factor.added',
  userId,
  factorId: totpId,
});
const kept = () => readFileSync(join(directory, 'data', 'hook.json'), 'utf8');

/** The example of the document that receivers are written by. */
async function isGenuineOfDocument(): Promise<(...asked: [object, Buffer, string]) => boolean> {
  const document = readFileSync(join(root, 'docs/operations/delivery-hook.md'), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(document) ?? [];
  const file = join(directory, 'example.mjs');
  writeFileSync(file, code);
  const { isGenuine } = (await import(file)) as {
    isGenuine: (...asked: [object, Buffer, string]) => boolean;
  };
  return isGenuine;
}

describe('the delivery hook of a server', () => {
  it('delivers what happens, signed as its document says, and writes no line of where to or by what', async () => {
    const server = await start();
    const person = await enrolled(server);
    await until('a delivery', () => receiver.received.length > 0, server);
    expect(told()).toEqual([added(person)]);
    const [{ headers, body, path: asked } = { headers: {}, body: '', path: '' }] = receiver.received;
    expect(asked).toBe(path);
    const isGenuine = await isGenuineOfDocument();
    expect(isGenuine(headers, Buffer.from(body), secret)).toBe(true);
    expect(isGenuine(headers, Buffer.from(body), `${secret}x`)).toBe(false);
    expect(isGenuine(headers, Buffer.from(`${body} `), secret)).toBe(false);
    expect(isGenuine({ ...headers, 'countersign-timestamp': '1' }, Buffer.from(body), secret)).toBe(false);
    const { port } = await server.line('metrics');
    const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const counted = 'countersign_hook_deliveries_total{outcome="delivered"} 1';
    await until('the count', async () => (await metrics()).includes(counted), server);
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.standardOutput).toContain('notices are delivered');
    expect(server.standardOutput + server.standardError + kept()).not.toContain('c4n4ry');
    expect(body).not.toContain('example.com');
  });

  it('loses nothing where it is killed, and repeats nothing that was noted as taken', async () => {
    const first = await start();
    const answers: ServerResponse[] = [];
    receiver.answering = (_, answer) => answers.push(answer);
    const taken = await enrolled(first);
    await until('an attempt', () => answers.length === 1, first);
    const id = String(receiver.received[0]?.headers['countersign-delivery']);
    await until('its note', () => kept().includes(id), first);
    answers[0]?.writeHead(204).end();
    await until('the note that it was taken', () => !kept().includes(id), first);
    receiver.answering = refuse;
    const waiting = [await enrolled(first), await enrolled(first)];
    first.signal('SIGKILL');
    await first.ended;
    receiver.answering = take;
    receiver.received.length = 0;
    const second = await start();
    const later = await enrolled(second);
    const expected = [...waiting, later].map(added);
    await until('the others', () => receiver.received.length === expected.length, second);
    expect(told()).toEqual(expect.arrayContaining(expected));
    expect(told()).not.toContainEqual(added(taken));
  });

  it('is not waited for by the end of the process, and goes on with the next', async () => {
    receiver.answering = never;
    const first = await start();
    const person = await enrolled(first);
    await until('an attempt', () => receiver.received.length === 1, first);
    first.signal('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    receiver.answering = take;
    const second = await start();
    await until('the delivery', () => receiver.received.length === 2, second);
    expect(told()).toEqual([added(person), added(person)]);
    const [one, other] = receiver.received;
    expect(other?.headers['countersign-delivery']).toBe(one?.headers['countersign-delivery']);
  });

  it('is refused at start where its progress is of another release, which stays as it is', async () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'data', 'hook.json'), '{"v":2}\n');
    const refused = await startAndEnd({
      environment: { COUNTERSIGN_LISTEN: '127.0.0.1:0', ...environment() },
    });
    expect(refused.end).toEqual({ code: 1, signal: null });
    expect(refused.standardError).toMatch(/^countersign: [^\n]*hook\.json is of another release[^\n]*\n$/);
    expect(kept()).toBe('{"v":2}\n');
  });
});
