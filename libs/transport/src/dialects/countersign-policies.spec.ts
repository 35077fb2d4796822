import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { policySchema } from '#access/policies/schema.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import {
  PolicyService,
  PolicyVerdict,
  ExplainedCredential as Shown,
} from '#contract/countersign/v1/policy_service_pb.js';
import { PolicyNoticeSchema } from '#contract/countersign/v1/refusal_pb.js';
import { policiesMax } from '#domain/policy/decide.js';
import { type CountersignDesk, openCountersignDesk } from '#transport/testing/countersign-desk.js';
import { people } from '#transport/testing/desk.js';
import { statusIn } from '#transport/testing/status.js';

const rpc = PolicyService.method;
const { startTotpRegistration, listFactors } = FactorService.method;
const { getOrganizationSettings } = OrganizationSettingsService.method;

const permit = 'permit(principal, action, resource);';
const ada = { userId: people.ada };
const denied = '7 policy-denied CSIGN-policy-denied';

let desk: CountersignDesk;
beforeAll(async () => {
  desk = await openCountersignDesk();
});
afterAll(() => desk.close());

const listed = async () => (await desk.ask('owner', rpc.listPolicies, { organizationId })).policies;
const set = (name: string, text: string) => desk.ask('owner', rpc.setPolicy, { organizationId, name, text });
const remove = (name: string) => desk.ask('owner', rpc.removePolicy, { organizationId, name });

afterEach(async () => {
  for (const { name } of await listed()) await remove(name);
});

describe('policies of an organization', () => {
  it('are listed by name, with the schema of what they may speak of', async () => {
    const { details } = await set('b', permit);
    await set('a', permit);
    await set('b', `// Everybody.\n${permit}`);
    expect(details?.resourceOwner).toBe(organizationId);
    expect(await desk.ask('reader', rpc.listPolicies, { organizationId })).toMatchObject({
      policies: [
        { name: 'a', text: permit },
        { name: 'b', text: `// Everybody.\n${permit}` },
      ],
      schema: policySchema,
    });
    await remove('a');
    expect((await listed()).map(({ name }) => name)).toEqual(['b']);
  });

  it('are refused with what is wrong with them, and none is set', async () => {
    const text = 'permit(principal, action == Action::"user.rea", resource);';
    const answered = await desk.call('owner', rpc.setPolicy, { organizationId, name: 'typo', text });
    expect(statusIn(answered).details.some(({ value }) => Buffer.from(value).includes('did you mean'))).toBe(
      true,
    );
    expect(await listed()).toEqual([]);
  });

  it('are so many and no more', async () => {
    const names = Array.from({ length: policiesMax }, (_, number) => `policy-${number}`);
    const setAll = names.map((name) => new SetPolicy({ organizationId, name, text: permit, by }));
    for (const command of setAll) await answerOf(desk.house, command);
    const request = { organizationId, name: 'another', text: permit };
    expect(await desk.refusal('owner', rpc.setPolicy, request)).toMatchObject({
      code: 'policies-max',
      maximum: BigInt(policiesMax),
    });
  });
});

