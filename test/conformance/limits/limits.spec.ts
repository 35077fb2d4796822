// Limits of a running server under 64 clients at the same time, over every dialect: exactly as many are let through as a
// bucket holds, and what each answer says is left is what is left. The server's clock stands meanwhile.

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { stillClock } from '#test/conformance/limits/still-clock.js';
import {
  askTogether,
  type Client,
  type Heard,
  http,
  type Somebody,
  type Wire,
  wires,
} from '#test/conformance/limits/wires.js';
import { openWorld, type World } from '#test/conformance/world.js';
import { endAll, main, until } from '#test/e2e/server-process.js';

jest.setTimeout(120_000);

const clientsCount = 64;
const loginsBurst = 50;
const addressBurst = 100;

interface Bucket {
  readonly name: string;
  readonly perSecond: number;
  readonly burst: number;
}

let world: World;
const lookers = new Map<string, Somebody>();
const guessers = new Map<string, Somebody>();
let bystander: Somebody;

async function somebodyWith(settings: object): Promise<Somebody> {
  const { organizationId, ownerId: userId, ownerToken: token } = await world.place();
  const path = `/countersign/v1/organizations/${organizationId}/settings`;
  const headers = { authorization: `Bearer ${world.administratorToken}` };
  const { status } = await http(`${world.server.url}${path}`, 'PATCH', { headers, body: { settings } });
  expect(status).toBe(200);
  return { organizationId, userId, token };
}

beforeAll(async () => {
  world = await openWorld({ COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' }, [
    process.execPath,
    ...stillClock,
    main,
  ]);
  for (const { name } of wires) {
    lookers.set(name, await somebodyWith({ callsPerSecond: 20, turnsPerPeriodMax: 7 }));
    guessers.set(name, await somebodyWith({ checksPerSecond: 15, callsPerSecond: 1_000 }));
  }
  bystander = await somebodyWith({ callsPerSecond: 20 });
  world.server.signal('SIGUSR2');
  await world.server.line('the clock stands');
});
afterAll(endAll);

const connect = (wire: Wire, count = clientsCount): readonly Client[] =>
  Array.from({ length: count }, () => wire.client(world.server.url));

async function asked(
  wire: Wire,
  count: number,
  ask: (client: Client, nth: number) => Promise<Heard>,
): Promise<readonly Heard[]> {
  const clients = connect(wire);
  const heard = await askTogether(clients, count, ask);
  for (const client of clients) client.close();
  return heard;
}

const left = ({ headers }: Heard) => Number(headers['x-ratelimit-remaining']);
const downFrom = (burst: number) => Array.from({ length: burst }, (_, index) => burst - 1 - index);

/** Where the bucket that is meant stands in the headers that tell of all of them. */
const parameterOf = (header: string | undefined, bucket: string, name: string): number =>
  Number(new RegExp(`"${bucket}"(?:;\\w=\\d+)*;${name}=(\\d+)`).exec(header ?? '')?.[1] ?? Number.NaN);

/** When all of it is there again, less what is missing of it: the moment of the answer. */
const momentOf = ({ headers }: Heard, { perSecond, burst }: Bucket, remaining: number) =>
  Date.parse(headers['x-ratelimit-reset'] ?? '') - Math.ceil(((burst - remaining) * 1_000) / perSecond);

const secondsOf = ({ perSecond, burst }: Bucket, remaining: number) =>
  Math.ceil((burst - remaining) / perSecond);

/** Of one bucket, by what each of those that were refused says, and of the others those that say something. */
function expectExact(wire: Wire, heard: readonly Heard[], bucket: Bucket): void {
  const refused = heard.filter(({ status }) => status === wire.statuses.tooFast);
  const passed = heard.filter(({ status }) => status !== wire.statuses.tooFast);
  expect([passed.length, refused.length]).toEqual([bucket.burst, heard.length - bucket.burst]);
  const { name, perSecond, burst } = bucket;
  const policy = { q: burst, w: Math.ceil(burst / perSecond) };
  for (const one of refused) {
    const { headers } = one;
    expect(headers).toMatchObject({
      'x-ratelimit-limit': String(perSecond),
      'x-ratelimit-remaining': '0',
      'retry-after': '1',
    });
    expect(parameterOf(headers.ratelimit, name, 'r')).toBe(0);
    expect(parameterOf(headers.ratelimit, name, 't')).toBe(secondsOf(bucket, 0));
    expect(parameterOf(headers['ratelimit-policy'], name, 'q')).toBe(policy.q);
    expect(parameterOf(headers['ratelimit-policy'], name, 'w')).toBe(policy.w);
  }
  expect(new Set(refused.map((one) => momentOf(one, bucket, 0))).size).toBe(1);
}

/** Each answer tells of another token of the bucket that it is told of. */
function expectCounted(passed: readonly Heard[], { name, burst, perSecond }: Bucket): void {
  const told = passed.map(({ headers }) => parameterOf(headers.ratelimit, name, 'r'));
  expect(told.toSorted((one, other) => other - one)).toEqual(downFrom(burst));
  for (const { headers } of passed) {
    const remaining = parameterOf(headers.ratelimit, name, 'r');
    expect(parameterOf(headers.ratelimit, name, 't')).toBe(secondsOf({ name, burst, perSecond }, remaining));
  }
}

const passedOf = (wire: Wire, heard: readonly Heard[]) =>
  heard.filter(({ status }) => status !== wire.statuses.tooFast);

