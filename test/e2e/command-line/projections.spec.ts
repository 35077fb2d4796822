// Rows and their replays, as operators see to them while no service runs.

import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { exitCodes } from '#cli/exit-codes.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { begin, countersign, linesOf, type Ran } from '#test/e2e/command-line/countersign.js';
import { copyOf, type LivedIn, livedIn, serve, stop } from '#test/e2e/command-line/lived-in.js';
import { endAll, temporaryDirectory, until } from '#test/e2e/server-process.js';

type Json = Readonly<Record<string, unknown>>;

let lived: LivedIn;
let directory: string;
beforeAll(async () => {
  lived = await livedIn();
}, 60_000);
beforeEach(() => {
  ({ directory } = copyOf(lived));
});
afterAll(endAll);
/** Each is some processes, one after the other. */
jest.setTimeout(120_000);

const run = (...words: readonly string[]): Promise<Ran> =>
  countersign([...words, '--data-dir', directory, '--json']);
const last = (ran: Ran): Json => linesOf(ran).at(-1) ?? {};
const failureIn = ({ errors }: Pick<Ran, 'errors'>): Json =>
  (JSON.parse(errors) as { readonly error: Json }).error;

async function shown(projection: string): Promise<Json> {
  return last(await run('projections', 'show', projection));
}

const buildsOf = ({ builds }: Json) => (builds as Json[]).map(({ build, isLive }) => [build, isLive]);
const buildFiles = () => readdirSync(directory).filter((name) => /^models\.db\.build-\d+$/.test(name));

describe('projections list and show', () => {
  it('tell how far each is, and nothing is missing after a clean end', async () => {
    const ran = await run('projections', 'list');
    expect(ran).toMatchObject({ code: exitCodes.done, errors: '' });
    const { head, projections, replays } = last(ran);
    const level = { state: 'not-running', position: head, lagEvents: 0, lagSeconds: 0, parked: [] };
    expect(projections).toEqual(
      ['users', 'organizations', 'sessions', 'audit'].map((projection) =>
        expect.objectContaining({ projection, ...level, lastError: null }),
      ),
    );
    expect(replays).toEqual([]);
    expect((await run('projections', 'parked')).code).toBe(exitCodes.done);
  });

  it('tell how many events are missing in the rows, and for how long', async () => {
    await append('user-1', 'user.erased');
    expect(await shown('audit')).toMatchObject({ lagEvents: 1, lagSeconds: expect.any(Number) });
    expect((await shown('audit')).lagSeconds).toBeGreaterThanOrEqual(3_600);
  });

  it('refuse a projection that there is not, and name those that there are', async () => {
    const ran = await run('projections', 'show', 'people');
    expect(ran).toMatchObject({ code: exitCodes.refused, output: '' });
    expect(failureIn(ran)).toMatchObject({
      code: 'projection-not-found',
      advice: expect.stringContaining('users'),
    });
  });
});

