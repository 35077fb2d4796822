// The same few things in the words of each dialect, asked by clients that have a connection each: a look, which costs a
// call; a guess, which costs a check besides; and the beginning of an enrolment, which is a turn.

import type { JsonObject } from '@bufbuild/protobuf';

import { grpc } from '#test/conformance/grpc.js';
import type { Protocol } from '#test/conformance/protocol.js';

export const deeds = ['look', 'guess', 'begin'] as const;
export type Deed = (typeof deeds)[number];

export interface Somebody {
  readonly organizationId: string;
  readonly userId: string;
  /** Null for a stranger. */
  readonly token: string | null;
}

export interface Heard {
  /** Of HTTP, or of gRPC. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: readonly JsonObject[];
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Client {
  ask(deed: Deed, who: Somebody, from?: string): Promise<Heard>;
  close(): void;
}

export interface Wire {
  readonly name: string;
  /** What says that it was too much, at once or in a period; and that somebody is not known. */
  readonly statuses: { readonly tooFast: number; readonly exhausted: number; readonly unknown: number };
  /** Whether what is left is told with every answer, and not with refusals alone. */
  readonly tellsAlways: boolean;
  client(url: string): Client;
}

const bearer = ({ token }: Somebody): Readonly<Record<string, string>> =>
  token === null ? {} : { authorization: `Bearer ${token}` };

interface Dialect {
  readonly name: string;
  readonly headersOf?: (who: Somebody) => Readonly<Record<string, string>>;
  readonly deeds: Readonly<Record<Deed, readonly ['GET' | 'POST', string, object?]>>;
}

const code = '000000';

const dialects: readonly Dialect[] = [
  {
    name: 'tenant',
    headersOf: (who) => ({ ...bearer(who), 'x-tenant-id': who.organizationId }),
    deeds: {
      look: ['GET', '/v1/users/me/mfa'],
      guess: ['POST', '/v1/users/me/mfa/verify', { code }],
      begin: ['POST', '/v1/users/me/mfa/totp'],
    },
  },
  {
    name: 'api-key',
    headersOf: ({ token }) => (token === null ? {} : { 'x-api-key': token }),
    deeds: {
      look: ['GET', '/auth/v1/users/current/totp'],
      guess: ['POST', '/auth/v1/users/current/totp/verify', { code }],
      begin: ['POST', '/auth/v1/users/current/totp/setup'],
    },
  },
  {
    name: 'zitadel',
    deeds: {
      look: ['GET', '/v2/users/{user}'],
      guess: ['POST', '/countersign/v1/users/{user}/totp/verify', { code }],
      begin: ['POST', '/v2/users/{user}/totp', {}],
    },
  },
  {
    name: 'me-2fa',
    deeds: {
      look: ['GET', '/v1/me/2fa'],
      guess: ['POST', '/v1/me/2fa/verify', { code }],
      begin: ['POST', '/v1/me/2fa/setup'],
    },
  },
  {
    name: 'mfa-enroll',
    deeds: {
      look: ['GET', '/api/auth/mfa'],
      guess: ['POST', '/api/auth/mfa/verify', { code }],
      begin: ['POST', '/api/auth/mfa/enroll'],
    },
  },
];

export async function http(
  url: string,
  verb: string,
  asked: { readonly headers: Readonly<Record<string, string>>; readonly body?: object | undefined },
): Promise<Heard> {
  const response = await fetch(url, {
    method: verb,
    headers: { ...asked.headers, ...(asked.body !== undefined && { 'content-type': 'application/json' }) },
    body: asked.body === undefined ? null : JSON.stringify(asked.body),
  });
  const text = await response.text();
  const body = (text === '' ? {} : JSON.parse(text)) as Heard['body'];
  const details = (Array.isArray(body.details) ? body.details : []) as readonly JsonObject[];
  return { status: response.status, headers: Object.fromEntries(response.headers), details, body };
}

const forwarded = (from: string | undefined) => (from === undefined ? {} : { 'x-forwarded-for': from });

const overHttp = (dialect: Dialect): Wire => ({
  name: dialect.name,
  statuses: { tooFast: 429, exhausted: 403, unknown: 401 },
  tellsAlways: true,
  // As many as ask at the same time get a connection each: fetch never lets one wait for another.
  client: (url) => ({
    ask: (deed, who, from) => {
      const [verb, path, body] = dialect.deeds[deed];
      const headers = { ...(dialect.headersOf ?? bearer)(who), ...forwarded(from) };
      return http(`${url}${path.replace('{user}', who.userId)}`, verb, { headers, body });
    },
    close: () => undefined,
  }),
});

const calls: Readonly<Record<Deed, readonly [string, JsonObject]>> = {
  look: ['zitadel.user.v2.UserService/GetUserByID', {}],
  guess: ['countersign.v1.FactorService/VerifyTotp', { code }],
  begin: ['zitadel.user.v2.UserService/RegisterTOTP', {}],
};

const overGrpc: Wire = {
  name: 'gRPC',
  statuses: { tooFast: 8, exhausted: 8, unknown: 16 },
  tellsAlways: false,
  client: (url) => {
    const protocol: Protocol = grpc(new URL(url).host, { isAlone: true });
    return {
      ask: async (deed, { token, userId }, from) => {
        const [path, request] = calls[deed];
        const told = await protocol.call(path, { ...request, userId }, { token, headers: forwarded(from) });
        return { status: told.status, headers: told.headers, details: told.details, body: told.answer };
      },
      close: () => protocol.close(),
    };
  },
};

export const wires: readonly Wire[] = [...dialects.map(overHttp), overGrpc];

/** Each of them asks at the same time, then again, until so many have asked. */
export async function askTogether(
  clients: readonly Client[],
  count: number,
  ask: (client: Client, nth: number) => Promise<Heard>,
): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  let next = 0;
  const askOn = async (client: Client) => {
    while (next < count) {
      const nth = next;
      next += 1;
      heard.push(await ask(client, nth));
    }
  };
  await Promise.all(clients.map(askOn));
  return heard;
}
