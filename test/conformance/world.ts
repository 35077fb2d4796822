// A server of its own, and for each protocol an organization with its owner, beside one that is foreign to it. So
// no protocol sees what another one did, nor spends its calls.

import { generateSync } from 'otplib';

import { tokenIn } from '#test/administrator-token.js';
import { type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

export interface Place {
  readonly organizationId: string;
  readonly ownerId: string;
  readonly ownerToken: string;
}

export interface World {
  readonly server: Server;
  readonly administratorToken: string;
  /** An organization that nobody else is in. */
  place(): Promise<Place>;
}

/**
 * @param settings of the server, beside where its data is
 * @param command that starts it, where it is another one than usual
 */
export async function openWorld(
  settings: Readonly<Record<string, string>> = {},
  command?: readonly string[],
): Promise<World> {
  const directory = temporaryDirectory();
  const environment = { COUNTERSIGN_DATA_DIR: directory, ...settings };
  const server = await startServer({ environment, ...(command !== undefined && { command }) });
  const administratorToken = tokenIn(directory);
  let places = 0;
  return {
    server,
    administratorToken,
    place: async () => {
      places += 1;
      const { organizationId, createdAdmins } = await post<Added>(server, administratorToken, {
        path: '/v2/organizations',
        body: { name: `Organization ${places}`, admins: [{ human: human(`owner-${places}@example.com`) }] },
      });
      const ownerId = createdAdmins[0]?.userId ?? '';
      const { token } = await post<{ token: string }>(server, administratorToken, {
        path: `/v2/users/${ownerId}/pats`,
        body: {},
      });
      return { organizationId, ownerId, ownerToken: token };
    },
  };
}

interface Added {
  readonly organizationId: string;
  readonly createdAdmins: readonly { readonly userId: string }[];
}

async function post<Answer>(
  { url }: Server,
  token: string,
  { path, body }: { readonly path: string; readonly body: object },
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

export function human(email: string) {
  return { profile: { givenName: 'Grace', familyName: 'Hopper' }, email: { email, isVerified: true } };
}

/** As an authenticator app shows it, by a library that the server does not use. */
export function codeOf(secret: string, laterSeconds = 0): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + laterSeconds });
}

/** So that a code of the step before is not two steps old when it arrives. */
export async function clearOfTurn(): Promise<void> {
  const leftMs = 30_000 - (Date.now() % 30_000);
  if (leftMs < 4_000) await new Promise((resolve) => setTimeout(resolve, leftMs));
}

export function wrongCodeOf(secret: string): string {
  return String((Number(codeOf(secret)) + 500_000) % 1_000_000).padStart(6, '0');
}
