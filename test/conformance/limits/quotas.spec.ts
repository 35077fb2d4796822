// Quotas of a running server under 64 clients at the same time, over every dialect: exactly as much is used as the ceiling
// allows, whoever is refused is told how much there is, and nothing was done for it.

import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { inParallel } from '#test/bench/in-parallel.js';
import { type Client, type Heard, http, type Somebody, wires } from '#test/conformance/limits/wires.js';
import { codeOf, human, openWorld, type World } from '#test/conformance/world.js';
import { endAll } from '#test/e2e/server-process.js';

jest.setTimeout(120_000);

const clientsCount = 64;
/** What there is room for, of so many that ask. */
const room = 40;
/** So that nothing else refuses. */
const roomy = { callsPerSecond: 100_000, checksPerSecond: 20_000, hashesPerSecond: 1_000 };

let world: World;
beforeAll(async () => {
  world = await openWorld();
}, 60_000);
afterAll(endAll);

async function administer(verb: string, path: string, body?: object): Promise<Heard['body']> {
  const headers = { authorization: `Bearer ${world.administratorToken}` };
  const answer = await http(`${world.server.url}${path}`, verb, { headers, body });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.body;
}

const allow = (organizationId: string, settings: object) =>
  administer('PATCH', `/countersign/v1/organizations/${organizationId}/settings`, { settings });

async function crowd(): Promise<readonly Somebody[]> {
  const { organizationId } = await world.place();
  await allow(organizationId, roomy);
  const one = async (_: unknown, nth: number) => {
    const added = await administer('POST', '/v2/users/new', {
      organizationId,
      human: human(`user-${nth}-of-${organizationId}@example.com`),
    });
    const userId = String(added.id);
    const { token } = await administer('POST', `/v2/users/${userId}/pats`, {});
    return { organizationId, userId, token: String(token) };
  };
  return Promise.all(Array.from({ length: clientsCount }, one));
}

/** Recovery codes come along in two dialects, as ten slow hashes. For those of 64 at once a call would wait longer than it may. */
const withCodes: Readonly<Record<string, string>> = { 'me-2fa': 'begin', 'mfa-enroll': 'confirm' };
const withCodesAtOnce = 8;

/** Who is told that too much is being hashed comes again, as it is told to. */
async function unlessBusy(ask: () => Promise<Heard>): Promise<Heard> {
  let heard = await ask();
  while (heard.status === 503) {
    await delay(500);
    heard = await ask();
  }
  return heard;
}

const startOfNextMonth = () => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString();
};

const used = ({ headers }: Heard, quota: 'turns' | 'relationships') =>
  Number(headers[`x-quota-${quota}-used`]);

const quotaFailuresOf = ({ details }: Heard) =>
  details.filter((detail) => String(detail['@type']).endsWith('google.rpc.QuotaFailure'));

describe.each(wires)('64 clients at the same time, by $name', (wire) => {
  let users: readonly Somebody[];
  let clients: readonly Client[];
  let reset: string;
  /** Places of those who have an app. */
  let confirmed: readonly number[];
  beforeAll(async () => {
    users = await crowd();
    clients = users.map(() => wire.client(world.server.url));
    reset = startOfNextMonth();
  }, 60_000);
  afterAll(() => {
    for (const client of clients) client.close();
  });

  async function everybody(step: 'begin' | 'confirm', brings: (nth: number) => object): Promise<Heard[]> {
    const heard: Heard[] = [];
    const ask = (user: Somebody, nth: number) => (clients[nth] as Client).ask(step, user, brings(nth));
    await inParallel(
      users,
      withCodes[wire.name] === step ? withCodesAtOnce : clientsCount,
      async (user, nth) => {
        heard[nth] = await unlessBusy(() => ask(user, nth));
      },
    );
    return heard;
  }

  it('take as many turns as their organization has left, and nothing is done for the others', async () => {
    await allow(users[0]?.organizationId ?? '', { turnsPerPeriodMax: room });
    const heard = await everybody('begin', () => ({}));
    const refused = heard.filter(({ status }) => status === wire.statuses.exhausted);
    const passed = heard.filter(({ status }) => status === 200 || status === 0);
    expect(heard.find((one) => !passed.includes(one) && !refused.includes(one))?.body).toBeUndefined();
    expect([passed.length, refused.length]).toEqual([room, clientsCount - room]);
    for (const one of refused) {
      expect(one.headers).toMatchObject({ 'x-quota-turns-limit': String(room), 'x-quota-reset': reset });
      expect(used(one, 'turns')).toBe(room);
      expect(used(one, 'relationships')).toBe(0);
      expect(one.headers).not.toHaveProperty('x-quota-relationships-limit');
      expect(one.headers).not.toHaveProperty('retry-after');
    }
    expect(passed.filter(({ headers }) => 'x-quota-turns-used' in headers)).toEqual([]);
    const violations = [{ subject: 'turns', description: `40 of 40 are used, until ${reset}` }];
    const told = wire.tellsStatus ? [expect.objectContaining({ violations })] : [];
    expect(refused.map(quotaFailuresOf)).toEqual(refused.map(() => told));
  });

  it('have as many apps as there is room for, whoever confirms them at the same time', async () => {
    const organizationId = users[0]?.organizationId ?? '';
    await allow(organizationId, { turnsPerPeriodMax: 0, relationshipsMax: room });
    const begun = await everybody('begin', () => ({}));
    const heard = await everybody('confirm', (nth) => {
      const { id, secret } = begun[nth]?.body ?? {};
      return { id: String(id), code: codeOf(String(secret)) };
    });
    const refused = heard.filter(({ status }) => status === wire.statuses.exhausted);
    const passed = heard.filter(({ status }) => status === 200 || status === 0);
    expect(heard.find((one) => !passed.includes(one) && !refused.includes(one))?.body).toBeUndefined();
    expect([passed.length, refused.length]).toEqual([room, clientsCount - room]);
    confirmed = users.flatMap((_, nth) => (passed.includes(heard[nth] as Heard) ? [nth] : []));
    for (const one of refused) {
      expect(one.headers).toMatchObject({
        'x-quota-relationships-limit': String(room),
        'x-quota-reset': reset,
      });
      expect(used(one, 'relationships')).toBe(room);
      expect(used(one, 'turns')).toBeGreaterThan(room);
    }
  });

  it('check as often as there are turns left, right or wrong, and all that was used is told', async () => {
    const organizationId = users[0]?.organizationId ?? '';
    const path = `/countersign/v1/organizations/${organizationId}/quotas`;
    const before = await administer('GET', path);
    const { used: usedBefore } = before.turns as { readonly used: string };
    expect(before.relationships).toEqual({ used: String(room), limit: String(room) });
    await allow(organizationId, { turnsPerPeriodMax: Number(usedBefore) + 15 });
    const heard = await Promise.all(
      confirmed.map((nth) => (clients[nth] as Client).ask('guess', users[nth] as Somebody)),
    );
    const refused = heard.filter(({ status }) => status === wire.statuses.exhausted);
    const wrong = heard.filter(({ status }) => [400, 422, 3].includes(status));
    expect([wrong.length, refused.length]).toEqual([15, room - 15]);
    expect(new Set(refused.map((one) => used(one, 'turns')))).toEqual(new Set([Number(usedBefore) + 15]));
    const limit = String(Number(usedBefore) + 15);
    expect(await administer('GET', path)).toMatchObject({
      turns: { used: limit, limit },
      resetTime: reset.replace('.000Z', 'Z'),
    });
  });
});
