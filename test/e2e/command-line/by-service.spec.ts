// What the command line asks a service for that runs: rows and replays, events, and master keys.

import { cpSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { exitCodes } from '#cli/exit-codes.js';
import { tokenIn } from '#test/administrator-token.js';
import { begin, countersign, linesOf, type Ran } from '#test/e2e/command-line/countersign.js';
import { addUser, livedIn, serve, stop } from '#test/e2e/command-line/lived-in.js';
import { endAll, type Server, temporaryDirectory, until } from '#test/e2e/server-process.js';

type Json = Readonly<Record<string, unknown>>;

const directory = temporaryDirectory();
let server: Server;
beforeAll(async () => {
  cpSync((await livedIn()).directory, directory, { recursive: true });
  server = await serve(directory);
}, 60_000);
afterAll(async () => {
  await stop(server);
  await endAll();
}, 60_000);
/** Each is some processes, one after the other. */
jest.setTimeout(120_000);

const words = (...given: readonly string[]) => [
  ...given,
  '--json',
  '--data-dir',
  directory,
  '--url',
  server.url,
];
const run = (...given: readonly string[]): Promise<Ran> => countersign(words(...given));
const last = (ran: Pick<Ran, 'output'>): Json => linesOf(ran).at(-1) ?? {};
const failureIn = ({ errors }: Pick<Ran, 'errors'>): Json =>
  (JSON.parse(errors) as { readonly error: Json }).error;
const beside = (...given: readonly string[]): Promise<Ran> =>
  countersign([...given, '--json', '--data-dir', directory]);

async function live(projection: string): Promise<unknown> {
  return last(await run('projections', 'show', projection)).build;
}

describe('where a service runs', () => {
  it('its projections are told with what they are doing', async () => {
    const { projections, head } = last(await run('projections', 'list'));
    expect(projections).toMatchObject(
      ['users', 'organizations', 'sessions', 'audit'].map((projection) => ({
        projection,
        state: 'following',
        position: head,
        lagEvents: 0,
        lastError: null,
      })),
    );
    const environment = { COUNTERSIGN_LISTEN: `127.0.0.1:${server.port}` };
    const status = await countersign(['status', '--json', '--data-dir', directory], { environment });
    expect(last(status)).toMatchObject({ projections, running: { ready: true } });
  });

  it('it replays while it serves, and a line tells each change to the end', async () => {
    const ran = await run('replay', 'users');
    expect(ran).toMatchObject({ code: exitCodes.done, errors: '' });
    expect(last(ran)).toMatchObject({ phase: 'done', comparison: { kind: 'equal' } });
    expect(await live('users')).toBe(last(ran).build);
    const dry = await run('replay', 'organizations', '--dry-run');
    expect(last(dry)).toMatchObject({ isDryRun: true, phase: 'done', comparison: { kind: 'equal' } });
    const side = await run('replay', 'audit', '--side', 'early', '--up-to-position', '5');
    expect(last(side)).toMatchObject({ side: 'early', position: '0000000000000005', phase: 'done' });
    expect((await run('projections', 'drop', String(last(side).build))).code).toBe(exitCodes.done);
    const refused = await run('replay', 'users', '--up-to-position', '5');
    expect(refused).toMatchObject({ code: exitCodes.refused, output: '' });
  });

  it('a replay goes on when Ctrl-C leaves it, and is watched, paused, resumed and cancelled', async () => {
    const before = await live('audit');
    const replay = begin(words('replay', 'audit', '--rate', '2'));
    await until('its first line', () => replay.ran.output.includes('\n'));
    replay.child.kill('SIGINT');
    const left = await replay.ended;
    const build = String(linesOf(left)[0]?.build);
    expect(left.code).toBe(exitCodes.interrupted);
    expect(failureIn(left)).toMatchObject({
      message: `the replay ${build} goes on in the service`,
      advice: expect.stringMatching(`projections watch ${build} .*projections cancel ${build}`),
    });
    expect((await run('projections', 'pause', build)).code).toBe(exitCodes.done);
    expect(failureIn(await run('projections', 'watch', build))).toMatchObject({ code: 'replay-paused' });
    const again = await run('replay', 'audit');
    expect(failureIn(again)).toMatchObject({ code: 'replay-under-way' });
    expect(last(await run('projections', 'resume', build, '--detach'))).toMatchObject({ phase: 'building' });
    expect((await run('projections', 'cancel', build)).code).toBe(exitCodes.done);
    expect((await run('projections', 'cancel', build)).code).toBe(exitCodes.refused);
    expect(await live('audit')).toBe(before);
  });

  it('a projection is paused and resumed, and what is refused is refused by its rules', async () => {
    expect((await run('projections', 'pause', 'organizations')).code).toBe(exitCodes.done);
    expect(last(await run('projections', 'show', 'organizations'))).toMatchObject({ state: 'paused' });
    expect((await run('projections', 'resume', 'organizations')).code).toBe(exitCodes.done);
    const ran = [
      await run('projections', 'pause', 'people'),
      await run('projections', 'retry', 'users', 'user-1'),
      await run('projections', 'watch', '999'),
    ];
    expect(ran.map(({ code, output }) => [code, output])).toEqual(ran.map(() => [exitCodes.refused, '']));
  });

  it('its events are those of the files, with what is sealed named as sealed', async () => {
    const there = linesOf(await run('events', 'list', '--limit', '5'));
    const here = linesOf(await beside('events', 'list', '--limit', '5'));
    const place = ({ position, stream, revision, id, type }: Json) => [position, stream, revision, id, type];
    expect(there.map(place)).toEqual(here.map(place));
    const between = linesOf(await run('events', 'list', '--after', '2', '--before', '5'));
    expect(between.map(({ position }) => Number(position))).toEqual([3, 4]);
    const [added] = linesOf(await run('events', 'list', '--type', 'user.human.added'));
    expect(added).toMatchObject({ data: { username: 'sealed' }, metadata: { editor: expect.any(String) } });
    expect(linesOf(await run('events', 'show', String(Number(added?.position))))).toEqual([added]);
    expect((await run('events', 'show', '999999')).code).toBe(exitCodes.refused);
  });

  it('its events are followed as they come, until Ctrl-C', async () => {
    const tail = begin(words('events', 'tail', '--last', '1', '--type', 'user.human.added'));
    await until('the last one', () => linesOf(tail.ran).length === 1);
    await addUser(server, tokenIn(directory), 'Grace');
    await until('the next one', () => linesOf(tail.ran).length === 2);
    tail.child.kill('SIGINT');
    expect(await tail.ended).toMatchObject({ code: exitCodes.done, errors: '' });
  });

  it('its master keys are told, and rotated where their file says so', async () => {
    const { masterKeys } = last(await run('keys', 'status'));
    expect(masterKeys).toEqual([
      { masterKey: 'first', wraps: expect.any(Number), inFile: true, seals: true },
    ]);
    expect(last(await run('keys', 'rotate'))).toEqual({ masterKey: 'first', rewrapped: 0, unused: [] });
  });
});
