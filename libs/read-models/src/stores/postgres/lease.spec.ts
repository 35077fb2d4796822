import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { Position } from '#event-log/event-log.js';
import { type Held, writingUnder } from '#read-models/lease.js';
import type { Projection } from '#read-models/projection.js';
import type { ModelStore } from '#read-models/store.js';
import { type LeaseOptions, PostgresLease } from '#read-models/stores/postgres/lease.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const letters: Projection = {
  name: 'letters',
  version: 1,
  tables: { texts: { columns: { id: { kind: 'text' } }, key: ['id'] } },
  on: {},
};

const at = (events: number) => ({ log: 'a', position: String(events) as Position, events });

/** In another process, which can be killed. */
const holding = `
  import { PostgresLease } from '#read-models/stores/postgres/lease.js';
  const lease = new PostgresLease({ url: process.argv[1], holder: 'other' });
  await lease.whileHeld(({ token }) => {
    console.log(token);
    return new Promise(() => setInterval(() => undefined, 1000));
  }, new AbortController().signal);
`;

/** Frozen when it has written a batch and has not ended it. */
const freezing = `
  import { subscribe } from 'node:diagnostics_channel';
  import { PostgresLease } from '#read-models/stores/postgres/lease.js';
  import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
  const [, url, projection] = process.argv;
  const store = await openPostgresStore({ url });
  const build = await store.open(JSON.parse(projection));
  subscribe('countersign.read-models.passing', (place) => {
    if (place !== 'batch: before its end') return;
    console.log('frozen');
    process.kill(process.pid, 'SIGSTOP');
  });
  const to = { log: 'a', position: '1', events: 1 };
  const changes = [{ change: 'put', table: 'texts', row: { id: 'late' } }];
  await new PostgresLease({ url, holder: 'other' }).whileHeld(
    ({ token }) => store.apply({ build, changes, from: null, to, token }),
    new AbortController().signal,
  );
`;

