// A data directory that somebody used: with a user who has an authenticator app, and whatever else is asked for.

import { cpSync } from 'node:fs';

import { generateSync } from 'otplib';

import { tokenIn } from '#test/administrator-token.js';
import { type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

export type Json = Readonly<Record<string, unknown>>;

export interface LivedIn {
  readonly directory: string;
  readonly userId: string;
  readonly secret: string;
}

export const serve = (directory: string): Promise<Server> =>
  startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });

export async function stop(server: Server): Promise<void> {
  server.signal('SIGTERM');
  await server.ended;
}

export async function ask(
  server: Server,
  { token, path, body }: { readonly token: string; readonly path: string; readonly body?: object },
): Promise<Json> {
  const response = await fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Json) };
}

export async function addUser(server: Server, token: string, name: string): Promise<string> {
  const human = {
    profile: { givenName: name, familyName: 'Lovelace' },
    email: { email: `${name.toLowerCase()}@example.com`, isVerified: true },
  };
  return String((await ask(server, { token, path: '/v2/users/new', body: { human } })).id);
}

/** Ends stopped. */
export async function livedIn(): Promise<LivedIn> {
  const directory = temporaryDirectory();
  const server = await serve(directory);
  const token = tokenIn(directory);
  const userId = await addUser(server, token, 'Ada');
  const { secret } = await ask(server, { token, path: `/v2/users/${userId}/totp`, body: {} });
  await enrol(server, token, { userId, secret: String(secret) });
  await stop(server);
  return { directory, userId, secret: String(secret) };
}

/** In a directory of its own, which costs no start of a server. */
export function copyOf(house: LivedIn): LivedIn {
  const directory = temporaryDirectory();
  cpSync(house.directory, directory, { recursive: true });
  return { ...house, directory };
}

/** By a code of the step before, so that the present one is not spent. Twice, should a step end meanwhile. */
async function enrol(server: Server, token: string, user: Omit<LivedIn, 'directory'>): Promise<void> {
  const path = `/v2/users/${user.userId}/totp/verify`;
  const verify = () => ask(server, { token, path, body: { code: codeOf(user.secret, -30) } });
  const { status } = await verify();
  if (status === 200) return;
  const second = await verify();
  if (second.status !== 200) throw new Error(`the enrolment was refused: ${JSON.stringify(second)}`);
}

function codeOf(secret: string, shiftSeconds: number): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + shiftSeconds });
}

export async function verifyCode(
  server: Server,
  token: string,
  { userId, secret }: Omit<LivedIn, 'directory'>,
): Promise<Json> {
  const path = `/countersign/v1/users/${userId}/totp/verify`;
  return await ask(server, { token, path, body: { code: codeOf(secret, 0) } });
}
