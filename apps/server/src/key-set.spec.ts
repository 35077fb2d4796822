import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';

import { publishedSecondsMax, signsAfterSeconds } from '#domain/signing-keys/state.js';
import { EventLogError } from '#event-log/errors.js';
import { keySetPath, registerKeySet } from '#server/key-set.js';
import type { Log } from '#server/log.js';

let server: FastifyInstance;
let published: () => Promise<readonly string[] | null>;
let lines: string[];

beforeEach(() => {
  lines = [];
  published = async () => ['{"kid":"one"}', '{"kid":"two"}'];
  const log = { error: (_: object, text: string) => void lines.push(text) } as unknown as Log;
  server = fastify();
  registerKeySet(server, () => published(), log);
});
afterEach(() => server.close());

const ask = (known?: string) =>
  server.inject({ url: keySetPath, ...(known !== undefined && { headers: { 'if-none-match': known } }) });

describe('the set of keys', () => {
  it('is served to everybody, to be kept for less than a new key waits', async () => {
    const { statusCode, headers, body } = await ask();
    expect([statusCode, body]).toEqual([200, '{"keys":[{"kid":"one"},{"kid":"two"}]}']);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(publishedSecondsMax).toBeLessThan(signsAfterSeconds);
  });

  it('is not sent again to whoever has it', async () => {
    const { etag = '' } = (await ask()).headers;
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    const again = await Promise.all([etag, `W/${etag}`, `"other", ${etag}`, '*'].map((known) => ask(known)));
    expect(again.map(({ statusCode, body }) => [statusCode, body])).toEqual(again.map(() => [304, '']));
    published = async () => ['{"kid":"two"}'];
    expect((await ask(String(etag))).statusCode).toBe(200);
  });

  it('is not kept while it is empty: the first key signs at once', async () => {
    published = async () => [];
    const { body, headers } = await ask();
    expect(body).toBe('{"keys":[]}');
    expect(headers['cache-control']).toBe('no-store');
  });

  it('is not there before the log was read, nor where the log never answered', async () => {
    published = async () => null;
    expect((await ask()).statusCode).toBe(503);
    published = () => Promise.reject(new EventLogError({ code: 'unavailable', reason: 'away' }));
    expect((await ask()).statusCode).toBe(503);
    expect(lines).toEqual([]);
  });

  it('says nothing of what broke, and the log does', async () => {
    published = () => Promise.reject(new TypeError('a secret cause'));
    const { statusCode, body } = await ask();
    expect([statusCode, body.includes('cause')]).toEqual([503, false]);
    expect(lines).toEqual(['the keys that proofs are verified by could not be told']);
  });
});
