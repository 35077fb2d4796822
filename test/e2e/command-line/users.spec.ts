// What operators do to users, tokens and settings: by the API of a service that runs, and without one.

import { rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { exitCodes } from '#cli/exit-codes.js';
import { tokenIn } from '#test/administrator-token.js';
import { countersign, linesOf, type Ran } from '#test/e2e/command-line/countersign.js';
import { addUser, ask, copyOf, type LivedIn, livedIn, serve, stop } from '#test/e2e/command-line/lived-in.js';
import { endAll, type Server, temporaryDirectory } from '#test/e2e/server-process.js';

let lived: LivedIn;
let house: LivedIn;
beforeAll(async () => {
  lived = await livedIn();
}, 60_000);
beforeEach(() => {
  house = copyOf(lived);
});
afterAll(endAll);
/** Each is some twenty processes, one after the other. */
jest.setTimeout(240_000);

const nobody = '0198f3a2-7c41-7f10-8d55-3b1f0a9c6e21';

type Do = (...words: readonly string[]) => Promise<Ran>;

/** Does the same by both ways, and tells the last event's editor. */
const offline: Do = (...words) => countersign([...words, '--data-dir', house.directory]);
const by =
  (server: Server): Do =>
  (...words) =>
    countersign([...words, '--data-dir', house.directory, '--url', server.url]);

async function lastEvent(): Promise<Record<string, unknown>> {
  const [event] = linesOf(await offline('events', 'list', '--limit', '1', '--json'));
  return event ?? {};
}

/** The administrator of the first start. */
async function firstMachine(): Promise<string> {
  const [added] = linesOf(await offline('events', 'list', '--type', 'user.machine.added', '--json'));
  return String(added?.stream).replace('user-', '');
}

const erasures = async (): Promise<number> =>
  linesOf(await offline('events', 'list', '--type', 'user.erased', '--json')).length;

async function policiesOf(organization: string, run: Do): Promise<void> {
  const text = 'permit (principal, action, resource);';
  const file = join(house.directory, 'everybody.cedar');
  writeFileSync(file, text);
  const done = { code: exitCodes.done };
  expect(await run('policies', 'set', organization, 'everybody', file)).toMatchObject(done);
  expect(linesOf(await run('policies', 'list', organization, '--json'))).toMatchObject([
    [{ name: 'everybody', text }],
  ]);
  expect(await run('policies', 'remove', organization, 'everybody')).toMatchObject(done);
  rmSync(file);
}

/** Before and after its only app was taken away. */
async function quotasOf(organization: string, run: Do): Promise<void> {
  await run('settings', 'set', organization, 'relationshipsMax', '9');
  const [told = {}] = linesOf(await run('quotas', 'show', organization, '--json'));
  expect(told).toMatchObject({
    turns: { used: expect.any(Number), limit: null },
    relationships: { used: 0, limit: 9 },
    resetTime: expect.stringMatching(/^\d{4}-\d\d-01T00:00:00.000Z$/),
  });
  const { output } = await run('quotas', 'show', organization);
  expect(output).toMatch(/relationships +0 +9 +never/);
}

async function whatOperatorsDo(run: Do): Promise<void> {
  const { userId } = house;
  const [shown] = linesOf(await run('users', 'show', userId, '--json'));
  expect(shown).toMatchObject({
    userId,
    kind: 'human',
    state: 'active',
    totp: [{ id: expect.any(String), state: 'ready' }],
    recoveryCodesLeft: 0,
    accessTokens: [],
  });
  const added = linesOf(await run('tokens', 'add', userId, '--days', '1', '--json'))[0];
  expect(added).toMatchObject({ tokenId: expect.any(String), token: expect.any(String) });
  const [withToken] = linesOf(await run('users', 'show', userId, '--json'));
  expect(withToken?.accessTokens).toEqual([added?.tokenId]);
  expect(await run('tokens', 'remove', userId, String(added?.tokenId))).toMatchObject({
    code: exitCodes.done,
  });
  expect((await lastEvent()).type).toBe('user.pat.removed');
  const reset = await run('users', 'reset-factors', userId, '--reason=lost', '--json');
  expect(linesOf(reset)).toEqual([
    {
      sequence: expect.any(Number),
      changeDate: expect.stringMatching(/^\d{4}-.*Z$/),
      resourceOwner: shown?.organizationId,
    },
  ]);
  expect(linesOf(await run('users', 'show', userId, '--json'))).toMatchObject([{ totp: [] }]);
  const organization = String(shown?.organizationId);
  await policiesOf(organization, run);
  await quotasOf(organization, run);
  await run('settings', 'set', organization, 'failuresBeforeDelay', '3');
  expect(linesOf(await run('settings', 'show', organization, '--json'))).toMatchObject([
    { failuresBeforeDelay: 3, recoveryCodesCount: 10 },
  ]);
  expect(await run('users', 'erase', userId)).toMatchObject({ code: exitCodes.usage });
  expect(await erasures()).toBe(0);
  expect(await run('users', 'erase', userId, '--yes')).toMatchObject({ code: exitCodes.done });
  expect(await erasures()).toBe(1);
}

async function whatIsRefused(run: Do): Promise<void> {
  const before = await lastEvent();
  const organization = String((await lastEvent()).organization);
  const refusals = [
    await run('users', 'show', nobody),
    await run('users', 'unlock', nobody),
    await run('tokens', 'add', nobody),
    await run('tokens', 'remove', house.userId, nobody),
    await run('settings', 'show', nobody),
    await run('quotas', 'show', nobody),
    await run('settings', 'set', organization, 'failuresBeforeDelay', '999999'),
  ];
  expect(refusals.map(({ code, output }) => ({ code, output }))).toEqual(
    refusals.map(() => ({ code: exitCodes.refused, output: '' })),
  );
  expect(await lastEvent()).toEqual(before);
}

describe('with no service, the data directory is opened', () => {
  it('to do what operators do, and each event names who did it', async () => {
    await whatOperatorsDo(offline);
    const { metadata } = await lastEvent();
    expect(metadata).toMatchObject({ editor: `cli:${userInfo().username}` });
  });

  it('to refuse what cannot be, and to change nothing by that', () => whatIsRefused(offline));

  it('so that who lost the token of the administrator gets another', async () => {
    rmSync(join(house.directory, 'admin.token'));
    const administrator = await firstMachine();
    const token = (await offline('tokens', 'add', administrator)).output.trim();
    const server = await serve(house.directory);
    expect(await addUser(server, token, 'Bob')).toMatch(/^[0-9a-f-]{36}$/);
    await stop(server);
  });

  it('but not where there is nothing yet, and makes nothing there', async () => {
    const ran = await countersign(['users', 'show', house.userId, '--data-dir', temporaryDirectory()]);
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(ran.errors).toContain('start the service once');
  });
});

describe('where a service runs, its API is called', () => {
  let server: Server;
  beforeEach(async () => {
    server = await serve(house.directory);
  });

  it('to do what operators do, and each event names the user of the token', async () => {
    await whatOperatorsDo(by(server));
    const { metadata } = await lastEvent();
    expect(String((metadata as { editor: string }).editor)).toMatch(/^[0-9a-f-]{36}$/);
    await stop(server);
  });

  it('to refuse what cannot be, and to change nothing by that', async () => {
    await whatIsRefused(by(server));
    await stop(server);
  });

  it('to explain what roles and policies would decide, and why, and nothing is done', async () => {
    const run = by(server);
    const { userId } = house;
    const [shown] = linesOf(await run('users', 'show', userId, '--json'));
    const organization = String(shown?.organizationId);
    const administrator = await firstMachine();
    const explain = (who: string, action: string, ...more: readonly string[]) =>
      run('policies', 'explain', organization, who, action, ...more);
    const before = await lastEvent();
    const said = async (...asked: Parameters<typeof explain>) => (await explain(...asked)).output.trim();
    expect(await said(administrator, 'org.write')).toBe(
      'allowed: a role allows it, and the organization has no policies',
    );
    expect(await said(userId, 'org.write')).toBe('refused: no role allows it, and no policy is asked');
    expect(await said(userId, 'user.credential.write', '--to', userId)).toMatch(/^allowed/);
    const bad = await explain(administrator, 'org.paint');
    expect(bad).toMatchObject({ code: exitCodes.refused, output: '' });
    expect(await explain(administrator, 'org.write', '--to', nobody)).toMatchObject({
      code: exitCodes.refused,
    });
    expect(await lastEvent()).toEqual(before);
    const file = join(house.directory, 'desk.cedar');
    const at = 'context.address.isInRange(ip("192.0.2.0/24"))';
    writeFileSync(
      file,
      `@notice("At the desk alone.")\nforbid (principal, action, resource) unless { ${at} };`,
    );
    expect((await run('policies', 'set', organization, 'desk', file)).code).toBe(exitCodes.done);
    writeFileSync(file, 'permit (principal, action, resource);');
    expect((await run('policies', 'set', organization, 'else', file)).code).toBe(exitCodes.done);
    const from = (address: string) =>
      said(administrator, 'user.factor.reset', '--to', userId, '--address', address);
    expect(await from('198.51.100.1')).toBe('refused by desk, which forbids it\n  At the desk alone.');
    expect(await from('192.0.2.7')).toBe('allowed by else, which permits it');
    const [told] = linesOf(await explain(administrator, 'org.write', '--address', '198.51.100.1', '--json'));
    expect(told).toMatchObject({
      allowedByRoles: true,
      verdict: 'POLICY_VERDICT_FORBIDDEN',
      policies: ['desk'],
      notices: [{ notice: 'At the desk alone.' }],
    });
    rmSync(file);
    await stop(server);
    expect(await explain(administrator, 'org.write')).toMatchObject({ code: exitCodes.failed, output: '' });
    expect(await offline('policies', 'explain', organization, administrator, 'org.write')).toMatchObject({
      code: exitCodes.notNow,
      output: '',
    });
  });

  it('found by its settings, with a token from a file or the environment', async () => {
    const token = tokenIn(house.directory);
    rmSync(join(house.directory, 'admin.token'));
    const environment = { COUNTERSIGN_LISTEN: `127.0.0.1:${server.port}` };
    const words = ['users', 'show', house.userId, '--data-dir', house.directory];
    const without = await countersign(words, { environment });
    expect(without).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(without.errors).toContain('give one by --token-file or COUNTERSIGN_TOKEN');
    const file = join(temporaryDirectory(), 'token');
    writeFileSync(file, `${token}\n`);
    expect((await countersign([...words, '--token-file', file], { environment })).code).toBe(exitCodes.done);
    const withVariable = await countersign(words, {
      environment: { ...environment, COUNTERSIGN_TOKEN: token },
    });
    expect(withVariable.code).toBe(exitCodes.done);
    const wrong = await countersign(words, { environment: { ...environment, COUNTERSIGN_TOKEN: 'x' } });
    expect(wrong).toMatchObject({ code: exitCodes.refused, output: '' });
    expect(wrong.errors).toContain('the token is wrong, expired or revoked');
    await stop(server);
  });

  it('and what cannot be reached is said so', async () => {
    const ran = await countersign([
      'users',
      'unlock',
      house.userId,
      '--data-dir',
      house.directory,
      '--url',
      'http://127.0.0.1:1',
    ]);
    expect(ran).toMatchObject({ code: exitCodes.failed, output: '' });
    expect(ran.errors).toContain('no service answers at http://127.0.0.1:1');
    await stop(server);
  });

  it('to add users of a file, once each, and to tell which were refused', async () => {
    const line = (name: string) =>
      JSON.stringify({
        profile: { givenName: name, familyName: 'L' },
        email: { email: `${name}@example.org`, isVerified: true },
      });
    const file = join(temporaryDirectory(), 'users.jsonl');
    writeFileSync(file, `${line('bob')}\n${line('eve')}\nx\n{"profile": {}}\n`);
    const ran = await by(server)('users', 'import', file, '--json');
    expect(ran.code).toBe(exitCodes.notInOrder);
    expect(linesOf(ran)).toMatchObject([
      { line: 1, status: 'added' },
      { line: 2, status: 'added' },
      { line: 3, status: 'refused', code: 'not-json' },
      { line: 4, status: 'refused', code: 'invalid-input' },
    ]);
    const last = await lastEvent();
    expect(linesOf(await by(server)('users', 'import', file, '--json'))).toEqual(linesOf(ran));
    expect(await lastEvent()).toEqual(last);
    const listed = await ask(server, { token: tokenIn(house.directory), path: '/v2/users', body: {} });
    expect(Number((listed.details as { totalResult: string }).totalResult)).toBe(4);
    await stop(server);
  });

  it('needs it for some commands, which say so', async () => {
    await stop(server);
    const ran = await offline('users', 'import', '/dev/null');
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(ran.errors).toContain('no service runs on the data directory');
  });
});