describe('what policies decide', () => {
  it('comes after roles, which are enough where there are none', async () => {
    expect(await desk.said('ada', listFactors, ada)).toBe('answered');
    await set('everybody', permit);
    expect(await desk.said('ada', listFactors, ada)).toBe('answered');
    expect(await desk.said('reader', startTotpRegistration, ada)).toBe('7 permission-denied AUTH-AWfge');
    expect(await desk.said('stranger', listFactors, ada)).toBe('5 user-not-found QUERY-Dfbg2');
  });

  it('is refused with what they say, in place of what roles allow', async () => {
    await set('everybody', permit);
    await set('no', '@notice("Ask Zürich.") @code("ASK") forbid(principal, action, resource is User);');
    const answered = await desk.call('ada', listFactors, ada);
    const { details } = statusIn(answered);
    expect(await desk.said('ada', listFactors, ada)).toBe(denied);
    expect(details.flatMap((detail) => anyUnpack(detail, PolicyNoticeSchema) ?? [])).toMatchObject([
      { notice: 'Ask Zürich.', code: 'ASK' },
    ]);
    expect(answered).toMatchObject({
      notices: ['Ask Zürich.'],
      headers: { 'x-countersign-notice': String.raw`[{"notice":"Ask Z\u00fcrich.","code":"ASK"}]` },
    });
    expect(await desk.said('reader', getOrganizationSettings, { organizationId })).toBe('answered');
  });

  it('is told by notices with answers, and with refusals of another kind, too', async () => {
    await set('everybody', `@notice("Until May.") ${permit}`);
    const told = {
      notices: ['Until May.'],
      headers: { 'x-countersign-notice': '[{"notice":"Until May.","code":null}]' },
    };
    expect(await desk.call('ada', listFactors, ada)).toMatchObject({ kind: 'answered', ...told });
    const refused = await desk.call('owner', FactorService.method.verifyTotp, { ...ada, code: '123456' });
    expect(refused).toMatchObject({ kind: 'refused', ...told });
    expect(statusIn(refused).code).not.toBe(7);
  });

  it('is nothing that calls hear of where policies have nothing to say', async () => {
    await set('everybody', permit);
    const answered = await desk.call('ada', listFactors, ada);
    expect(answered).not.toHaveProperty('notices');
    expect(answered.headers).not.toHaveProperty('x-countersign-notice');
  });

  it('is no where none permits, with a notice of its own, but about policies themselves', async () => {
    await set('others', 'permit(principal, action == Action::"org.write", resource);');
    expect(await desk.call('ada', listFactors, ada)).toMatchObject({
      notices: ['No policy of the organization permits this.'],
    });
    expect(await desk.said('owner', getOrganizationSettings, { organizationId })).toBe(denied);
    expect(await listed()).toHaveLength(1);
    await remove('others');
    expect(await desk.said('ada', listFactors, ada)).toBe('answered');
  });

  it('is no where one cannot be evaluated, and somebody is told which', async () => {
    const text =
      'forbid(principal, action, resource) when { 9223372036854775807 + (if context.self then 1 else 0) < 0 };';
    await set('everybody', permit);
    await set('large', text);
    const before = desk.failures.length;
    expect(await desk.said('ada', listFactors, ada)).toBe(denied);
    expect(await desk.said('owner', listFactors, ada)).toBe('answered');
    expect(desk.failures.splice(before)).toEqual([['large']]);
  });

  it('is of the organization that the call is about, whoever calls', async () => {
    await set('nobody', 'forbid(principal, action, resource);');
    expect(await desk.said('root', listFactors, ada)).toBe(denied);
    expect(await desk.said('root', listFactors, { userId: people.root })).toBe('answered');
    expect(await desk.said('strangersOwner', getOrganizationSettings, { organizationId: otherId })).toBe(
      'answered',
    );
  });

  it('is decided by who calls, under the id that calls name, whoever made it', async () => {
    await set('everybody', permit);
    await set('grace', `forbid(principal == User::"${people.grace}", action, resource);`);
    expect(await desk.said('grace', listFactors, { userId: people.grace })).toBe(denied);
    expect(await desk.said('ada', listFactors, ada)).toBe('answered');
    await set('grace', `forbid(principal, action, resource == User::"${people.grace}");`);
    expect(await desk.said('owner', listFactors, { userId: people.grace })).toBe(denied);
    expect(await desk.said('grace', listFactors, { userId: people.grace })).toBe(denied);
    await set('grace', 'forbid(principal, action, resource) when { principal == resource };');
    expect(await desk.said('owner', listFactors, { userId: people.grace })).toBe('answered');
    expect(await desk.said('grace', listFactors, { userId: people.grace })).toBe(denied);
  });

  it.each([
    ['principal in Role::"ORG_OWNER"', ['owner'], ['ada', 'root']],
    ['principal in Role::"INSTANCE_OWNER"', ['root'], ['ada', 'owner']],
    ['context.self', ['ada'], ['owner', 'root']],
    ['principal.kind == Kind::"human"', ['ada', 'owner', 'root'], []],
    [`!(principal in Organization::"${organizationId}")`, ['root'], ['ada', 'owner']],
    ['context.call == "countersign.v1.FactorService.ListFactors"', ['ada', 'owner', 'root'], []],
    ['context.address.isInRange(ip("192.0.2.0/24"))', ['ada', 'owner', 'root'], []],
    ['context.secondFactor', [], ['ada', 'owner', 'root']],
    ['context.via == Credential::"session"', [], ['ada', 'owner', 'root']],
    ['context.now < datetime("2029-12-31")', [], ['ada', 'owner', 'root']],
  ] as const)('is decided by what there is: %s', async (condition, those, others) => {
    await set('everybody', permit);
    await set('some', `forbid(principal, action, resource) when { ${condition} };`);
    const said = (all: readonly ('ada' | 'owner' | 'root')[]) =>
      Promise.all(all.map((person) => desk.said(person, listFactors, ada)));
    expect(await said(those)).toEqual(those.map(() => denied));
    expect(await said(others)).toEqual(others.map(() => 'answered'));
  });

  it('is decided by policies that another process has set, too', async () => {
    const other: House = await desk.house.another();
    try {
      const text = '@notice("From elsewhere.") forbid(principal, action, resource);';
      await answerOf(other, new SetPolicy({ organizationId, name: 'elsewhere', text, by }));
      const { streams } = desk.house.application.organizations;
      const { state } = await streams.fresh(desk.house.application.organizationStream(organizationId));
      expect(state).toMatchObject({ policies: [{ name: 'elsewhere' }] });
      expect(await desk.call('ada', listFactors, ada)).toMatchObject({ notices: ['From elsewhere.'] });
    } finally {
      await other.close();
    }
  });
});