const unusedQuotas = {
  'x-quota-turns-used': '0',
  'x-quota-turns-limit': '7',
  'x-quota-relationships-used': '0',
  'x-quota-reset': expect.stringMatching(/^\d{4}-\d\d-01T00:00:00\.000Z$/),
};

const silent = (heard: readonly Heard[]) => heard.every(({ headers }) => headers.ratelimit === undefined);

/** It names a user and a token that are there, so that it has to be looked up. */
const forgedOf = ({ token }: Somebody) =>
  `${token?.slice(0, -4)}${token?.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;

const retryInfosOf = ({ details }: Heard) =>
  details.filter((detail) => String(detail['@type']).endsWith('google.rpc.RetryInfo'));

describe.each(wires)('64 clients at the same time, by $name', (wire) => {
  it('have as many calls as their organization has, and no other is the poorer for it', async () => {
    const who = lookers.get(wire.name) as Somebody;
    const bucket = { name: 'calls', perSecond: 20, burst: 40 };
    const heard = await asked(wire, clientsCount, (client) => client.ask('look', who));
    expectExact(wire, heard, bucket);
    const passed = passedOf(wire, heard);
    // Nobody has counted what that organization used before.
    for (const { headers } of heard.filter((one) => !passed.includes(one)))
      expect(headers).toMatchObject(unusedQuotas);
    expect(new Set(passed.map(({ status }) => status))).toEqual(new Set([wire.tellsAlways ? 200 : 0]));
    if (wire.tellsAlways) {
      expectCounted(passed, bucket);
      expect(passed.map(left).toSorted((one, other) => other - one)).toEqual(downFrom(40));
      expect(new Set(heard.map((one) => momentOf(one, bucket, left(one)))).size).toBe(1);
      expect(passed.filter(({ headers }) => 'retry-after' in headers)).toEqual([]);
    } else expect(silent(passed)).toBe(true);
  });

  it('have as many checks as their organization has, beside its calls', async () => {
    const who = guessers.get(wire.name) as Somebody;
    const bucket = { name: 'checks', perSecond: 15, burst: 30 };
    const heard = await asked(wire, clientsCount, (client) => client.ask('guess', who));
    expectExact(wire, heard, bucket);
    const passed = passedOf(wire, heard);
    if (wire.tellsAlways) {
      expectCounted(passed, bucket);
      const calls = heard.map(({ headers }) => parameterOf(headers.ratelimit, 'calls', 'r'));
      expect(calls.toSorted((one, other) => other - one)).toEqual(downFrom(2_000).slice(0, clientsCount));
    } else expect(silent(passed)).toBe(true);
  });

  it.each([
    ['without a credential', () => null, '1'],
    ['with one that nobody has', forgedOf, '2'],
  ])('are as many strangers %s as their network may send', async (_title, tokenOf, network) => {
    const who = { ...bystander, token: tokenOf(bystander) };
    const bucket = { name: 'address', perSecond: 50, burst: addressBurst };
    const net = `2001:db8:${wires.indexOf(wire)}:${network}`;
    const heard = await asked(wire, addressBurst + clientsCount, (client, nth) =>
      client.ask('look', who, { from: `${net}::${(nth + 1).toString(16)}` }),
    );
    expectExact(wire, heard, bucket);
    const passed = passedOf(wire, heard);
    expect(new Set(passed.map(({ status }) => status))).toEqual(new Set([wire.statuses.unknown]));
    if (wire.tellsAlways) expectCounted(passed, bucket);
    const next = wire.client(world.server.url);
    const elsewhere = await next.ask('look', who, { from: `2001:db8:${wires.indexOf(wire)}:9${network}::1` });
    expect(elsewhere.status).toBe(wire.statuses.unknown);
    const known = await next.ask('look', guessers.get(wire.name) as Somebody, { from: `${net}::1` });
    expect(known.status).toBe(wire.statuses.tooFast);
    next.close();
  });
});

it('over gRPC whoever is refused is told in a detail when to come again', async () => {
  const wire = wires.find(({ name }) => name === 'gRPC') as Wire;
  const [client = wire.client('')] = connect(wire, 1);
  const heard = await client.ask('look', lookers.get(wire.name) as Somebody);
  expect(retryInfosOf(heard)).toEqual([expect.objectContaining({ retryDelay: '0.050s' })]);
  client.close();
});

it('64 logins at the same time from one address are as many as it may try', async () => {
  const headers = { 'x-forwarded-for': '192.0.2.1' };
  const login = (_: unknown, nth: number) => {
    const body = { email: `nobody-${nth}@example.com`, password: 'Nobody has this 1' };
    return http(`${world.server.url}/api/auth/login`, 'POST', { headers, body });
  };
  const heard = await Promise.all(Array.from({ length: clientsCount }, login));
  const wire = wires.find(({ name }) => name === 'mfa-enroll') as Wire;
  const bucket = { name: 'logins', perSecond: 5, burst: loginsBurst };
  expectExact(wire, heard, bucket);
  const passed = passedOf(wire, heard);
  expectCounted(passed, bucket);
  // What the address had besides is given back to those that were refused.
  expect(new Set(passed.map(({ status }) => status))).toEqual(new Set([401]));
});

it('an organization that asked for nothing has all of it, and as soon as time goes on so have the others', async () => {
  const [wire = wires[0] as Wire] = wires.filter(({ name }) => name === 'me-2fa');
  const client = wire.client(world.server.url);
  expect(left(await client.ask('look', bystander))).toBe(39);
  world.server.signal('SIGUSR2');
  await world.server.line('the clock goes on');
  const who = lookers.get(wire.name) as Somebody;
  await until('more calls', async () => (await client.ask('look', who)).status === 200, world.server);
});
