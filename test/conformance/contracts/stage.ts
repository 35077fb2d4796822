// The built service with people on it, each brought as far as an answer asks for, in the words of their dialect.

import { randomUUID } from 'node:crypto';

import {
  type Contract,
  type Given,
  type Known,
  notice,
  noticeCode,
} from '#test/conformance/contracts/contract.js';
import { password } from '#test/conformance/contracts/mfa-enroll.js';
import type { Document } from '#test/conformance/documented.js';
import { clearOfTurn, codeOf, openWorld, wrongCodeOf } from '#test/conformance/world.js';

export interface Sending {
  readonly verb: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As it goes over the wire. */
  readonly payload?: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As JSON; an empty text where there is none. */
  readonly body: unknown;
}

export interface Stage {
  readonly document: Document;
  send(sending: Sending): Promise<Reply>;
  /** Where calls are limited or metered by nobody else. */
  place(settings?: object): Promise<string>;
  /** That refuses everything. */
  forbid(organizationId: string): Promise<unknown>;
  newcomer(contract: Contract, given: Given, organizationId?: string): Promise<Known>;
  machine(): Promise<Pick<Known, 'token' | 'organizationId'>>;
  /** As a browser keeps it of a login by password. */
  cookieOf(known: Known): Promise<string>;
}

/** Whoever is not limited asks as fast as it goes. */
const unlimited = { callsPerSecond: 100_000, checksPerSecond: 20_000, hashesPerSecond: 1_000 };
const forbidding = `@notice("${notice}") @code("${noticeCode}") forbid (principal, action, resource);`;
const stepSeconds = 30;

export async function openStage(): Promise<Stage> {
  const world = await openWorld({ COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' });
  const { server, administratorToken } = world;
  const send = sendingTo(server.url);
  const administer = async <Answer>(verb: string, path: string, body: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${administratorToken}`, 'content-type': 'application/json' };
    const reply = await send({ verb, path, headers, payload: JSON.stringify(body) });
    if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body as Answer;
  };
  const place: Stage['place'] = async (settings = {}) => {
    const { organizationId } = await world.place();
    const changed = { settings: { ...unlimited, ...settings } };
    await administer('PATCH', `/countersign/v1/organizations/${organizationId}/settings`, changed);
    return organizationId;
  };
  const home = await place();
  const somebody = async (organizationId: string, who: object) => {
    const { id } = await administer<{ readonly id: string }>('POST', '/v2/users/new', {
      organizationId,
      ...who,
    });
    const { token } = await administer<{ readonly token: string }>('POST', `/v2/users/${id}/pats`, {});
    return { userId: id, organizationId, token };
  };
  return {
    document: (await send({ verb: 'GET', path: '/openapi.json' })).body as Document,
    send,
    place,
    forbid: (organizationId) =>
      administer('PUT', `/countersign/v1/organizations/${organizationId}/policies/all`, { text: forbidding }),
    newcomer: async (contract, given, organizationId = home) => {
      await clearOfTurn();
      const email = `${randomUUID()}@example.com`;
      const human = { ...named(email), ...(contract.logsIn && { password: { password } }) };
      const known = { ...nothing, ...(await somebody(organizationId, { human })), email };
      return broughtTo(given, { send, contract, known });
    },
    machine: () => somebody(home, { username: randomUUID(), machine: { name: 'Machine' } }),
    cookieOf: async ({ email }) => {
      const payload = JSON.stringify({ email, password });
      const headers = { 'content-type': 'application/json' };
      const { headers: told } = await send({ verb: 'POST', path: '/api/auth/login', headers, payload });
      return told['set-cookie']?.split(';', 1)[0] ?? '';
    },
  };
}

const named = (email: string) => ({
  profile: { givenName: 'Grace', familyName: 'Hopper' },
  email: { email, isVerified: true },
});

const nothing: Pick<Known, 'id' | 'secret' | 'recoveryCodes' | 'code' | 'spentCode' | 'wrongCode'> = {
  id: '',
  secret: '',
  recoveryCodes: [],
  code: '123456',
  spentCode: '123456',
  wrongCode: '123456',
};

interface Bringing {
  readonly send: Stage['send'];
  readonly contract: Contract;
  readonly known: Known;
}

async function broughtTo(given: Given, { send, contract, known }: Bringing): Promise<Known> {
  if (given === 'newcomer') return known;
  const post = async (path: string, body: object): Promise<never> => {
    const headers = { ...contract.headers(known), 'content-type': 'application/json' };
    const reply = await send({ verb: 'POST', path, headers, payload: JSON.stringify(body) });
    if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body as never;
  };
  const answered = await post(contract.begin, {});
  const { id, secret } = contract.begunIn(answered);
  const spentCode = codeOf(secret, -stepSeconds);
  const codes = { code: codeOf(secret), spentCode, wrongCode: wrongCodeOf(secret) };
  const begun = { ...known, id, secret, ...codes };
  if (given === 'begun') return begun;
  const confirmed = await post(contract.confirm.replace('{id}', id), { code: spentCode });
  return { ...begun, recoveryCodes: contract.codesIn(answered, confirmed) };
}

/** Each from an address of its own: no answer is a refusal of its speed. */
function sendingTo(url: string): Stage['send'] {
  let addresses = 0;
  return async ({ verb, path, headers = {}, payload }) => {
    addresses += 1;
    const address = `10.3.${(addresses >> 8) & 255}.${addresses & 255}`;
    const response = await fetch(`${url}${path}`, {
      method: verb,
      headers: { 'x-forwarded-for': address, ...headers },
      ...(payload !== undefined && { body: payload }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: text === '' ? '' : JSON.parse(text),
    };
  };
}
