// Nothing that a request can say is left out of account in silence: for each field of each request that is built,
// setting it changes what is done, what is answered, or what is refused.

import {
  create,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Command } from '@nestjs/cqrs';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { SetUserMetadata } from '#application/metadata/set-user-metadata.js';
import { CreateSession } from '#application/session/create-session.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { machine } from '#application/testing/people.js';
import { ChangeHumanUser } from '#application/user/change-human-user.js';
import { HumanProfileChanges } from '#application/user/profile.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { UserId } from '#domain/ids.js';
import { type Following, follow } from '#read-models/testing/following.js';
import { askerOf } from '#transport/asked.js';
import { zitadelServices } from '#transport/dialects/zitadel/services.js';
import type { Call, Implemented, MethodImplementation } from '#transport/implementation.js';
import { type Desk, idOf, openDesk, people } from '#transport/testing/desk.js';

/** What is set and changes nothing, and why that is right. */
const without: Readonly<Record<string, string>> = {
  'ListAuthenticationMethodTypes.domain_query.include_without_domain': 'Concerns passkeys: there are none.',
  'ListAuthenticationMethodTypes.domain_query.domain': 'Concerns passkeys: there are none.',
  'ListOrganizations.queries.domain_query.domain': 'Organizations have no domains: none matches any.',
  'SetSession.session_token': 'Deprecated, and not looked at by ZITADEL either.',
};

/** Where a made-up value would find as little as none. */
const samples: Record<string, unknown> = {
  'user_id_filter.id': people.ada,
  'organization_id_filter.id': organizationId,
  'zitadel.user.v2.StateQuery.state': 1,
  'zitadel.user.v2.TypeQuery.type': 1,
  'zitadel.org.v2.OrganizationStateQuery.state': 1,
  'zitadel.user.v2.UserNameQuery.user_name': 'ada@example.com',
  'zitadel.user.v2.FirstNameQuery.first_name': 'Ada',
  'zitadel.user.v2.LastNameQuery.last_name': 'L',
  'zitadel.user.v2.DisplayNameQuery.display_name': 'Ada L',
  'zitadel.user.v2.NickNameQuery.nick_name': 'Countess',
  'zitadel.user.v2.EmailQuery.email_address': 'ada@example.com',
  'zitadel.user.v2.LoginNameQuery.login_name': 'ada@example.com',
  'zitadel.user.v2.PhoneQuery.number': '+44 20 7946 0000',
  'zitadel.user.v2.InUserIDQuery.user_ids': people.ada,
  'zitadel.user.v2.InUserEmailsQuery.user_emails': 'ada@example.com',
  'zitadel.user.v2.OrganizationIdQuery.organization_id': organizationId,
  'zitadel.metadata.v2.MetadataKeyFilter.key': 'plan',
  'zitadel.metadata.v2.MetadataValueFilter.value': Buffer.from('gold'),
  'zitadel.org.v2.OrganizationNameQuery.name': 'Acme',
  'zitadel.org.v2.OrganizationDomainQuery.method': 99,
  'zitadel.org.v2.OrganizationIDQuery.id': organizationId,
  'zitadel.session.v2.UserIDQuery.id': people.ada,
  'zitadel.session.v2.CreatorQuery.id': by.editor,
  'zitadel.session.v2.UserAgentQuery.fingerprint_id': 'browser',
  'zitadel.filter.v2.TimestampFilter.timestamp': timestampFromMs(Date.UTC(2031, 0, 1)),
};

/** Without which a method asks for it, and looks at nothing else. */
const needed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  CreateUser: { userType: { case: 'human', value: {} } },
  ListUserMetadata: { userId: people.ada },
  ListAuthenticationFactors: { userId: people.ada },
  ListPersonalAccessTokens: { filters: [{ filter: { case: 'userIdFilter', value: { id: people.ada } } }] },
  GetSession: { sessionId: 'session' },
  DeleteSession: { sessionId: 'session' },
  SetPassword: { newPassword: { password: 'correct horse' } },
  UpdateUser: { userId: people.ada },
  'zitadel.user.v2.SetPassword': { passwordType: { case: 'password', value: { password: 'correct horse' } } },
  'zitadel.org.v2.AddOrganizationRequest.Admin': { userType: { case: 'userId', value: people.ada } },
};

let desk: Desk;
let following: Following;
let implemented: readonly Implemented[];
const sent: Command<unknown>[] = [];
beforeAll(async () => {
  desk = await openDesk();
  following = await follow(desk.house.application, { onTrouble: () => undefined });
  await furnish();
  const run = async (command: Command<unknown>) => {
    sent.push(command);
    return { kind: 'accepted', details, answer: { userId: 'made' } };
  };
  implemented = zitadelServices({
    application: desk.house.application,
    queries: following.queries,
    run: run as never,
  });
});
afterAll(async () => {
  await following.close();
  await desk.close();
});

const details = { sequence: 1, changeDate: 0, resourceOwner: organizationId };

async function furnish(): Promise<void> {
  const { house } = desk;
  const { ada } = people;
  await answerOf(house, machine('printer' as UserId, 'printer'));
  const whose = { organizationId, userId: ada as UserId, by };
  const profile = new HumanProfileChanges({ nickName: 'Countess' });
  await answerOf(house, new ChangeHumanUser({ ...whose, phone: '+44 20 7946 0000', profile }));
  for (const [key, value] of Object.entries({ plan: 'gold', shoe: '42' }))
    await answerOf(house, new SetUserMetadata({ ...whose, metadata: [{ key, value: Buffer.from(value) }] }));
  for (const name of ['one', 'two']) {
    house.clock.now += 1_000;
    const expiresAt = name === 'one' ? Date.UTC(2040, 0, 1) : null;
    const added = new AddAccessToken({ ...whose, name, scopes: ['all'], expiresAt });
    samples['token_id_filter.id'] = (await answerOf(house, added)).tokenId;
  }
  for (const [userId, fingerprintId] of [
    [ada, 'browser'],
    ['printer', 'another'],
  ] as const) {
    house.clock.now += 1_000;
    const userAgent = { fingerprintId, ip: null, description: null, headers: {} };
    const begun = new CreateSession({ user: { userId: userId as UserId }, userAgent, by });
    samples['zitadel.session.v2.IDsQuery.ids'] = (await answerOf(house, begun)).sessionId;
  }
}

