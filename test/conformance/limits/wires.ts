// The same few things in the words of each dialect, asked by clients that have a connection each: a look, which costs a
// call; a guess, which costs a check besides; the beginning of an enrolment, which is a turn; and its end, which is a
// relationship.

import type { JsonObject } from '@bufbuild/protobuf';

import { grpc } from '#test/conformance/grpc.js';
import type { Protocol } from '#test/conformance/protocol.js';

export type Deed = 'look' | 'guess' | 'begin' | 'confirm';

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

/** What a deed needs beside who does it. */
export interface With {
  /** The address that a proxy says. */
  readonly from?: string;
  readonly code?: string;
  /** Of an enrolment that was begun, where the dialect names it. */
  readonly id?: string;
}

export interface Client {
  ask(deed: Deed, who: Somebody, brings?: With): Promise<Heard>;
  close(): void;
}

export interface Wire {
  readonly name: string;
  /** What says that it was too much, at once or in a period; and that somebody is not known. */
  readonly statuses: { readonly tooFast: number; readonly exhausted: number; readonly unknown: number };
  /** Whether what is left is told with every answer, and not with refusals alone. */
  readonly tellsAlways: boolean;
  /** Whether refusals are a google.rpc.Status. */
  readonly tellsStatus: boolean;
  client(url: string): Client;
}

const bearer = ({ token }: Somebody): Readonly<Record<string, string>> =>
  token === null ? {} : { authorization: `Bearer ${token}` };

interface Dialect {
  readonly name: string;
  readonly headersOf?: (who: Somebody) => Readonly<Record<string, string>>;
  readonly deeds: Readonly<Record<Deed, readonly ['GET' | 'POST', string, object?]>>;
}

/** The body of what takes one. */
const aCode = {};

const dialects: readonly Dialect[] = [
  {
    name: 'tenant',
    headersOf: (who) => ({ ...bearer(who), 'x-tenant-id': who.organizationId }),
    deeds: {
      look: ['GET', '/v1/users/me/mfa'],
      guess: ['POST', '/v1/users/me/mfa/verify', aCode],
      begin: ['POST', '/v1/users/me/mfa/totp'],
      confirm: ['POST', '/v1/users/me/mfa/totp/{id}/verify', aCode],
    },
  },
  {
    name: 'api-key',
    headersOf: ({ token }) => (token === null ? {} : { 'x-api-key': token }),
    deeds: {
      look: ['GET', '/auth/v1/users/current/totp'],
      guess: ['POST', '/auth/v1/users/current/totp/verify', aCode],
      begin: ['POST', '/auth/v1/users/current/totp/setup'],
      confirm: ['POST', '/auth/v1/users/current/totp/enable', aCode],
    },
  },
  {
    name: 'zitadel',
    deeds: {
      look: ['GET', '/v2/users/{user}'],
      guess: ['POST', '/countersign/v1/users/{user}/totp/verify', aCode],
      begin: ['POST', '/v2/users/{user}/totp', {}],
      confirm: ['POST', '/v2/users/{user}/totp/verify', aCode],
    },
  },
  {
    name: 'me-2fa',
    deeds: {
      look: ['GET', '/v1/me/2fa'],
      guess: ['POST', '/v1/me/2fa/verify', aCode],
      begin: ['POST', '/v1/me/2fa/setup'],
      confirm: ['POST', '/v1/me/2fa/verify-setup', aCode],
    },
  },
  {
    name: 'mfa-enroll',
    deeds: {
      look: ['GET', '/api/auth/mfa'],
      guess: ['POST', '/api/auth/mfa/verify', aCode],
      begin: ['POST', '/api/auth/mfa/enroll'],
      confirm: ['POST', '/api/auth/mfa/enroll/confirm', aCode],
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

const codeIn = ({ code = '000000' }: With) => ({ code });

const forwarded = ({ from }: With): Readonly<Record<string, string>> =>
  from === undefined ? {} : { 'x-forwarded-for': from };

const overHttp = (dialect: Dialect): Wire => ({
  name: dialect.name,
  statuses: { tooFast: 429, exhausted: 403, unknown: 401 },
  tellsAlways: true,
  tellsStatus: dialect.name === 'zitadel',
  // As many as ask at the same time get a connection each: fetch never lets one wait for another.
  client: (url) => ({
    ask: (deed, who, brings = {}) => {
      const [verb, path, body] = dialect.deeds[deed];
      const headers = { ...(dialect.headersOf ?? bearer)(who), ...forwarded(brings) };
      const filled = path.replace('{user}', who.userId).replace('{id}', brings.id ?? '');
      return http(`${url}${filled}`, verb, { headers, body: body === aCode ? codeIn(brings) : body });
    },
    close: () => undefined,
  }),
});

const calls: Readonly<Record<Deed, string>> = {
  look: 'zitadel.user.v2.UserService/GetUserByID',
  guess: 'countersign.v1.FactorService/VerifyTotp',
  begin: 'zitadel.user.v2.UserService/RegisterTOTP',
  confirm: 'zitadel.user.v2.UserService/VerifyTOTPRegistration',
};

const takesCode: readonly Deed[] = ['guess', 'confirm'];

const overGrpc: Wire = {
  name: 'gRPC',
  statuses: { tooFast: 8, exhausted: 8, unknown: 16 },
  tellsAlways: false,
  tellsStatus: true,
  client: (url) => {
    const protocol: Protocol = grpc(new URL(url).host, { isAlone: true });
    return {
      ask: async (deed, { token, userId }, brings = {}) => {
        const request = { userId, ...(takesCode.includes(deed) && codeIn(brings)) };
        const told = await protocol.call(calls[deed], request, { token, headers: forwarded(brings) });
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
