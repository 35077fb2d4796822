// What a newcomer does first, over REST as with curl: the token that the first start wrote, a user, a second factor,
// and that whatever is revoked is so at once.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateSync } from 'otplib';

import { tokenIn } from '#test/administrator-token.js';
import { endAll, type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

let directory: string;
let server: Server;
let administrator: string;

const start = (): Promise<Server> => startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });

beforeEach(async () => {
  directory = temporaryDirectory();
  server = await start();
  administrator = tokenIn(directory);
});
afterEach(endAll);

type Json = Readonly<Record<string, unknown>>;

interface Asked {
  readonly body?: object;
  readonly token?: string;
  readonly verb?: string;
}

async function ask(
  path: string,
  { body, token = administrator, verb = body === undefined ? 'GET' : 'POST' }: Asked = {},
): Promise<readonly [number, Json]> {
  const response = await fetch(`${server.url}${path}`, {
    method: verb,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return [response.status, (await response.json()) as Json];
}

async function done(path: string, asked?: Asked): Promise<Json> {
  const [status, json] = await ask(path, asked);
  expect([path, status, json]).toEqual([path, status < 300 ? status : 200, json]);
  return json;
}

async function newUser(): Promise<string> {
  const human = {
    profile: { givenName: 'Ada', familyName: 'Lovelace' },
    email: { email: 'ada@example.com', isVerified: true },
  };
  return String((await done('/v2/users/new', { body: { human } })).id);
}

async function newToken(userId: string, body: object = {}): Promise<{ token: string; tokenId: string }> {
  const { token, tokenId } = await done(`/v2/users/${userId}/pats`, { body });
  return { token: String(token), tokenId: String(tokenId) };
}

const wrong = (code: string) => String((Number(code) + 500_000) % 1_000_000).padStart(6, '0');

describe('the first start', () => {
  it("writes the administrator's token for its owner alone, and tells no log of it", async () => {
    expect(statSync(join(directory, 'admin.token')).mode & 0o777).toBe(0o600);
    expect(administrator).toMatch(/^\S{30,}$/);
    const { result } = await done('/v2/organizations/_search', { body: {} });
    expect(result).toEqual([expect.objectContaining({ name: 'Default' })]);
    expect(server.standardOutput + server.standardError).not.toContain(administrator);
  });

  it('serves nobody without a token', async () => {
    const response = await fetch(`${server.url}/v2/users/anybody`);
    expect(response.status).toBe(401);
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs'])
      expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 200]);
  });
});

describe('a newcomer', () => {
  it('adds a user, enrols it, checks codes, and finds everything after a restart', async () => {
    const userId = await newUser();
    const { secret, uri } = await done(`/v2/users/${userId}/totp`, { body: {} });
    expect(uri).toContain(String(secret));
    const code = generateSync({ secret: String(secret) });
    const verify = `/v2/users/${userId}/totp/verify`;
    expect((await ask(verify, { body: { code: wrong(code) } }))[0]).toBe(400);
    await done(verify, { body: { code } });
    const [status, told] = await ask(`/countersign/v1/users/${userId}/totp/verify`, { body: { code } });
    expect([status, JSON.stringify(told)]).toEqual([400, expect.stringContaining('code-already-used')]);

    const generated = await done(`/v2/users/${userId}/recovery_codes`, { body: { count: 2 } });
    const [first] = generated.recoveryCodes as readonly string[];
    const recovery = `/countersign/v1/users/${userId}/recovery-codes/verify`;
    expect((await done(recovery, { body: { code: first } })).recoveryCodesLeft).toBe(1);
    expect((await ask(recovery, { body: { code: first } }))[0]).toBe(400);

    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    server = await start();
    const factors = await done(`/countersign/v1/users/${userId}/factors`);
    expect(factors).toMatchObject({ recoveryCodesLeft: 1, totpDevices: [{ state: expect.any(String) }] });
    expect((await ask(`/countersign/v1/users/${userId}/totp/verify`, { body: { code } }))[0]).toBe(400);
    expect(tokenIn(directory)).toBe(administrator);
  });

  it('lets a user enrol itself, and see nobody else', async () => {
    const userId = await newUser();
    const { token } = await newToken(userId);
    await done(`/v2/users/${userId}/totp`, { body: {}, token });
    const { result } = await done('/v2/users', { body: {}, token });
    expect((result as readonly Json[]).map((user) => user.userId)).toEqual([userId]);
    const [status] = await ask('/v2/users/new', { body: { human: {} }, token });
    expect(status).toBe(403);
  });
});

describe('a token', () => {
  const statusWith = async (userId: string, token: string) =>
    (await ask(`/v2/users/${userId}`, { token }))[0];

  it('that is revoked works no more from the answer on, while others work', async () => {
    const userId = await newUser();
    const [revoked, kept] = [await newToken(userId), await newToken(userId)];
    expect(await statusWith(userId, revoked.token)).toBe(200);
    let isRevoked = false;
    const late: number[] = [];
    const early: number[] = [];
    const caller = async () => {
      for (let after = 0; after < 5; ) {
        const wasRevoked = isRevoked;
        const status = await statusWith(userId, revoked.token);
        (wasRevoked ? late : early).push(status);
        if (wasRevoked) after += 1;
      }
    };
    const callers = [caller(), caller(), caller(), caller()];
    await delay(50);
    await done(`/v2/users/${userId}/pats/${revoked.tokenId}`, { verb: 'DELETE' });
    isRevoked = true;
    await Promise.all(callers);
    expect(early).toContain(200);
    expect(late).toEqual(Array.from({ length: 20 }, () => 401));
    expect(await statusWith(userId, kept.token)).toBe(200);
  });

  it.each([
    ['locked', 'lock', 'unlock'],
    ['inactive', 'deactivate', 'reactivate'],
  ])('of a user that is %s is dead until that is taken back', async (_state, begin, end) => {
    const userId = await newUser();
    const { token } = await newToken(userId);
    expect(await statusWith(userId, token)).toBe(200);
    await done(`/v2/users/${userId}/${begin}`, { body: {} });
    expect(await statusWith(userId, token)).toBe(401);
    await done(`/v2/users/${userId}/${end}`, { body: {} });
    expect(await statusWith(userId, token)).toBe(200);
  });

  it('of a user that was removed is dead', async () => {
    const userId = await newUser();
    const { token } = await newToken(userId);
    expect(await statusWith(userId, token)).toBe(200);
    await done(`/v2/users/${userId}`, { verb: 'DELETE' });
    expect(await statusWith(userId, token)).toBe(401);
  });

  it('is dead when it has expired', async () => {
    const userId = await newUser();
    const expiresAt = Date.now() + 3_000;
    const { token } = await newToken(userId, { expirationDate: new Date(expiresAt).toISOString() });
    await delay(Math.max(0, expiresAt - Date.now() + 1));
    expect(await statusWith(userId, token)).toBe(401);
    const longer = new Date(Date.now() + 3_600_000).toISOString();
    expect(await statusWith(userId, (await newToken(userId, { expirationDate: longer })).token)).toBe(200);
  });
});
