// What the documents of the four dialects promise, as real answers of the built service: status, names, types and headers,
// and each of them as its /openapi.json tells it.

import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { apiKey } from '#test/conformance/contracts/api-key.js';
import {
  type Answer,
  type Call,
  type Contract,
  type Expected,
  type Given,
  type Known,
  notice,
  noticeCode,
} from '#test/conformance/contracts/contract.js';
import { me2fa } from '#test/conformance/contracts/me-2fa.js';
import { mfaEnroll } from '#test/conformance/contracts/mfa-enroll.js';
import { openStage, type Reply, type Stage } from '#test/conformance/contracts/stage.js';
import { tenant } from '#test/conformance/contracts/tenant.js';
import { unfitFor, unfitForSchema } from '#test/conformance/documented.js';
import { endAll } from '#test/e2e/server-process.js';

const contracts: readonly Contract[] = [tenant, apiKey, me2fa, mfaEnroll];

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(endAll);

const isJson = { 'content-type': 'application/json' };
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const limits: Readonly<Record<string, RegExp>> = {
  'x-ratelimit-limit': /^\d+$/,
  'x-ratelimit-remaining': /^\d+$/,
  'x-ratelimit-reset': moment,
  ratelimit: /^"[a-z-]+";r=\d+;t=\d+(, "[a-z-]+";r=\d+;t=\d+)*$/,
  'ratelimit-policy': /^"[a-z-]+";q=\d+;w=\d+(, "[a-z-]+";q=\d+;w=\d+)*$/,
};

/** Beginning, confirming, and before that the password, where there is one. */
const turnsUntilReady = ({ logsIn }: Contract) => (logsIn ? 3 : 2);
const ceilings = { turnsPerPeriodMax: 1_000, relationshipsMax: 1_000 };
const digits = expect.stringMatching(/^\d+$/);
const quotas = {
  'x-quota-turns-used': digits,
  'x-quota-turns-limit': digits,
  'x-quota-relationships-used': digits,
  'x-quota-relationships-limit': digits,
  'x-quota-reset': expect.stringMatching(moment),
};

/** Of every answer, of those that were counted, and of those to wait after. */
function expectHeaders({ status, headers, body }: Reply): void {
  const expected: Record<string, RegExp> = { 'x-request-id': ulid, 'cache-control': /^no-store$/ };
  if (body !== '') expected['content-type'] = /^application\/json; charset=utf-8$/;
  if (status < 300 || status === 429) Object.assign(expected, limits);
  if (status === 429) expected['retry-after'] = /^[1-9]\d*$/;
  const unfit = Object.entries(expected).filter(([name, form]) => !form.test(headers[name] ?? ''));
  expect(unfit.map(([name]) => `${name}: ${headers[name]}`)).toEqual([]);
  expect('retry-after' in headers).toBe(status === 429);
}

/** Where the call has no say, the envelope is told of all the same. */
function expectDocumented({ name }: Contract, { verb, path }: Call, reply: Reply): void {
  const isOfCall = reply.status !== 405;
  const envelope = { $ref: `#/components/schemas/${name}.Refusal` };
  const unfit = isOfCall
    ? unfitFor(stage.document, { verb, path }, reply)
    : unfitForSchema(stage.document, envelope, reply.body);
  expect(unfit).toBeNull();
}

const ofDialects = ['set-cookie', 'x-countersign-session-token'];

/** Those that come with some answers alone, and of which the document says nothing. */
function untoldHeaders({ verb, path }: Call, { status, headers }: Reply): readonly string[] {
  const told = stage.document.paths[path]?.[verb.toLowerCase()]?.responses[String(status)]?.headers ?? {};
  return ofDialects.filter((name) => name in headers && !(name in (told as object)));
}

function expectAnswer(contract: Contract, call: Call, { reply, is }: { reply: Reply; is: Expected }): void {
  expect([reply.status, reply.body]).toEqual([is.status, is.body]);
  expect(reply.headers).toMatchObject(is.headers ?? {});
  expect(untoldHeaders(call, reply)).toEqual([]);
  expectHeaders(reply);
  expectDocumented(contract, call, reply);
}

const pathOf = ({ path }: Call, { id }: Pick<Known, 'id'>) => path.replace('{id}', id || randomUUID());
const payloadOf = (body: object | undefined) => (body === undefined ? undefined : JSON.stringify(body));