describe('replay', () => {
  it('builds the rows anew, finds them equal, and switches; the old ones stay until they are dropped', async () => {
    const [[before] = []] = buildsOf(await shown('users'));
    const ran = await run('replay', 'users');
    expect(ran).toMatchObject({ code: exitCodes.done, errors: '' });
    const { build, phase, comparison, done, total } = last(ran);
    expect({ phase, comparison }).toMatchObject({ phase: 'done', comparison: { kind: 'equal' } });
    expect(done).toBe(total);
    expect(buildsOf(await shown('users'))).toEqual([
      [before, false],
      [build, true],
    ]);
    expect((await run('projections', 'drop', String(build))).code).toBe(exitCodes.refused);
    expect((await run('projections', 'drop', String(before))).code).toBe(exitCodes.done);
    expect(buildsOf(await shown('users'))).toEqual([[build, true]]);
    const server = await serve(directory);
    await stop(server);
    expect(buildsOf(await shown('users'))).toEqual([[build, true]]);
  });

  it('of a dry run compares, and leaves everything as it was', async () => {
    const before = await shown('audit');
    const ran = await run('projections', 'replay', 'audit', '--dry-run');
    expect(ran.code).toBe(exitCodes.done);
    expect(last(ran)).toMatchObject({ isDryRun: true, phase: 'done', comparison: { kind: 'equal' } });
    expect(await shown('audit')).toMatchObject({ builds: before.builds });
    expect(buildFiles()).toEqual([]);
  });

  it('into a name beside ends where it was told to, is never live, and is dropped', async () => {
    const live = buildsOf(await shown('users'));
    const ran = await run('replay', 'users', '--side', 'early', '--up-to-position', '5');
    const { build, position } = last(ran);
    expect({ code: ran.code, position }).toEqual({ code: exitCodes.done, position: '0000000000000005' });
    expect(buildsOf(await shown('users'))).toEqual([...live, [build, false]]);
    const again = await run('replay', 'users', '--side', 'early');
    expect(again).toMatchObject({ code: exitCodes.refused, output: '' });
    const before = await run('replay', 'users', '--side', 'before', '--up-to-time', '2000-01-01');
    expect(last(before)).toMatchObject({ phase: 'done', position: null, done: 0 });
    const one = await run('replay', 'audit', '--side', 'one', '--only-stream', 'instance');
    expect(last(one)).toMatchObject({ phase: 'done', side: 'one' });
    expect((await run('projections', 'drop', String(build))).code).toBe(exitCodes.done);
    expect(buildFiles()).toHaveLength(2);
  });

  it('of what does not go together is refused, and nothing is begun', async () => {
    const ran = await Promise.all([
      run('replay', 'users', '--side', 'x', '--rate', '0'),
      run('replay', 'users', '--side', 'x', '--up-to-time', 'lately'),
      run('replay', 'users', '--side', 'x', '--up-to-position', 'x'),
    ]);
    expect(ran.map(({ code, output }) => [code, output])).toEqual(ran.map(() => [exitCodes.usage, '']));
    for (const options of [
      ['--up-to-position', '5'],
      ['--side', 'x', '--dry-run'],
      ['--side', 'Not A Name'],
    ])
      expect(await run('replay', 'users', ...options)).toMatchObject({ code: exitCodes.refused, output: '' });
    expect((await shown('users')).replays).toEqual([]);
  });

  /** Some events a second, so that nobody has to be quick. */
  async function beginSlowly(): Promise<ReturnType<typeof begin> & { readonly build: string }> {
    const words = ['replay', 'users', '--rate', '4', '--json', '--data-dir', directory];
    const replay = begin(words);
    await until('its first events', () => linesWhole(replay.ran).some(({ done }) => Number(done) > 0));
    return { ...replay, build: String(linesWhole(replay.ran)[0]?.build) };
  }

  const linesWhole = ({ output }: { readonly output: string }) =>
    linesOf({ output: output.slice(0, output.lastIndexOf('\n') + 1) });

  it('is paused by Ctrl-C, stays so, and is gone on with from where it was', async () => {
    const { child, ended, build } = await beginSlowly();
    child.kill('SIGINT');
    const ran = await ended;
    expect(ran.code).toBe(exitCodes.interrupted);
    expect(failureIn(ran)).toMatchObject({
      message: `the replay ${build} is paused`,
      advice: expect.stringContaining(`projections resume ${build}`),
    });
    const [{ done, phase } = {}] = (await shown('users')).replays as Json[];
    expect({ phase, done }).toEqual({ phase: 'paused', done: expect.any(Number) });
    const watched = await run('projections', 'watch', build);
    expect(watched.code).toBe(exitCodes.notNow);
    const resumed = await run('projections', 'resume', build);
    expect(resumed.code).toBe(exitCodes.done);
    const dones = linesOf(resumed).map((line) => Number(line.done));
    expect(Math.min(...dones)).toBeGreaterThanOrEqual(Number(done));
    expect(last(resumed)).toMatchObject({ phase: 'done', comparison: { kind: 'equal' } });
  });

  it('that was killed is gone on with by a service, or cancelled', async () => {
    const { child, ended, build } = await beginSlowly();
    child.kill('SIGKILL');
    await ended;
    expect(last(await run('projections', 'list')).replays).toMatchObject([{ phase: 'building' }]);
    expect((await run('projections', 'cancel', build)).code).toBe(exitCodes.done);
    expect((await run('projections', 'cancel', build)).code).toBe(exitCodes.refused);
    expect(buildFiles()).toEqual([]);
  });
});

/** An event of an hour ago, which no service wrote. */
async function append(stream: string, type: string): Promise<string> {
  const log = await SqliteEventLog.open({ directory });
  const time = new Date(Date.now() - 3_600_000).toISOString();
  const event = { id: randomUUID(), type, data: {}, metadata: { time, editor: 'a-spec' } };
  const { position } = await log.append(stream, [event], 'no-stream');
  await log.close();
  return position;
}

describe('an event that makes no rows', () => {
  it('ends a replay and is named; it is parked when that is asked for, tried again, and skipped', async () => {
    const position = await append('user-1', 'user.human.added');
    const failed = await run('replay', 'users');
    expect(failed.code).toBe(exitCodes.notInOrder);
    expect(failureIn(failed)).toMatchObject({
      code: 'replay-failed',
      advice: expect.stringContaining('--park'),
    });
    const { build, failedAt } = last(failed);
    expect(failedAt).toEqual({ position, stream: 'user-1', type: 'user.human.added' });
    expect((await run('projections', 'resume', String(build), '--park')).code).toBe(exitCodes.done);
    const parked = await run('projections', 'parked');
    expect(parked.code).toBe(exitCodes.notInOrder);
    expect(last(parked).parked).toMatchObject([{ projection: 'users', stream: 'user-1', position }]);
    const { projections } = last(await run('status')) as { readonly projections: readonly Json[] };
    expect(projections.map(({ parked: streams }) => (streams as Json[]).length)).toEqual([1, 0, 0, 0]);
    const again = await run('projections', 'retry', 'users', 'user-1');
    expect(again.code).toBe(exitCodes.notInOrder);
    expect(last(again)).toMatchObject({ parked: { position, attempts: 2 } });
    const other = await run('projections', 'skip', 'users', 'user-1', '1');
    expect(other).toMatchObject({ code: exitCodes.refused, output: '' });
    expect((await run('projections', 'skip', 'users', 'user-1', position)).code).toBe(exitCodes.done);
    expect((await run('projections', 'parked')).code).toBe(exitCodes.done);
    expect(await run('projections', 'retry', 'users', 'user-1')).toMatchObject({ code: exitCodes.refused });
  });
});

describe('without a service', () => {
  it('nothing follows the log, which a projection that is to be paused is told', async () => {
    const ran = await run('projections', 'pause', 'users');
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(failureIn(ran).message).toContain('nothing follows the log');
  });

  it('no file of rows is made by looking', async () => {
    const empty = temporaryDirectory();
    cpSync(lived.directory, empty, { recursive: true, filter: (path) => !path.includes('models.db') });
    const ran = await countersign(['projections', 'list', '--json', '--data-dir', empty]);
    expect(last(ran).projections).toMatchObject(Array(4).fill({ build: null }));
    expect(existsSync(join(empty, 'models.db'))).toBe(false);
  });
});
