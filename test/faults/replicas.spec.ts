// Two servers on one log, one PostgreSQL and one file of master keys.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { postgresIsMissing } from '#read-models/testing/postgres-server.js';
import { until } from '#test/e2e/server-process.js';
import { Chance } from '#test/faults/chance.js';
import { killAgainAndAgain, rowsAsReplayed } from '#test/faults/replica-kills.js';
import { person, type Replica, Replicas } from '#test/faults/replicas.js';

const seed = Date.now() % 1_000_000;
const away = '{"status":"not-ready","reason":"read-models-unavailable"}';
const titled = postgresIsMissing === null ? describe : describe.skip;

titled(`two servers on one log and one PostgreSQL [seed ${seed}]`, () => {
  let replicas: Replicas;
  let both: [Replica, Replica];
  beforeAll(async () => {
    replicas = await Replicas.open();
    both = await Promise.all([replicas.start(), replicas.start()]);
    await Promise.all(both.map((one) => replicas.untilReady(one)));
  }, 120_000);
  afterAll(() => replicas.close(), 60_000);

  it('that started at once made one administrator with one token, which both know', async () => {
    expect(replicas.adminTokens).toHaveLength(1);
    for (const one of both) expect(await replicas.countKnown(one, 'nobody')).toBe(0);
  });

  it('show what was written on the other to whoever brings its position, and each its own without', async () => {
    for (let nth = 0; nth < 10; nth += 1) {
      const [here, there] = nth % 2 === 0 ? both : ([both[1], both[0]] as const);
      const written = await replicas.addUser(here, `seen-${nth}-`);
      expect(await replicas.countKnown(there, `seen-${nth}-`, written?.position)).toBe(1);
      expect(await replicas.countKnown(here, `seen-${nth}-`)).toBe(1);
    }
  });

  it('refuse a token that was removed on the other, and know what was set there, at once', async () => {
    const [here, there] = both;
    const { id } = (await replicas.addUser(here, 'holder-of-a-token')) ?? {};
    const body = { expirationDate: '2099-01-01T00:00:00Z' };
    const { token, tokenId } = await replicas.answer(here, `/v2/users/${id}/pats`, { body });
    const isKnown = async (replica: Replica) =>
      (await replicas.call(replica, '/v2/users', { token: String(token) })).status !== 401;
    expect([await isKnown(here), await isKnown(there)]).toEqual([true, true]);
    await replicas.answer(here, `/v2/users/${id}/pats/${tokenId}`, { method: 'DELETE' });
    expect(await isKnown(there)).toBe(false);
    const settings = `/countersign/v1/organizations/${await replicas.organization(here)}/settings`;
    const chosen = { settings: { totpDevicesMax: 7 } };
    await replicas.answer(here, settings, { method: 'PATCH', body: chosen });
    expect(await replicas.answer(there, settings, { method: 'GET' })).toMatchObject(chosen);
  });

  it('lose, leave out and double nothing when the one that makes the rows is killed again and again', async () => {
    const killed = await killAgainAndAgain({ replicas, both, times: 2, chance: new Chance(seed) });
    expect(killed.wrong).toEqual([]);
    expect(killed.acknowledged).toBeGreaterThan(0);
    expect(killed.kills).toHaveLength(2);
    both = killed.both;
  }, 180_000);

  it('say so while PostgreSQL is away, refuse what needs it, and go on with whole rows when it is back', async () => {
    const names = Array.from({ length: 40 }, (_, nth) => `before-${nth}-`);
    const before = Promise.all(names.map((name, nth) => replicas.addUser(both[nth % 2] as Replica, name)));
    await until('some of them', async () => (await replicas.countUsers(both[0], 'before-')) !== 0);
    await replicas.postgres.interrupt();
    const known = (await before).flatMap((written, nth) => (written === null ? [] : [names[nth] as string]));
    for (const [nth, one] of both.entries()) {
      await until('no readiness', async () => (await replicas.readiness(one)) === away, one.server);
      expect((await replicas.call(one, '/v2/users')).status).toBe(503);
      expect((await replicas.call(one, '/v2/users/new', { body: person(`half-${nth}-`) })).status).toBe(503);
      expect((await fetch(`${one.server.url}/healthz`)).status).toBe(200);
    }
    await replicas.postgres.resume();
    await Promise.all(both.map((one) => replicas.untilReady(one)));
    for (const one of both) expect(await replicas.countKnown(one, 'half-')).toBe(0);
    const written = await replicas.addUser(both[0], 'after-');
    for (const one of both) expect(await replicas.countKnown(one, 'after-', written?.position)).toBe(1);
    expect(await replicas.names(both[1], 'before-')).toEqual(expect.arrayContaining(known));
    expect(await rowsAsReplayed(replicas)).toEqual([]);
  }, 120_000);

  it('end in good order while PostgreSQL is away', async () => {
    await replicas.postgres.interrupt();
    for (const { server } of both) server.signal('SIGTERM');
    for (const { server } of both) expect(await server.ended).toEqual({ code: 0, signal: null });
    await replicas.postgres.resume();
  }, 60_000);
});