type Path = readonly DescField[];

/** Each field that holds no fields of its own; of what is nested in itself, once. */
function leavesOf(message: DescMessage, above: Path = []): readonly Path[] {
  return message.fields.flatMap((field) => {
    const path = [...above, field];
    const inner = field.message;
    if (inner === undefined || isWellKnown(inner)) return [path];
    if (inner === message || above.some(({ parent }) => parent === inner)) return [];
    return inner.fields.length === 0 ? [path] : leavesOf(inner, path);
  });
}

const isWellKnown = ({ typeName }: DescMessage) => typeName.startsWith('google.protobuf.');

function sampleOf(field: DescField, above: string): unknown {
  const given = samples[`${above}.${field.name}`] ?? samples[`${field.parent.typeName}.${field.name}`];
  if (given !== undefined) return given;
  if (field.enum !== undefined) return 99;
  if (field.message?.typeName === 'google.protobuf.Timestamp') return timestampFromMs(Date.UTC(2040, 0, 1));
  if (field.message?.typeName === 'google.protobuf.Duration') return { seconds: 600n, nanos: 0 };
  if (field.message !== undefined) return create(field.message);
  switch (field.scalar) {
    case ScalarType.BOOL:
      return true;
    case ScalarType.UINT64:
      return 1n;
    case ScalarType.BYTES:
      return Buffer.from('bytes');
    case ScalarType.STRING:
      return 'text';
    default:
      return 1;
  }
}

/** What leads to the field, and the field itself only where it shall be set. */
function messageWith(desc: DescMessage, [field, ...inner]: Path, isSet: boolean, above = ''): Message {
  const message = create(desc, needed[desc.typeName]);
  if (field === undefined) return message;
  const value =
    inner.length > 0 ? messageWith(field.message as DescMessage, inner, isSet, field.name) : undefined;
  if (value !== undefined || isSet) put(message, field, value ?? sampleOf(field, above));
  return message;
}

function put(message: object, field: DescField, value: unknown): void {
  if (field.oneof !== undefined)
    Object.assign(message, { [field.oneof.localName]: { case: field.localName, value } });
  else Object.assign(message, { [field.localName]: inside(field, value) });
}

function inside({ fieldKind }: DescField, value: unknown): unknown {
  if (fieldKind === 'list') return [value];
  return fieldKind === 'map' ? { key: value } : value;
}

/** Together with what the method asks for before it answers anything. */
function requestOf(method: DescMethodUnary, path: Path, isSet: boolean): Message {
  const message = messageWith(method.input, path, isSet) as Message & Record<string, unknown>;
  const base = create(method.input, needed[method.name]) as Message & Record<string, unknown>;
  for (const name of Object.keys(needed[method.name] ?? {})) {
    const [value, present] = [base[name], message[name]];
    const isTaken = [path[0]?.localName, path[0]?.oneof?.localName].includes(name);
    if (Array.isArray(value) && Array.isArray(present)) message[name] = [...value, ...present];
    else if (!isTaken) message[name] = value;
  }
  return message;
}

async function effectOf({ method, implementation }: Implemented, request: Message): Promise<string> {
  sent.length = 0;
  const incoming = { signal: new AbortController().signal, organization: null };
  const principal = {
    userStream: `user-${idOf('root')}`,
    userId: idOf('root'),
    tokenId: 'token',
    organizationId,
    scopes: ['all'],
  };
  const call = { incoming, principal, by, organizationId } as unknown as Call;
  const asked = askerOf(implementation.access)(request);
  const result = await (implementation as MethodImplementation<Message, object>).run(request, call);
  const commands = sent.map((command) => [command.constructor.name, command]);
  return JSON.stringify([method.name, asked, commands, result], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

const nameOf = (method: DescMethodUnary, path: Path) =>
  [method.name, ...path.map(({ name }) => name)].join('.');

/** Whether what leads to the field is refused already. */
const isRefusedAbove = (effect: string, path: Path) =>
  path
    .slice(0, -1)
    .some(
      ({ name }) =>
        new RegExp(`"field":"[^"]*\\b${name}[^"]*","rule":"not-built"`).test(effect) ||
        new RegExp(`"code":"check-not-built","field":"[^"]*\\b${name}"`).test(effect),
    );

const built = [UserService, OrganizationService, SessionService, SettingsService].flatMap(
  ({ methods }) => methods as readonly DescMethodUnary[],
);

describe('a request', () => {
  const fields = built.flatMap((method) =>
    leavesOf(method.input).map((path) => [nameOf(method, path), method, path] as const),
  );

  it.each(fields)('says nothing in vain: %s', async (name, method, path) => {
    const one = implemented.find((candidate) => candidate.method === method) as Implemented;
    const unset = await effectOf(one, requestOf(method, path, false));
    const set = await effectOf(one, requestOf(method, path, true));
    expect(set !== unset || isRefusedAbove(unset, path)).toBe(!(name in without));
  });

  it('is known by each field that is said to change nothing', () => {
    const names = fields.map(([name]) => name);
    expect(Object.keys(without).filter((name) => !names.includes(name))).toEqual([]);
  });
});
