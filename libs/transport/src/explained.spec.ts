// What `Explain` answers is what the call would be answered, up to where it would be done: of every call there is, by
// whoever may ask it, under policies that are made up.

import { create, type DescMethodUnary, type Message } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import { isPolicyAction, type PolicyAction } from '#access/policies/schema.js';
import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { RemovePolicy } from '#application/policy/remove-policy.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import type { Somebody } from '#application/session/find-user.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { PolicyService, ExplainedCredential as Shown } from '#contract/countersign/v1/policy_service_pb.js';
import type { Answered, Incoming, Served } from '#transport/call.js';
import { type AccessRule, type Call, type Implemented, refused } from '#transport/implementation.js';
import { pipelineOf } from '#transport/pipeline.js';
import { idOf, incomingWith, type Person, people, unlimited } from '#transport/testing/desk.js';
import { readAs } from '#transport/testing/reading.js';
import { openSessionsDesk, type Session, type SessionsDesk } from '#transport/testing/sessions-desk.js';

jest.setTimeout(60_000);
const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? 20_260_101);

const { explain } = PolicyService.method;

/** Who calls, as an explanation is told of it. */
interface Caller {
  readonly name: string;
  readonly userId: string;
  readonly credential: Shown;
  readonly incoming: Partial<Incoming>;
}

/** Whom or what it is done to. */
interface Target {
  readonly userId: string;
  readonly sessionId: string;
}

interface Told {
  readonly allowed: boolean;
  readonly allowedByRoles: boolean;
  readonly notices: readonly { readonly notice: string; readonly code: string }[];
}

let desk: SessionsDesk;
/** Which stops where something would be done. */
let stopping: Served;
let callers: readonly Caller[];
let targets: readonly Target[];
let logsIn: Somebody;

beforeAll(async () => {
  desk = await openSessionsDesk();
  const login = { userId: idOf('grace'), roles: ['INSTANCE_LOGIN_CLIENT'], by };
  await answerOf(desk.house, new AddInstanceMember(login));
  const [plain, proven, other] = [
    await desk.begin({ factor: false }),
    await desk.begin(),
    await desk.begin({ factor: false }),
  ];
  const persons = ['ada', 'grace', 'reader', 'owner', 'root'] as const;
  callers = [
    ...(await Promise.all(persons.map(byToken))),
    bySession('a session', plain, Shown.SESSION),
    bySession('a session with a factor', proven, Shown.SESSION_WITH_FACTOR),
    { name: 'a login', userId: plain.userId, credential: Shown.LOGIN, incoming: { enters: true } },
  ];
  targets = [plain, proven, other].flatMap(({ sessionId }) =>
    [plain.userId, proven.userId, people.ada, people.owner].map((userId) => ({ userId, sessionId })),
  );
  const { userId } = plain;
  logsIn = { userId, userStream: desk.house.application.userStream(userId), organizationId };
  stopping = pipelineOf({
    application: desk.house.application,
    services: [],
    implemented: [desk.implemented.map(stopped)],
    limits: unlimited,
    onFailure: (error) => desk.failures.push(error),
  });
});
afterAll(() => desk.close());

/** Whoever is of another organization. */
const actsIn: Partial<Record<Person, string>> = { root: organizationId };

const byToken = async (person: Person): Promise<Caller> => ({
  name: person,
  userId: people[person],
  credential: Shown.UNSPECIFIED,
  incoming: { authorization: await desk.tokenOf(person), organization: actsIn[person] ?? null },
});

const bySession = (name: string, session: Session, credential: Shown): Caller => ({
  name,
  userId: session.userId,
  credential,
  incoming: { authorization: session.authorization },
});

const done = refused({ code: 'not-built', method: 'of this spec' });

/** What a command asks, once it has found somebody, is asked; and nothing is done. */
const stopped = ({ method, implementation }: Implemented): Implemented =>
  ({ method, implementation: { ...implementation, run: stop } }) as unknown as Implemented;

