// Sessions and passwords as operators look at them and end them: by the API of a service that runs, and without one.

import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { exitCodes } from '#cli/exit-codes.js';
import { tokenIn } from '#test/administrator-token.js';
import { countersign, linesOf, type Ran, type RunOptions } from '#test/e2e/command-line/countersign.js';
import {
  ask,
  copyOf,
  type Json,
  type LivedIn,
  livedIn,
  serve,
  stop,
} from '#test/e2e/command-line/lived-in.js';
import { endAll, type Server } from '#test/e2e/server-process.js';

const password = 'correct horse battery staple';
let lived: LivedIn;
let house: LivedIn;
let sessionIds: readonly string[];
beforeAll(async () => {
  lived = await livedIn();
  const server = await serve(lived.directory);
  const begun: Json[] = [];
  for (const description of ['Laptop', 'Phone', 'Tablet'])
    begun.push(await begin(server, lived, description));
  sessionIds = begun.map(({ sessionId }) => String(sessionId));
  await stop(server);
}, 60_000);
beforeEach(() => {
  house = copyOf(lived);
});
afterAll(endAll);
/** Each is some ten processes, one after the other. */
jest.setTimeout(240_000);

function begin(server: Server, { directory, userId }: LivedIn, description: string): Promise<Json> {
  const body = { checks: { user: { userId } }, userAgent: { description } };
  return ask(server, { token: tokenIn(directory), path: '/v2/sessions', body });
}

type Do = (words: readonly string[], options?: RunOptions) => Promise<Ran>;
const offline: Do = (words, options) => countersign([...words, '--data-dir', house.directory], options);
const by =
  (server: Server): Do =>
  (words, options) =>
    countersign([...words, '--data-dir', house.directory, '--url', server.url], options);

const typesOf = async (): Promise<readonly unknown[]> =>
  linesOf(await offline(['events', 'list', '--limit', '3', '--json'])).map(({ type }) => type);

async function whatOperatorsDo(run: Do): Promise<void> {
  const { userId } = house;
  const [laptop, phone, tablet] = sessionIds;
  const listed = linesOf(await run(['sessions', 'list', userId, '--json']));
  expect(listed).toMatchObject(
    ['Tablet', 'Phone', 'Laptop'].map((userAgent) => ({ userAgent, checked: ['user'], isExpired: false })),
  );
  expect(listed.map(({ sessionId }) => sessionId)).toEqual([tablet, phone, laptop]);
  expect(linesOf(await run(['users', 'show', userId, '--json']))).toMatchObject([
    { sessions: 3, password: null },
  ]);
  const one = await run(['sessions', 'end', String(phone), '--json']);
  expect(linesOf(one)).toEqual([{ ended: [phone] }]);
  const all = await run(['sessions', 'end', userId, '--user', '--json']);
  expect(linesOf(all)).toEqual([{ ended: [tablet, laptop] }]);
  expect((await run(['sessions', 'list', userId])).output).toBe('session  made  expires  checked  on\n');
}

async function whatIsSet(run: Do): Promise<void> {
  const { userId } = house;
  const set = (input: string, ...more: readonly string[]) =>
    run(['users', 'set-password', userId, ...more], { input });
  expect(await set(`${password}\n`, '--change-required', '--end-sessions')).toMatchObject({
    code: exitCodes.done,
    errors: '',
  });
  expect(linesOf(await run(['users', 'show', userId, '--json']))).toMatchObject([
    { sessions: 0, password: { isChangeRequired: true } },
  ]);
  const given = ['', 'two\nlines\n', 'short\n'];
  const refused = [await set(given[0] ?? ''), await set(given[1] ?? ''), await set(given[2] ?? '')];
  expect(refused).toMatchObject(
    [exitCodes.usage, exitCodes.usage, exitCodes.refused].map((code) => ({ code, output: '' })),
  );
  expect(await run(['users', 'set-password', userId, password])).toMatchObject({ code: exitCodes.usage });
  const hash = '$pbkdf2-sha256$i=600000$c2FsdHNhbHRzYWx0c2FsdA$zPBrmMd2dLGnpcY6mQ6P1kE5b4l1cJv3qYkqZ5Jr3vY';
  expect(await set(hash, '--hash')).toMatchObject({ code: exitCodes.done });
  expect(readFileSync(`${house.directory}/events.db`).includes(password)).toBe(false);
}

async function whatIsRefused(run: Do): Promise<void> {
  const nobody = '0198f3a2-7c41-7f10-8d55-3b1f0a9c6e21';
  const before = await typesOf();
  const refusals = [
    await run(['sessions', 'list', nobody]),
    await run(['sessions', 'end', nobody, '--user']),
    await run(['users', 'set-password', nobody], { input: password }),
  ];
  expect(refusals.map(({ code, output }) => ({ code, output }))).toEqual(
    refusals.map(() => ({ code: exitCodes.refused, output: '' })),
  );
  expect(await typesOf()).toEqual(before);
}

describe('with no service, the data directory is opened', () => {
  it('to list sessions and to end them', () => whatOperatorsDo(offline));
  it('to set passwords, from standard input alone', () => whatIsSet(offline));
  it('to refuse what cannot be, and to change nothing by that', () => whatIsRefused(offline));
});

describe('with a service, its API is called', () => {
  it('to list sessions, to end them, and to set passwords', async () => {
    const server = await serve(house.directory);
    await whatOperatorsDo(by(server));
    await whatIsSet(by(server));
    await stop(server);
  });
});
