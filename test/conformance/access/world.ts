// Two organizations with people in them, somebody with each role, and people who are gone; whatever a person is
// made of has a mark in it, by which it is known again wherever it appears.

import type { JsonObject } from '@bufbuild/protobuf';

import { tokenIn } from '#test/administrator-token.js';
import { type Wires, wiresTo } from '#test/conformance/access/asked.js';
import { startServer, temporaryDirectory } from '#test/e2e/server-process.js';

export type Role = 'ORG_USER_READER' | 'ORG_USER_MANAGER' | 'ORG_OWNER';

export interface Somebody {
  readonly userId: string;
  readonly organizationId: string;
  readonly token: string | null;
  readonly role: Role | 'INSTANCE_OWNER' | null;
  readonly sessionId: string;
}

export interface Person {
  readonly userId: string;
  readonly organizationId: string;
  /** In the name, the address, the phone and the metadata. */
  readonly mark: string;
  readonly totpId: string;
  readonly tokenId: string;
  readonly sessionId: string;
}

export type Fate = 'removed' | 'erased';

export interface Gone extends Person {
  readonly fate: Fate;
}

export interface AccessWorld {
  readonly wires: Wires;
  readonly home: string;
  readonly away: string;
  readonly gone: string;
  readonly administrator: Somebody;
  person(organizationId: string): Promise<Person>;
  goneFrom(organizationId: string, fate: Fate): Promise<Gone>;
  caller(organizationId: string, role: Role | null): Promise<Somebody>;
  organization(): Promise<string>;
  /** Of a user that was named, and of whom nothing was checked. */
  session(userId: string): Promise<string>;
  /** As the administrator. */
  done(verb: string, path: string, body?: JsonObject): Promise<JsonObject>;
  end(): Promise<void>;
}

export async function openAccessWorld(): Promise<AccessWorld> {
  const directory = temporaryDirectory();
  const server = await startServer({
    environment: {
      COUNTERSIGN_DATA_DIR: directory,
      COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  const wires = wiresTo(server.port);
  const token = tokenIn(directory);
  let count = 0;
  const done: AccessWorld['done'] = async (verb, path, body) => {
    const ask = { verb, path, body: body === undefined ? null : JSON.stringify(body) };
    const { code, body: answer } = await wires.rest(ask, { token, address: '10.1.1.1' });
    if (code >= 300) throw new Error(`${verb} ${path}: ${code} ${answer.toString()}`);
    return JSON.parse(answer.toString()) as JsonObject;
  };
  const tokenOf = async (userId: string) => await done('POST', `/v2/users/${userId}/pats`, {});
  const session = async (userId: string) => {
    const { sessionId } = await done('POST', '/v2/sessions', { checks: { user: { userId } } });
    return String(sessionId);
  };
  const organization = async () => {
    count += 1;
    const { organizationId } = await done('POST', '/v2/organizations', {
      name: `mark-organization-${count}`,
    });
    // Each call is made by everybody there is, as fast as it goes.
    const changed = { settings: { hashesPerSecond: 1_000 } };
    await done('PATCH', `/countersign/v1/organizations/${organizationId}/settings`, changed);
    return String(organizationId);
  };
  const person: AccessWorld['person'] = async (organizationId) => {
    count += 1;
    const mark = `mark${count}z`;
    const { id } = await done('POST', '/v2/users/new', {
      organizationId,
      username: `${mark}-user`,
      human: {
        profile: { givenName: `${mark}-given`, familyName: `${mark}-family`, nickName: `${mark}-nick` },
        email: { email: `${mark}@example.com`, isVerified: true },
        phone: { phone: '+41791234567' },
      },
      metadata: [{ key: `${mark}-key`, value: Buffer.from(`${mark}-value`).toString('base64') }],
    });
    const userId = String(id);
    const { totpId } = await done('POST', `/countersign/v1/users/${userId}/totp`, { name: `${mark}-app` });
    const { tokenId } = await tokenOf(userId);
    return {
      userId,
      organizationId,
      mark,
      totpId: String(totpId),
      tokenId: String(tokenId),
      sessionId: await session(userId),
    };
  };
  const goneFrom: AccessWorld['goneFrom'] = async (organizationId, fate) => {
    const somebody = await person(organizationId);
    if (fate === 'removed') await done('DELETE', `/v2/users/${somebody.userId}`);
    else await done('POST', `/countersign/v1/users/${somebody.userId}/erase`, {});
    return { ...somebody, fate };
  };
  const caller: AccessWorld['caller'] = async (organizationId, role) => {
    count += 1;
    const { id } = await done('POST', '/v2/users/new', {
      organizationId,
      username: `caller-${count}`,
      machine: { name: `caller ${count}` },
    });
    const userId = String(id);
    const made = await tokenOf(userId);
    if (role !== null)
      await done('POST', `/countersign/v1/organizations/${organizationId}/members`, {
        userId,
        roles: [role],
      });
    return { userId, organizationId, token: String(made.token), role, sessionId: await session(userId) };
  };
  const found = await done('POST', '/v2/users', { queries: [{ typeQuery: { type: 'TYPE_MACHINE' } }] });
  const [first] = found.result as unknown as readonly [JsonObject];
  const administrator: Somebody = {
    userId: String(first.userId),
    organizationId: String((first.details as JsonObject).resourceOwner),
    token,
    role: 'INSTANCE_OWNER',
    sessionId: await session(String(first.userId)),
  };
  const [home, away, gone] = [await organization(), await organization(), await organization()];
  await done('DELETE', `/v2/organizations/${gone}`);
  const end = async () => {
    wires.close();
    server.signal('SIGKILL');
    await server.ended;
  };
  return {
    wires,
    home,
    away,
    gone,
    administrator,
    end,
    person,
    goneFrom,
    caller,
    organization,
    session,
    done,
  };
}
