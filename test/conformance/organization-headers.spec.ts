// Headers that name an organization, on every route of every dialect: whose they are is refused as documented, alike whether
// another organization exists or not; to everybody else they mean nothing.

import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Heard } from '#test/conformance/access/asked.js';
import { type AccessCall, calls, httpAskOf } from '#test/conformance/access/calls.js';
import { from, requestOf } from '#test/conformance/access/cells.js';
import { type AccessWorld, openAccessWorld, type Somebody } from '#test/conformance/access/world.js';
import { apiKey } from '#test/conformance/contracts/api-key.js';
import type { Call, Contract } from '#test/conformance/contracts/contract.js';
import { me2fa } from '#test/conformance/contracts/me-2fa.js';
import { mfaEnroll } from '#test/conformance/contracts/mfa-enroll.js';
import { tenant } from '#test/conformance/contracts/tenant.js';
import { codeOf } from '#test/conformance/world.js';
import { endAll } from '#test/e2e/server-process.js';

let world: AccessWorld;
let owner: Somebody;
let token: string;
let totpId: string;
beforeAll(async () => {
  world = await openAccessWorld();
  owner = await world.caller(world.home, 'ORG_OWNER');
  const { userId } = await world.person(world.home);
  ({ token } = (await world.done('POST', `/v2/users/${userId}/pats`, {})) as { token: string });
  const path = `/countersign/v1/users/${userId}/totp`;
  const begun = (await world.done('POST', path, { name: 'ready' })) as { totpId: string; secret: string };
  ({ totpId } = begun);
  await world.done('POST', `${path}/registration/verify`, { totpId, code: codeOf(begun.secret) });
});
afterAll(async () => {
  await world.end();
  await endAll();
});

const named = () => ({
  own: world.home,
  'own in upper case': world.home.toUpperCase(),
  other: world.away,
  unknown: randomUUID(),
  none: undefined,
  two: [world.home, world.home],
  'two of which one is another': [world.home, world.away],
  'no uuid': 'acme',
});

type Named = keyof ReturnType<typeof named>;
type Answers = Readonly<Record<Named, Heard>>;

async function answersTo(ask: (value: string | string[] | undefined) => Promise<Heard>): Promise<Answers> {
  const answers: Partial<Record<Named, Heard>> = {};
  for (const [name, value] of Object.entries(named())) answers[name as Named] = await ask(value);
  return answers as Answers;
}

const bytesOf = (answers: Answers, names: readonly Named[]) =>
  new Set(names.map((name) => answers[name].bytes));

/** Nothing that it asks for is done, so that each answer is the same. */
function asking({ headers: headersFor }: Contract, call: Call, header: string) {
  const headers = {
    ...headersFor({ token, organizationId: world.home }),
    'x-request-id': 'organization-header',
  };
  const body = call.fits === null ? null : JSON.stringify(call.code ? { code: 'example_string' } : {});
  const ask = { verb: call.verb, path: call.path.replace('{id}', totpId), body };
  return (value: string | string[] | undefined): Promise<Heard> => {
    const { [header]: _, ...others } = headers as Record<string, string>;
    return world.wires.rest(ask, {
      ...from(null),
      headers: { ...others, ...(value !== undefined && { [header]: value }) },
    });
  };
}

const everything: readonly Named[] = [
  'own',
  'own in upper case',
  'other',
  'unknown',
  'none',
  'two',
  'two of which one is another',
  'no uuid',
];
const refusal = (code: number, said: string) => [code, said];
const saidIn = ({ code, body }: Heard) => [code, (JSON.parse(body.toString()) as { code: string }).code];
const titled = ({ calls: all }: Contract) => all.map((call) => [`${call.verb} ${call.path}`, call] as const);

describe('X-Tenant-ID', () => {
  it.each(titled(tenant))('to tenant is what the credential has to be of: %s', async (_, call) => {
    const answers = await answersTo(asking(tenant, call, 'x-tenant-id'));
    expect(bytesOf(answers, ['own', 'own in upper case']).size).toBe(1);
    expect(bytesOf(answers, ['other', 'unknown']).size).toBe(1);
    const { own, other, none, two } = answers;
    expect(saidIn(other)).toEqual(refusal(403, 'tenant_mismatch'));
    expect(saidIn(none)).toEqual(refusal(400, 'missing_tenant_id'));
    expect(saidIn(two)).toEqual(refusal(400, 'invalid_tenant_id'));
    expect(bytesOf(answers, ['two', 'two of which one is another', 'no uuid']).size).toBe(1);
    expect([other, none, two].map(({ bytes }) => bytes)).not.toContain(own.bytes);
  });

  it('to tenant is nothing without a credential, whichever it names', async () => {
    const ask = { verb: 'GET', path: '/v1/users/me/mfa', body: null };
    const answers = await answersTo((value) =>
      world.wires.rest(ask, {
        ...from(null),
        ...(value !== undefined && { headers: { 'x-tenant-id': value } }),
      }),
    );
    expect(saidIn(answers.own)).toEqual(refusal(401, 'unauthenticated'));
    expect(bytesOf(answers, everything).size).toBe(1);
  });
});

describe.each([
  ['x-tenant-id', [apiKey, me2fa, mfaEnroll]],
  ['x-zitadel-orgid', [tenant, apiKey, me2fa, mfaEnroll]],
] as const)('%s', (header, dialects) => {
  describe.each(dialects)('to $name is nothing: who calls is of one organization', (contract) => {
    it.each(titled(contract))('%s', async (_, call) => {
      const answers = await answersTo(asking(contract, call, header));
      expect(bytesOf(answers, everything).size).toBe(1);
    });
  });
});

const ofZitadel = calls.filter(({ isStreaming, routes }) => !isStreaming && routes.length > 0);
const nobody = () => ({ name: 'nobody', userId: randomUUID(), organizationId: randomUUID() });

/** About nobody, so that what is not refused for its header is not done either. */
function askingZitadel(call: AccessCall, header: string) {
  const request = requestOf(call, nobody());
  return call.routes.map((route) => (value: string | string[] | undefined): Promise<Heard> => {
    const ask = httpAskOf(call, route, request);
    return world.wires.rest(ask, {
      ...from(owner.token),
      ...(value !== undefined && { headers: { [header]: value } }),
    });
  });
}

const notOwn = everything.filter((name) => name !== 'own' && name !== 'none');

describe('x-zitadel-orgid', () => {
  let told = 0;

  it.each(ofZitadel)('to $name is refused alike, unless it is the own', async (call) => {
    for (const ask of askingZitadel(call, 'x-zitadel-orgid')) {
      const answers = await answersTo(ask);
      expect(bytesOf(answers, notOwn).size).toBe(1);
      expect(answers.own.code).toBe(answers.none.code);
      told += answers.other.body.includes('organization-not-found') || answers.other.code === 404 ? 1 : 0;
    }
  });

  it('was asked of most calls for what it names', () => {
    expect(told).toBeGreaterThan(ofZitadel.length / 2);
  });
});

describe('x-tenant-id to the calls of the contract', () => {
  it.each(ofZitadel)('is nothing: $name', async (call) => {
    for (const ask of askingZitadel(call, 'x-tenant-id')) {
      const { none, other } = await answersTo(ask);
      expect(other.code).toBe(none.code);
    }
  });
});