const stop = async (_: Message, { admit }: Call) => (await admit?.(logsIn)) ?? done;

const ask = (method: DescMethodUnary, request: object, incoming: Partial<Incoming>): Promise<Answered> =>
  stopping.invoke(method, readAs(create(method.input, request as never)), incomingWith(incoming));

const forbidden = new Set([
  'permission-denied',
  'user-not-found',
  'session-not-found',
  'organization-not-found',
  'unauthenticated',
]);

function toldBy(answered: Answered): Told {
  if (answered.kind === 'answered') throw new Error('it was done');
  const { code } = answered.refusal ?? { code: 'unread' };
  const said = answered.headers['x-countersign-notice'] ?? '[]';
  const notices = (JSON.parse(said) as Told['notices']).map(({ notice, code: of }) => ({
    notice,
    code: of ?? '',
  }));
  const allowedByRoles = !forbidden.has(code);
  return { allowed: allowedByRoles && code !== 'policy-denied', allowedByRoles, notices };
}

interface AnyCall {
  readonly method: DescMethodUnary;
  readonly rule: AccessRule<never>;
  readonly action: PolicyAction;
}

/** Of which policies could be asked at all. */
const callsOf = ({ implemented }: SessionsDesk): readonly AnyCall[] =>
  implemented.flatMap(({ method, implementation: { access } }) => {
    const rule = access as unknown as AccessRule<never>;
    const named = rule.of === 'anyone' ? rule.lists : rule.permission;
    const action = typeof named === 'function' ? named({ names: [] } as never) : named;
    if (method.methodKind !== 'unary' || action === undefined || !isPolicyAction(action)) return [];
    return [{ method, rule, action }];
  });

/** Where an id stands deeper in a request. */
const deeper: Readonly<Record<string, (id: string) => object>> = {
  'filters.user_id_filter.id': (value) => ({
    filters: [{ filter: { case: 'userIdFilter', value: { id: value } } }],
  }),
  'ctx.org_id': (value) => ({ ctx: { resourceOwner: { case: 'orgId', value } } }),
  'organization.org_id': (value) => ({ organization: { org: { case: 'orgId', value } } }),
};

type IdField = string | { readonly path: string };

function naming(field: IdField | null, id: string): object {
  if (field === null) return {};
  if (typeof field === 'string') return { [field]: id };
  const make = deeper[field.path];
  if (make === undefined) throw new Error(`${field.path} is not known here`);
  return make(id);
}

/** For the call that finds somebody; others have no such field. */
const someone = { checks: { user: { search: { case: 'loginName', value: 'somebody' } } } };

function requestOf(rule: AccessRule<never>, target: Target): object {
  switch (rule.of) {
    case 'user':
      return naming(rule.userId as IdField, target.userId);
    case 'session':
      return naming(rule.sessionId as IdField, target.sessionId);
    case 'organization':
      return { ...naming(rule.organizationId as IdField | null, organizationId), ...someone };
    case 'anyone':
    case 'instance':
      return {};
  }
}

const targetIn = ({ of }: AccessRule<never>, { userId, sessionId }: Target) => ({
  ...(of === 'user' && { targetUserId: userId }),
  ...(of === 'session' && { targetSessionId: sessionId }),
});

/** By root, who may ask of everybody, and of itself. */
async function explained(request: object): Promise<Told> {
  const { allowed, allowedByRoles, notices } = await desk.ask('root', explain, {
    organizationId,
    ...request,
  });
  return { allowed, allowedByRoles, notices: notices.map(({ notice, code }) => ({ notice, code })) };
}

const conditions = [
  'context.self',
  'context.secondFactor',
  'context.via == Credential::"session"',
  'context.scopes.contains("all")',
  'context.call == "zitadel.session.v2.SessionService.CreateSession"',
  'context.call like "*.List*"',
  'context.address.isInRange(ip("192.0.2.0/24"))',
  'principal.kind == Kind::"human"',
  'principal in Role::"ORG_OWNER"',
  'principal in Role::"INSTANCE_OWNER"',
  `principal in Organization::"${organizationId}"`,
  `principal == User::"${people.grace}"`,
  'principal == resource',
  `resource in Organization::"${organizationId}"`,
  'resource is User',
  'resource is Session',
  'resource is Organization',
  '9223372036854775807 + (if context.self then 1 else 0) < 0',
];

