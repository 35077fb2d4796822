// Limits and quotas of two servers that share a log and a PostgreSQL: together they let through what one would, and what a
// killed one had under way is found out from the log.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { postgresIsMissing } from '#read-models/testing/postgres-server.js';
import { type Heard, http } from '#test/conformance/limits/wires.js';
import { codeOf } from '#test/conformance/world.js';
import { until } from '#test/e2e/server-process.js';
import { type Replica, Replicas } from '#test/faults/replicas.js';

const titled = postgresIsMissing === null ? describe : describe.skip;
const usersCount = 64;

titled('two servers and 64 clients', () => {
  let replicas: Replicas;
  let both: readonly [Replica, Replica];
  let organization: string;
  let users: readonly string[];
  let confirmed: readonly string[];
  beforeAll(async () => {
    replicas = await Replicas.open();
    both = await Promise.all([replicas.start(), replicas.start()]);
    await Promise.all(both.map((one) => replicas.untilReady(one)));
    organization = await replicas.organization(both[0]);
    const names = Array.from({ length: usersCount }, (_, nth) => `limited-${nth}-`);
    const added = await Promise.all(names.map((name) => replicas.addUser(both[0], name)));
    users = added.map((one) => one?.id ?? '');
    const [last] = added.slice(-1);
    for (const one of both) await replicas.countKnown(one, 'limited-', last?.position);
  }, 120_000);
  afterAll(() => replicas.close(), 60_000);

  const there = (nth: number): Replica => both[nth % 2] as Replica;

  async function ask(nth: number, path: string, body: object, on = there(nth)): Promise<Heard> {
    const headers = { authorization: `Bearer ${replicas.adminTokens[0]}` };
    return http(`${on.server.url}${path}`, 'POST', { headers, body });
  }

  const allow = (settings: object, of = organization) =>
    replicas.answer(both[0], `/countersign/v1/organizations/${of}/settings`, {
      method: 'PATCH',
      body: { settings },
    });

  const quotas = (on: Replica) =>
    replicas.answer(on, `/countersign/v1/organizations/${organization}/quotas`, { method: 'GET' });

  const count = (heard: readonly Heard[], status: number) =>
    heard.filter((one) => one.status === status).length;

  const query = async (sql: string) => (await replicas.postgres.administer(sql, replicas.url)).rows;

  it('enrol as many as there is room for, whichever of them is asked', async () => {
    await allow({ relationshipsMax: 40 });
    const begun = await Promise.all(users.map((user, nth) => ask(nth, `/v2/users/${user}/totp`, {})));
    expect(count(begun, 200)).toBe(usersCount);
    const confirm = ({ body }: Heard, nth: number) =>
      ask(nth + 1, `/v2/users/${users[nth]}/totp/verify`, { code: codeOf(String(body.secret)) });
    const heard = await Promise.all(begun.map(confirm));
    expect([count(heard, 200), count(heard, 403)]).toEqual([40, usersCount - 40]);
    for (const { headers } of heard.filter(({ status }) => status === 403))
      expect(headers).toMatchObject({
        'x-quota-relationships-used': '40',
        'x-quota-relationships-limit': '40',
      });
    confirmed = users.filter((_, nth) => heard[nth]?.status === 200);
    for (const one of both)
      expect(await quotas(one)).toMatchObject({ relationships: { used: '40', limit: '40' } });
  }, 60_000);

  it('have as many calls together as their organization has', async () => {
    // Whatever takes of a bucket did so in a day: nothing of it comes back meanwhile.
    await query(`
      CREATE FUNCTION limits.stand_still() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.at := clock_timestamp() + interval '1 day'; RETURN NEW; END $$;
      CREATE TRIGGER stand_still BEFORE INSERT OR UPDATE ON limits.buckets
        FOR EACH ROW EXECUTE FUNCTION limits.stand_still();`);
    const person = {
      profile: { givenName: 'Grace', familyName: 'Hopper' },
      email: { email: 'grace@example.com', isVerified: true },
    };
    const { organizationId, createdAdmins } = await replicas.answer(both[0], '/v2/organizations', {
      body: { name: 'Limited', admins: [{ human: person }] },
    });
    const [{ userId = '' } = {}] = createdAdmins as readonly { readonly userId?: string }[];
    await allow({ callsPerSecond: 20 }, String(organizationId));
    const { token } = await replicas.answer(both[0], `/v2/users/${userId}/pats`, {});
    const headers = { authorization: `Bearer ${token}` };
    const look = (_: unknown, nth: number) =>
      http(`${there(nth).server.url}/v2/users/${userId}/metadata/search`, 'POST', { headers, body: {} });
    const heard = await Promise.all(Array.from({ length: usersCount }, look));
    expect(count(heard, 429)).toBe(usersCount - 40);
    const left = heard
      .filter(({ status }) => status !== 429)
      .map((one) => Number(one.headers['x-ratelimit-remaining']));
    expect(left.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, nth) => nth));
    await query('DROP TRIGGER stand_still ON limits.buckets');
  }, 60_000);

  it('count from the log what was under way when one of them was killed', async () => {
    await allow({ relationshipsMax: 0, turnsPerPeriodMax: 100_000 });
    const [dead, alive] = both;
    const code = { code: '000000' };
    const guess = (user: string, nth: number) =>
      ask(nth, `/countersign/v1/users/${user}/totp/verify`, code).catch(() => null);
    const guessing = Promise.all(confirmed.map(guess));
    const noted = async () => Number((await query('SELECT count(*) AS n FROM limits.under_way'))[0]?.n);
    await until('something under way', async () => (await noted()) > 0);
    dead.server.signal('SIGKILL');
    await dead.server.ended;
    await guessing;
    await query("UPDATE limits.under_way SET at = at - interval '10 minutes'");
    // Rows are counted, and it may have been the dead one that made them.
    const told: number[] = [];
    await until('the other one to count', async () => {
      told.push((await ask(1, `/countersign/v1/users/${confirmed[0]}/totp/verify`, code, alive)).status);
      return told.at(-1) !== 503;
    });
    expect(told.at(-1)).toBe(400);
    await until('all to be settled', async () => (await noted()) === 0);
    const [{ turns } = {}] = await query(
      `SELECT turns FROM limits.used WHERE organization_id = '${organization}'`,
    );
    expect(await quotas(alive)).toMatchObject({ turns: { used: turns } });
  }, 60_000);
});