describe('an explanation', () => {
  const explain = (request: object) =>
    desk.ask('reader', rpc.explain, { organizationId, userId: people.owner, ...request });

  it('says what would be decided and by which policies, and does nothing', async () => {
    await set('everybody', permit);
    await set(
      'no',
      '@notice("No.") @code("NO") forbid(principal, action == Action::"user.factor.reset", resource);',
    );
    const resetting = { action: 'user.factor.reset', targetUserId: people.ada };
    expect(await explain(resetting)).toMatchObject({
      allowed: false,
      allowedByRoles: true,
      verdict: PolicyVerdict.FORBIDDEN,
      policies: ['no'],
      notices: [{ notice: 'No.', code: 'NO' }],
    });
    expect(await explain({ ...resetting, action: 'user.read' })).toMatchObject({
      allowed: true,
      allowedByRoles: true,
      verdict: PolicyVerdict.PERMITTED,
      policies: ['everybody'],
      notices: [],
    });
  });

  it('is of roles alone where those do not allow it, or where there are no policies', async () => {
    expect(await explain({ action: 'org.write' })).toMatchObject({
      allowed: true,
      allowedByRoles: true,
      verdict: PolicyVerdict.UNSPECIFIED,
    });
    await set('everybody', permit);
    expect(await explain({ action: 'org.write', userId: people.ada })).toMatchObject({
      allowed: false,
      allowedByRoles: false,
      verdict: PolicyVerdict.UNSPECIFIED,
      policies: [],
    });
  });

  it.each([
    [{ address: '198.51.100.1' }, 'context.address.isInRange(ip("198.51.100.0/24"))'],
    [{}, 'context.address.isInRange(ip("192.0.2.1"))'],
    [{ call: 'a.B.C' }, 'context.call == "a.B.C"'],
    [{ credential: Shown.SESSION }, 'context.via == Credential::"session" && !context.secondFactor'],
    [{ credential: Shown.SESSION_WITH_FACTOR }, 'context.secondFactor'],
    [{}, 'context.via == Credential::"token" && context.scopes.contains("all")'],
  ])('is of the circumstances that are asked for: %j', async (given, condition) => {
    await set('everybody', permit);
    await set('some', `forbid(principal, action, resource) when { ${condition} };`);
    const oneself = { userId: people.ada, action: 'user.read', targetUserId: people.ada };
    expect(await explain({ ...oneself, ...given })).toMatchObject({ policies: ['some'] });
    await set('some', `forbid(principal, action, resource) when { !(${condition}) };`);
    expect(await explain({ ...oneself, ...given })).toMatchObject({ policies: ['everybody'] });
  });

  it('is of no session that is not of a user of the organization', async () => {
    const asked = { organizationId, userId: people.owner, action: 'session.read' };
    const request = { ...asked, targetSessionId: people.nobody };
    expect(await desk.said('reader', rpc.explain, request)).toBe('5 session-not-found QUERY-SFeaa');
  });

  it.each([
    [{ userId: people.stranger, action: 'org.read' }],
    [{ userId: people.nobody, action: 'org.read' }],
    [{ action: 'user.read', targetUserId: people.stranger }],
    [{ action: 'user.read', targetUserId: people.nobody }],
    [{ action: 'user.read', targetUserId: people.removed }],
    [{ action: 'session.write', userId: people.stranger, credential: Shown.LOGIN }],
  ])('is not given of who is not of the organization: %j', async (request) => {
    const asked = { organizationId, userId: people.owner, ...request };
    expect(await desk.said('reader', rpc.explain, asked)).toBe('5 user-not-found QUERY-Dfbg2');
  });
});
