// The built server with somebody to attack it and somebody who goes on using it meanwhile.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root, type Server, startServer, temporaryDirectory, until } from '#test/e2e/server-process.js';
import type { Attacker } from '#test/faults/hostile-http.js';

export type Planted = 'crash' | 'leak' | 'silence' | 'broken';

export interface Besieged {
  readonly server: Server;
  /** One who may do little, and one who may do much in an organization. */
  readonly attackers: readonly Attacker[];
  readonly bystander: Attacker;
}

export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
  /** Of the heap: bytecode and machine code. */
  readonly compiled: number;
  readonly rss: number;
}

const hook = join(import.meta.dirname, 'hostile-hook.ts');
const main = join(root, 'dist/apps/server/src/main.js');

export async function besiege(planted?: Planted): Promise<Besieged> {
  const directory = temporaryDirectory();
  const server = await startServer({
    command: [process.execPath, '--expose-gc', '--import', hook, main],
    environment: {
      COUNTERSIGN_DATA_DIR: directory,
      // So that each request comes from an address of its own, and none is refused for the speed of another.
      COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1',
      ...(planted === undefined ? {} : { HOSTILE_PLANTED: planted }),
    },
  });
  const file = join(directory, 'admin.token');
  await until('the token', () => existsSync(file), server);
  const administrator = readFileSync(file, 'utf8').trim();
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${administrator}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const { organizationId } = await post('/v2/organizations', { name: 'Besieged' });
  const somebody = async (name: string): Promise<Attacker> => {
    const { id } = await post('/v2/users/new', { organizationId, username: name, machine: { name } });
    const { token } = await post(`/v2/users/${id}/pats`, {});
    return { userId: String(id), token: String(token) };
  };
  const owner = await somebody('owner');
  const members = `/countersign/v1/organizations/${organizationId}/members`;
  await post(members, { userId: owner.userId, roles: ['ORG_OWNER'] });
  // The owner asks about somebody who is not there: it would take itself away.
  const attackers = [
    await somebody('attacker'),
    { ...owner, userId: '0b5ea4b5-4e0a-4a1e-a04f-3d4b1f4e3f11' },
  ];
  return { server, attackers, bystander: await somebody('bystander') };
}

/** After two collections of garbage, which the hook makes when it is asked. */
export async function memoryOf(server: Server): Promise<Memory> {
  const told = () => [...server.standardError.matchAll(/^memory (.*)$/gm)];
  const before = told().length;
  server.signal('SIGUSR2');
  await until('its memory', () => told().length > before, server);
  return JSON.parse(told().at(-1)?.[1] ?? '') as Memory;
}