async function credentialsOf(contract: Contract, known: Known, by: Answer['by']) {
  if (by === undefined) return contract.headers(known);
  const cookie = await stage.cookieOf(known);
  if (by === 'token of the session') return { authorization: `Bearer ${cookie.split('=', 2)[1]}` };
  return { cookie, 'sec-fetch-site': by === 'cookie' ? 'same-origin' : 'cross-site' };
}

async function answerTo(contract: Contract, call: Call, answer: Answer): Promise<Reply> {
  const known = await stage.newcomer(contract, answer.given);
  const payload = payloadOf(answer.body?.(known));
  const sending = {
    verb: call.verb,
    path: pathOf(call, answer.elsewhere ? { id: '' } : known),
    headers: {
      ...(await credentialsOf(contract, known, answer.by)),
      ...(payload !== undefined && isJson),
    },
    payload,
  };
  if (answer.again) await stage.send(sending);
  return stage.send(sending);
}

async function tries(contract: Contract, call: Call, given: Given) {
  const known = await stage.newcomer(contract, given);
  const path = pathOf(call, known);
  const headers = { ...isJson, ...contract.headers(known) };
  return {
    known,
    send: (body: object) => stage.send({ verb: call.verb, path, headers, payload: JSON.stringify(body) }),
    raw: (payload: string | undefined, more: Record<string, string> = {}, verb: string = call.verb) =>
      stage.send({ verb, path, headers: { ...headers, ...more }, payload }),
  };
}

const givenTo = ({ code }: Call): Given => code?.given ?? 'newcomer';
const titled = (calls: readonly Call[]) => calls.map((call) => [`${call.verb} ${call.path}`, call] as const);
const noCodes = ['example_string', '12345', '1234567', '١٢٣٤٥٦', '12345a'];