describeOnPostgres('the lease of those who project', (server) => {
  let url: string;
  let store: ModelStore;
  let leases: PostgresLease[];
  let endings: AbortController[];
  let child: ChildProcess | null;
  beforeEach(async () => {
    url = await server().createDatabase();
    store = await openPostgresStore({ url });
    [leases, endings, child] = [[], [], null];
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    for (const ending of endings) ending.abort();
    await Promise.all(leases.map((lease) => lease.close()));
    await store.close();
  });

  function leaseOf(holder: string, chosen: Partial<LeaseOptions> = {}): PostgresLease {
    const lease = new PostgresLease({ url, holder, ...chosen });
    leases.push(lease);
    return lease;
  }

  function newEnding(): AbortController {
    const ending = new AbortController();
    endings.push(ending);
    return ending;
  }

  /** Another process, and what it says first. */
  async function start(script: string, more: readonly string[]) {
    const other = spawn(
      process.execPath,
      ['--conditions=development', '--no-warnings', '--input-type=module', '--eval', script, url, ...more],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
    );
    child = other;
    const [told] = (await once(other.stdout, 'data')).map(String) as [string];
    return { other, told };
  }

  /** Holds it until it is told to end; answers once it is held. */
  function hold(
    holder: string,
    chosen: Partial<LeaseOptions> = {},
  ): { held: Promise<Held>; end(): Promise<void> } {
    const ending = newEnding();
    const { promise: held, resolve } = Promise.withResolvers<Held>();
    const whole = leaseOf(holder, chosen).whileHeld(async (one) => {
      resolve(one);
      await pause(2 ** 30, undefined, { signal: one.lost }).catch(() => undefined);
    }, ending.signal);
    return {
      held,
      end: async () => {
        ending.abort();
        await whole;
      },
    };
  }

  it('has one holder at a time, for as long as that one lives', async () => {
    const one = hold('one');
    await one.held;
    const other = hold('other');
    expect(await Promise.race([other.held, pause(5_000, 'waits', { ref: false })])).toBe('waits');
    expect((await one.held).lost.aborted).toBe(false);
    await one.end();
    expect((await other.held).token).toBe((await one.held).token + 1);
    await other.end();
  });

  it("runs out three seconds after its holder was killed, and is another's then", async () => {
    const { other, told } = await start(holding, []);
    const next = hold('next');
    expect(await Promise.race([next.held, pause(1_000, 'waits', { ref: false })])).toBe('waits');
    other.kill('SIGKILL');
    await once(other, 'close');
    const { rows } = await server().administer(
      "SELECT until < clock_timestamp() + interval '3 seconds' AS ends FROM read_models.leases",
      url,
    );
    expect(rows).toEqual([{ ends: true }]);
    // Four seconds on a machine that has nothing else to do.
    expect((await Promise.race([next.held, pause(40_000, { token: 0 }, { ref: false })])).token).toBe(
      Number(told) + 1,
    );
    await next.end();
  }, 60_000);

  it("of a holder that is frozen within a batch is another's nearly as soon, and so is what the batch had locked", async () => {
    await store.open(letters);
    await start(freezing, [JSON.stringify(letters)]);
    const next = hold('next');
    // Four seconds on a machine that has nothing else to do; half a minute where the server waits for the frozen one.
    const { token } = await Promise.race([next.held, pause(20_000, { token: 0 }, { ref: false })]);
    expect(token).toBe(2);
    const build = await store.open(letters);
    const put = [{ change: 'put', table: 'texts', row: { id: 'a' } }] as const;
    await writingUnder(token, store).apply({ build, changes: put, from: null, to: at(1) });
    expect(await store.digest(build, 'texts')).toMatchObject({ rows: 1 });
    await next.end();
  }, 60_000);

  it('that was lost is told to its holder, who waits for the next one', async () => {
    const tokens: number[] = [];
    const ending = newEnding();
    const whole = leaseOf('one').whileHeld(async ({ token, lost }) => {
      tokens.push(token);
      if (tokens.length === 2) ending.abort();
      await pause(2 ** 30, undefined, { signal: lost }).catch(() => undefined);
    }, ending.signal);
    while (tokens.length === 0) await pause(20);
    await server().administer(
      "UPDATE read_models.leases SET token = token + 1, holder = 'thief', until = clock_timestamp() + interval '1 second'",
      url,
    );
    await whole;
    expect(tokens).toEqual([1, 3]);
  });

  it('that another has keeps its former holder from writing, whatever that one believes', async () => {
    const build = await store.open(letters);
    const former = writingUnder(1, store);
    const one = hold('one');
    expect((await one.held).token).toBe(1);
    const put = (id: string) => [{ change: 'put', table: 'texts', row: { id } }] as const;
    await former.apply({ build, changes: put('a'), from: null, to: at(1) });
    await one.end();
    const other = hold('other');
    const { token } = await other.held;
    await expect(former.apply({ build, changes: put('b'), from: at(1), to: at(2) })).rejects.toMatchObject({
      name: 'Fenced',
    });
    expect(await store.checkpoint(build)).toEqual(at(1));
    await writingUnder(token, store).apply({ build, changes: put('c'), from: at(1), to: at(2) });
    expect(await store.digest(build, 'texts')).toMatchObject({ rows: 2 });
    await other.end();
  });

  it('of another name is another, and each says who holds it', async () => {
    const looking = [leaseOf('looker'), leaseOf('looker', { name: 'starting' })];
    const holders = () => Promise.all(looking.map((lease) => lease.heldBy()));
    expect(await holders()).toEqual([null, null]);
    const [one, other] = [hold('one'), hold('other', { name: 'starting' })];
    await Promise.all([one.held, other.held]);
    expect(await holders()).toEqual(['one', 'other']);
    await Promise.all([one.end(), other.end()]);
    expect(await holders()).toEqual([null, null]);
  });

  it('that cannot be had says why, once each time that this begins', async () => {
    const role = `r${Math.random().toString(36).slice(2)}`;
    const told: string[] = [];
    const untilTold = async (times: number) => {
      while (told.length < times) await pause(20);
      // Asked again meanwhile, and again in vain.
      await pause(1_200);
    };
    await server().administer(
      `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA read_models TO ${role};
        GRANT SELECT, UPDATE ON read_models.leases TO ${role}`,
      url,
    );
    const own = server().url(new URL(url).pathname.slice(1), role, 'secret');
    const next = hold('next', { url: own, onTrouble: (text) => told.push(text) });
    await untilTold(1);
    await server().administer(`GRANT INSERT ON read_models.leases TO ${role}`, url);
    const { lost } = await next.held;
    await server().administer(`REVOKE UPDATE ON read_models.leases FROM ${role}`, url);
    await untilTold(2);
    await pause(2 ** 30, undefined, { signal: lost }).catch(() => undefined);
    await next.end();
    const reason = 'the lease projecting cannot be asked for: permission denied for table leases';
    expect(told).toEqual([reason, reason]);
  }, 60_000);

  it('ends with what the projecting itself throws, and is free then', async () => {
    const failing = leaseOf('one').whileHeld(
      () => Promise.reject(new Error('no such log')),
      new AbortController().signal,
    );
    await expect(failing).rejects.toThrow('no such log');
    const next = hold('next');
    expect((await next.held).token).toBe(2);
    await next.end();
  });
});
