// Threads of two servers that share rows, as their serving threads see them.

import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { answerOf } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { human, openInhabited } from '#application/testing/people.js';
import { EraseUser } from '#application/user/erase-user.js';
import type { UserId } from '#domain/ids.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { PostgresKeyStore } from '#key-store-postgres/postgres-key-store.js';
import { users } from '#read-models/models/users.js';
import type { RunnerStatus } from '#read-models/runner.js';
import { SharedRows } from '#read-models/stores/postgres/shared-rows.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { Waits } from '#read-models/waits.js';
import type { KeyStore } from '#secrets/key-store.js';
import { type MasterKeys, newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { Projecting } from '#server/projecting.js';
import { Replaying } from '#server/replaying.js';
import { secretsOver } from '#server/secrets-over.js';

const all = ['users', 'organizations', 'sessions', 'audit'];

interface Threads {
  readonly projecting: Projecting;
  readonly replaying: Replaying;
  readonly waits: Waits;
  readonly erased: string[];
  readonly worker: Worker;
  isHeld: boolean;
  /** Something that still ends when the lease is to be given up. */
  ending?: Promise<void>;
  /** So often nobody knew whom others had erased. */
  missed: number;
}

describeOnPostgres('two servers that share rows', (server) => {
  let url: string;
  let directory: string;
  let log: SqliteEventLog;
  let keys: KeyStore;
  let masterKeys: MasterKeys;
  let rows: SharedRows;
  let house: House;
  let both: readonly [Threads, Threads];
  const running: Threads[] = [];

  beforeEach(async () => {
    url = await server().createDatabase();
    directory = mkdtempSync(join(tmpdir(), 'countersign-in-turn-'));
    log = await SqliteEventLog.open({ directory });
    keys = await PostgresKeyStore.open({ url });
    masterKeys = parseMasterKeys(newMasterKeyLine('first'));
    rows = await SharedRows.open({ url });
    house = await openInhabited({ log, secrets: await secretsOver(keys, masterKeys) });
    both = [start('one'), start('two')];
    await until(() => both.some(({ isHeld }) => isHeld));
  });
  afterEach(async () => {
    for (const { projecting, replaying, waits } of running.splice(0)) {
      waits.close();
      await replaying.close();
      await projecting.close();
    }
    await house.close();
    await Promise.all([rows.close(), keys.close(), log.close()]);
    rmSync(directory, { recursive: true });
  });

  function start(holder: string): Threads {
    const workers: Worker[] = [];
    const note = (message: unknown) => workers.push((message as { worker: Worker }).worker);
    const waits = new Waits({ log, soleWriter: false, lookUp: () => rows.positions() });
    const data = {
      log: { engine: 'embedded', directory, head: log.sharedHead },
      keysPath: '',
      modelsPath: '',
      masterKeys,
      shared: { url, holder },
      projections: all,
      onTrouble: () => undefined,
      restartDelaysMs: [60_000],
    } as const;
    subscribe('worker_threads', note);
    const projecting: Projecting = Projecting.start({
      ...data,
      onMoved: (projection, position) => waits.moveTo(projection, position),
      onHeld: (token) => {
        threads.isHeld = token !== null;
        return Promise.all([replaying.held(token), threads.ending]).then(() => undefined);
      },
      onReplayLeft: () => replaying.goOn(),
      onErasuresMissed: () => {
        threads.missed += 1;
      },
      onErased: (streams) => threads.erased.push(...streams),
    });
    unsubscribe('worker_threads', note);
    const replaying: Replaying = Replaying.start({ ...data, projecting });
    const threads: Threads = {
      projecting,
      replaying,
      waits,
      erased: [],
      worker: workers[0] as Worker,
      isHeld: false,
      missed: 0,
    };
    running.push(threads);
    return threads;
  }

  const holderFirst = () => (both[0].isHeld ? both : [both[1], both[0]]) as readonly [Threads, Threads];

  async function newUser(name: string): Promise<UserId> {
    const userId = randomUUID() as UserId;
    await answerOf(house, human(userId, name));
    return userId;
  }

  async function shownBy({ waits }: Threads): Promise<number> {
    await until(async () => (await waits.awaitPosition({ projections: all, position: null })) === null);
    const asked = { waits, projections: all };
    return rows.read(async ({ db, tableOf }) => {
      const users = await db.selectFrom(tableOf('users', 'users')).selectAll().execute();
      return users.length;
    }, asked);
  }

  it('make them in turn: who does not shows where they stand, and refuses orders', async () => {
    const [maker, other] = holderFirst();
    for (let nth = 1; nth <= 3; nth += 1) {
      await newUser(`person-${nth}`);
      expect([await shownBy(other), await shownBy(maker)]).toEqual([nth, nth]);
    }
    const head = await log.head();
    const told = ({ projection, position, lagEvents }: RunnerStatus) => ({ projection, position, lagEvents });
    const level = all.map((projection) => ({ projection, position: head, lagEvents: 0 }));
    for (const one of [maker, other]) expect((await one.projecting.status()).map(told)).toEqual(level);
    const elsewhere = {
      name: 'ProjectingAway',
      message: 'another server makes the rows, and takes this order',
    };
    await expect(other.projecting.pause('users')).rejects.toMatchObject(elsewhere);
    await expect(other.replaying.begin('users')).rejects.toMatchObject(elsewhere);
    expect((await other.projecting.status()).map((one) => one.phase)).toEqual(all.map(() => 'elsewhere'));
    await maker.projecting.pause('users');
  });

  it('are told of whoever was erased, whichever of them makes the rows', async () => {
    const userId = await newUser('gone');
    await answerOf(house, new EraseUser({ organizationId, userId, by }));
    await until(() => both.every(({ erased }) => erased.includes(`user-${userId}`)));
  });

  it('go on with a replay of one that ended, and not both at once', async () => {
    for (let nth = 0; nth < 30; nth += 1) await newUser(`person-${nth}`);
    const [maker, other] = holderFirst();
    await shownBy(maker);
    const { build } = await maker.replaying.begin('users', { eventsPerSecondMax: 60 });
    await maker.replaying.close();
    await maker.projecting.close();
    const phase = async () =>
      (await other.replaying.status().catch(() => [])).find((one) => one.build === build)?.phase;
    await until(async () => (await phase()) === 'done');
    await newUser('later');
    expect(await shownBy(other)).toBe(31);
  }, 60_000);

  it('leave the lease to the other when what replays under it has ended, and not before', async () => {
    const [maker, other] = holderFirst();
    const replayEnded = Promise.withResolvers<void>();
    maker.ending = replayEnded.promise;
    const closing = maker.projecting.close();
    await until(() => !maker.isHeld);
    // Twice as long as another takes to ask for it.
    await delay(1_000);
    const { rows: held } = await server().administer(
      "SELECT token FROM read_models.leases WHERE name = 'projecting' AND until > now()",
      url,
    );
    expect([other.isHeld, held]).toEqual([false, [{ token: '1' }]]);
    replayEnded.resolve();
    await closing;
    await until(() => other.isHeld);
  }, 60_000);

  it('take over from one that is killed', async () => {
    const [maker, other] = holderFirst();
    await newUser('before');
    expect(await shownBy(maker)).toBe(1);
    await until(() => maker.missed === 1);
    await maker.worker.terminate();
    expect(maker.missed).toBe(2);
    await newUser('after');
    await until(() => other.isHeld);
    expect(await shownBy(other)).toBe(2);
  }, 60_000);

  it('leave the lease to a later release whose rows are live, and take it once they are not', async () => {
    const [maker, other] = holderFirst();
    await newUser('before');
    expect(await shownBy(maker)).toBe(1);
    const setVersion = (version: number) =>
      server().administer(
        `UPDATE read_models.builds SET version = ${version} WHERE projection = 'users'`,
        url,
      );
    const lease = async () => {
      const asking = "SELECT token, until < now() AS free FROM read_models.leases WHERE name = 'projecting'";
      return (await server().administer(asking, url)).rows[0] as {
        readonly token: string;
        readonly free: boolean;
      };
    };
    const { token } = await lease();
    await setVersion(users.version + 1);
    await maker.worker.terminate();
    await until(async () => Number((await lease()).token) > Number(token) && (await lease()).free);
    const left = await lease();
    await delay(1_500);
    expect([await lease(), other.isHeld]).toEqual([left, false]);
    await setVersion(users.version);
    await newUser('after');
    expect(await shownBy(other)).toBe(2);
  }, 60_000);

  it('make again what a server that lost its power has lost, and show nothing less meanwhile', async () => {
    const [maker, other] = holderFirst();
    await newUser('kept');
    await Promise.all([shownBy(maker), shownBy(other)]);
    const before = await server().administer('SELECT * FROM read_models.checkpoints', url);
    await newUser('lost');
    expect([await shownBy(maker), await shownBy(other)]).toEqual([2, 2]);
    await loseAfter(before.rows as readonly Kept[]);
    const asked = { waits: other.waits, projections: all };
    await expect(rows.read(async () => 'answered', asked)).rejects.toMatchObject({ code: 'unavailable' });
    await newUser('next');
    expect([await shownBy(maker), await shownBy(other)]).toEqual([3, 3]);
  }, 60_000);

  interface Kept {
    readonly build: string;
    readonly position: string;
    readonly events: string;
  }

  /** A user, with the checkpoints since. */
  async function loseAfter(kept: readonly Kept[]): Promise<void> {
    const back = kept.map(
      ({ build, position, events }) =>
        `UPDATE read_models.checkpoints SET position = '${position}', events = ${events} WHERE build = ${build}`,
    );
    const names = await server().administer(
      "SELECT relname FROM pg_class WHERE relname ~ '^users_[0-9]+_users$' AND relkind = 'r'",
      url,
    );
    const table = (names.rows as readonly { readonly relname: string }[])[0]?.relname;
    const gone = `DELETE FROM read_models.${table} WHERE email LIKE 'lost%'`;
    await server().administer([...back, gone].join('; '), url);
  }
});

/** On a machine that is slow, too. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await delay(20);
  }
}