describe.each(contracts)('the contract of $name', (contract) => {
  const { refused, calls } = contract;
  const answers = calls.flatMap((call) =>
    call.answers.map((answer) => [`${call.verb} ${call.path}`, answer.when, { call, answer }] as const),
  );

  it.each(answers)('%s: %s', async (_, __, { call, answer }) => {
    const reply = await answerTo(contract, call, answer);
    expectAnswer(contract, call, { reply, is: answer.is });
  });

  describe.each(titled(calls.filter(({ open }) => !open)))('%s', (_, call) => {
    it.each([
      ['no credential', undefined],
      ['one that does not count', 'cs_nonsense'],
    ])('by %s', async (__, token) => {
      const known = await stage.newcomer(contract, 'newcomer');
      const headers = token === undefined ? {} : contract.headers({ ...known, token });
      const reply = await stage.send({ verb: call.verb, path: pathOf(call, known), headers });
      expectAnswer(contract, call, { reply, is: refused['no credential'] });
    });

    it('by a machine', async () => {
      const machine = await stage.machine();
      const headers = contract.headers(machine);
      const reply = await stage.send({ verb: call.verb, path: pathOf(call, { id: '' }), headers });
      expectAnswer(contract, call, { reply, is: refused['a machine'] });
    });
  });

  describe.each(titled(calls))('%s', (_, call) => {
    it('by another method', async () => {
      const { raw } = await tries(contract, call, 'newcomer');
      const reply = await raw(undefined, {}, 'PUT');
      expectAnswer(contract, call, { reply, is: refused['another method'] });
      expect(reply.headers.allow?.split(', ')).toContain(call.verb);
    });

    it('with a body over the limit', async () => {
      const { raw } = await tries(contract, call, 'newcomer');
      const reply = await raw(`"${'x'.repeat(64 * 1024)}"`, {}, call.verb === 'GET' ? 'PUT' : call.verb);
      const is = refused[call.verb === 'GET' ? 'another method' : 'a body over the limit'];
      expectAnswer(contract, call, { reply, is });
    });
  });

  describe.each(titled(calls.filter(({ fits }) => fits !== null)))('%s', (_, call) => {
    const bodies = [
      ['half a body', '{"code":'],
      ['a list', '["code"]'],
    ] as const;

    it.each(bodies)('with %s', async (named, payload) => {
      const { raw } = await tries(contract, call, 'newcomer');
      expectAnswer(contract, call, { reply: await raw(payload), is: refused[named] });
    });

    it('with another content type', async () => {
      const { raw } = await tries(contract, call, 'newcomer');
      const reply = await raw('code=123456', { 'content-type': 'application/x-www-form-urlencoded' });
      expectAnswer(contract, call, { reply, is: refused['another content type'] });
    });

    it('with a field that is not known, which it names', async () => {
      const { known, send } = await tries(contract, call, 'newcomer');
      const reply = await send({ ...call.fits?.(known), colour: 'red' });
      expectAnswer(contract, call, { reply, is: refused['a field that is not known'] });
    });
  });

  describe.each(titled(calls.filter(({ code }) => code !== undefined)))('%s', (_, call) => {
    it('with what is no code', async () => {
      const { send } = await tries(contract, call, givenTo(call));
      for (const code of noCodes)
        expectAnswer(contract, call, { reply: await send({ code }), is: refused['what is no code'] });
    });

    it('with a wrong code, and after too many of them', async () => {
      const { known, send } = await tries(contract, call, givenTo(call));
      const wrong = { code: known.wrongCode };
      for (const is of Array<Expected>(5).fill(refused['a wrong code']))
        expectAnswer(contract, call, { reply: await send(wrong), is });
      const reply = await send({ code: known.code });
      expectAnswer(contract, call, { reply, is: refused['too many wrong codes'] });
    });
  });

  it.each(titled(calls.filter(({ code }) => code !== undefined && !code.optional)))(
    '%s: without a code',
    async (_, call) => {
      const { send } = await tries(contract, call, 'newcomer');
      expectAnswer(contract, call, { reply: await send({}), is: refused['no code'] });
    },
  );

  it('with one call too many, which tells what is left of quotas', async () => {
    const organizationId = await stage.place({ ...ceilings, callsPerSecond: 1 });
    const known = await stage.newcomer(contract, 'ready', organizationId);
    const call = calls.find(({ verb }) => verb === 'GET') as Call;
    const headers = contract.headers(known);
    const asked = Array.from({ length: 8 }, () => stage.send({ verb: 'GET', path: call.path, headers }));
    const reply = (await Promise.all(asked)).find(({ status }) => status === 429) as Reply;
    expectAnswer(contract, call, { reply, is: { ...refused['too many calls'], headers: quotas } });
  });

  it.each([
    ['check', { given: 'ready', earlier: [] }, { turnsPerPeriodMax: turnsUntilReady(contract) }],
    ['confirm', { given: 'begun', earlier: ['ready'] }, { relationshipsMax: 1 }],
  ] as const)('with a %s beyond a quota', async (what, { given, earlier }, ceiling) => {
    const organizationId = await stage.place({ ...ceilings, ...ceiling });
    for (const before of earlier) await stage.newcomer(contract, before, organizationId);
    const known = await stage.newcomer(contract, given, organizationId);
    const call = calls.find(({ path }) => path === contract[what]) as Call;
    const payload = JSON.stringify({ code: known.code });
    const headers = { ...isJson, ...contract.headers(known) };
    const reply = await stage.send({ verb: 'POST', path: pathOf(call, known), headers, payload });
    expectAnswer(contract, call, { reply, is: { ...refused['an exhausted quota'], headers: quotas } });
  });

  it('where a policy of the organization refuses it, in the words of that', async () => {
    const organizationId = await stage.place();
    const known = await stage.newcomer(contract, 'newcomer', organizationId);
    await stage.forbid(organizationId);
    const call = calls.find(({ path }) => path === contract.begin) as Call;
    const headers = contract.headers(known);
    const reply = await stage.send({ verb: 'POST', path: call.path, headers });
    const told = { 'x-countersign-notice': JSON.stringify([{ notice, code: noticeCode }]) };
    expectAnswer(contract, call, { reply, is: { ...refused['a policy'], headers: told } });
  });

  it('where nothing is', async () => {
    const reply = await stage.send({ verb: 'GET', path: `${contract.mount}/nothing` });
    expect([reply.status, reply.body]).toEqual([
      refused['a path that is none'].status,
      refused['a path that is none'].body,
    ]);
    expectHeaders(reply);
    const envelope = { $ref: `#/components/schemas/${contract.name}.Refusal` };
    expect(unfitForSchema(stage.document, envelope, reply.body)).toBeNull();
  });
});