const actions = [
  'action',
  ...['user.read', 'session.write', 'org.read'].map((id) => `action == Action::"${id}"`),
];

const policy = fc
  .record({
    effect: fc.constantFrom('permit', 'forbid'),
    action: fc.constantFrom(...actions),
    when: fc.constantFrom('when', 'unless'),
    condition: fc.constantFrom('true', ...conditions),
    notice: fc.constantFrom('', '@notice("One.") ', '@notice("Another.") @code("OTHER") '),
  })
  .map(
    ({ effect, action, when, condition, notice }) =>
      `${notice}${effect}(principal, ${action}, resource) ${when} { ${condition} };`,
  );

const permitAll = 'permit(principal, action, resource);';
const policies = fc
  .tuple(fc.constantFrom([], [permitAll], [permitAll]), fc.array(policy, { maxLength: 4 }))
  .map(([some, others]) => [...some, ...others]);

/** What could never decide is refused, and then decides nothing here either. */
async function setAll(texts: readonly string[]): Promise<void> {
  for (const name of names) await desk.house.run(new RemovePolicy({ organizationId, name, by }));
  for (const [index, text] of texts.entries())
    await desk.house.run(new SetPolicy({ organizationId, name: names[index] ?? '', text, by }));
}

const names = ['a', 'b', 'c', 'd', 'e'];

it('an explanation is what is decided, of every call, by whoever makes it, whatever policies say', async () => {
  const calls = callsOf(desk);
  expect(calls.length).toBeGreaterThan(50);
  const decided = new Set<string>();
  const choices = {
    texts: policies,
    caller: fc.constantFrom(...callers),
    target: fc.constantFrom(...targets),
  };
  await fc.assert(
    fc.asyncProperty(fc.record(choices), async ({ texts, caller, target }) => {
      await setAll(texts);
      const { userId, credential, incoming } = caller;
      for (const { method, rule, action } of calls) {
        const call = `${method.parent.typeName}.${method.name}`;
        const real = toldBy(await ask(method, requestOf(rule, target), incoming));
        const asked = { userId, credential, action, call, ...targetIn(rule, target) };
        expect([call, await explained(asked)]).toEqual([call, real]);
        decided.add(`${rule.of} ${real.allowed} ${real.allowedByRoles} ${real.notices.length > 0}`);
      }
    }),
    { seed, numRuns: 60 },
  );
  // Each of what can be answered was, of whatever is asked by roles and policies.
  for (const kind of ['user', 'session', 'organization'])
    for (const told of ['true true false', 'true true true', 'false true true', 'false false false'])
      expect(decided).toContain(`${kind} ${told}`);
});

it('an explanation of a login needs no call, and is of nothing but beginning a session', async () => {
  const login = { userId: people.ada, credential: Shown.LOGIN };
  const alone = 'context.self && context.via == Credential::"session" && !context.secondFactor';
  const call = 'context.call == "zitadel.session.v2.SessionService.CreateSession"';
  await setAll([
    permitAll,
    `@notice("No.") forbid(principal, action, resource) when { ${alone} && ${call} };`,
  ]);
  const refusal = { allowed: false, allowedByRoles: true, notices: [{ notice: 'No.', code: '' }] };
  const byRoles = { allowed: false, allowedByRoles: false, notices: [] };
  expect(await explained({ ...login, action: 'session.write' })).toEqual(refusal);
  expect(await explained({ ...login, action: 'session.read' })).toEqual(byRoles);
  expect(await explained({ ...login, action: 'session.write', call: 'a.B.C' })).toEqual(byRoles);
});
