import { describe, expect, it } from '@jest/globals';

import { cedar } from '#access/policies/cedar.js';
import { policyDefects } from '#access/policies/check-policy.js';
import { decideByPolicies } from '#access/policies/policies.js';
import type { PolicyQuestion, PolicyResource } from '#access/policies/question.js';
import { policyActions, policySchema } from '#access/policies/schema.js';

const permit = 'permit(principal, action, resource);';
const person = {
  id: 'anna',
  kind: 'human',
  organizationId: 'acme',
  roles: ['ORG_OWNER'],
} as const;
const berta = { type: 'User', id: 'berta', kind: 'machine', organizationId: 'acme', roles: [] } as const;
const circumstances = {
  address: '192.0.2.7',
  call: 'countersign.v1.FactorService.RemoveTotp',
  now: Date.UTC(2030, 0, 1, 12),
  scopes: ['all'],
  secondFactor: false,
  self: false,
  via: 'token',
} as const;
const question: PolicyQuestion = {
  principal: person,
  action: 'user.credential.write',
  resource: berta,
  circumstances,
};

const listOf = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).map(([name, text]) => ({ name, text }));
const decide = (texts: Readonly<Record<string, string>>, asked: PolicyQuestion = question) =>
  decideByPolicies(listOf(texts), asked);
const under = (changed: Partial<PolicyQuestion['circumstances']>): PolicyQuestion => ({
  ...question,
  circumstances: { ...circumstances, ...changed },
});
const about = (resource: PolicyResource): PolicyQuestion => ({ ...question, resource });

async function verdictOf(condition: string, asked: PolicyQuestion = question): Promise<string> {
  const text = `forbid(principal, action, resource) when { ${condition} };`;
  expect(await policyDefects(text)).toEqual([]);
  return (await decide({ everybody: permit, some: text }, asked)).verdict;
}

describe('what policies decide', () => {
  it('is permitted where one permits and none forbids', async () => {
    const told = await decide({ everybody: permit });
    expect(told).toEqual({ verdict: 'permitted', policies: ['everybody'], notices: [] });
  });

  it('is not permitted where none permits, and says so by a notice of its own', async () => {
    const texts = { others: 'permit(principal, action == Action::"user.read", resource);' };
    expect(await decide(texts)).toEqual({
      verdict: 'not-permitted',
      policies: [],
      notices: [{ notice: 'No policy of the organization permits this.', code: 'NOT_PERMITTED' }],
    });
  });

  it('is forbidden where one forbids, whatever permits, with what that one says', async () => {
    const texts = {
      everybody: `@notice("Welcome.") ${permit}`,
      desk: '@notice("Zürich: at the desk.") @code("DESK") forbid(principal, action, resource);',
      quiet: 'forbid(principal, action, resource);',
    };
    expect(await decide(texts)).toEqual({
      verdict: 'forbidden',
      policies: ['desk', 'quiet'],
      notices: [{ notice: 'Zürich: at the desk.', code: 'DESK' }],
    });
  });

  it('comes with what those say that permit, in the order of their names and no more than eight', async () => {
    const said = Array.from({ length: 12 }, (_, number) => `n${String(number).padStart(2, '0')}`);
    const texts = Object.fromEntries(said.map((name) => [name, `@notice("${name}") ${permit}`]));
    const told = await decide(texts);
    expect(told.policies).toEqual(said);
    expect(told.notices).toEqual(said.slice(0, 8).map((notice) => ({ notice, code: null })));
  });

  it('has failed where one cannot be evaluated, even where another permits or forbids', async () => {
    const large = 'when { 9223372036854775807 + (if context.self then 0 else 1) > 0 }';
    const failing = { everybody: permit, large: `forbid(principal, action, resource) ${large};` };
    const failed = { notice: 'A policy of the organization could not be evaluated.', code: 'POLICY_FAILED' };
    const told = { verdict: 'failed', policies: ['large'], notices: [failed] };
    expect(await decide(failing)).toEqual(told);
    expect(await decide({ ...failing, no: 'forbid(principal, action, resource);' })).toEqual(told);
    expect((await decide(failing, under({ self: true }))).verdict).toBe('forbidden');
  });

  it('has failed where one is none for the Cedar that is there', async () => {
    expect(await decide({ everybody: permit, broken: 'permit(' })).toMatchObject({ verdict: 'failed' });
  });

  it('is told of the policies as they are now, whoever was asked about in between', async () => {
    const lists = Array.from({ length: 150 }, (_, number) =>
      listOf({ [`p${number}`]: number % 2 === 0 ? permit : 'forbid(principal, action, resource);' }),
    );
    const expected = lists.map((_, number) => [number % 2 === 0 ? 'permitted' : 'forbidden', [`p${number}`]]);
    for (const asked of [question, about({ type: 'Organization', id: 'acme' })]) {
      const told = await Promise.all(lists.map((list) => decideByPolicies(list, asked)));
      expect(told.map(({ verdict, policies }) => [verdict, policies])).toEqual(expected);
    }
  });
});

describe('what a policy may look at', () => {
  it.each([
    ['principal in Role::"ORG_OWNER"', 'the role of the caller'],
    ['principal in Organization::"acme"', 'the organization of the caller'],
    ['principal == User::"anna"', 'who the caller is'],
    ['principal.kind == Kind::"human"', 'whether the caller is a person'],
    ['resource is User && resource.kind == Kind::"machine"', 'whether it is done to a program'],
    ['resource is User && !(resource in Role::"ORG_OWNER")', 'the role of whom it is done to'],
    ['resource == User::"berta" && resource in Organization::"acme"', 'whom it is done to'],
    ['principal != resource', 'whether both are the same'],
    ['action == Action::"user.credential.write"', 'what is done'],
    ['context.address.isInRange(ip("192.0.2.0/24"))', 'the network of the client'],
    ['context.call == "countersign.v1.FactorService.RemoveTotp"', 'the call'],
    ['context.now > datetime("2030-01-01T11:59:59Z")', 'the time'],
    ['context.now.toTime() < duration("13h")', 'the time of day'],
    ['context.scopes.contains("all")', 'the scopes of the token'],
    ['!context.secondFactor', 'whether a second factor was shown'],
    ['!context.self', 'whether it is done to oneself'],
    ['context.via == Credential::"token"', 'what the caller has shown'],
    ['[context].contains(context)', 'all circumstances together'],
  ])('%s: %s', async (condition) => {
    expect(await verdictOf(condition)).toBe('forbidden');
    expect(await verdictOf(`!(${condition})`)).toBe('permitted');
  });

  it('is who is named, and nobody else', async () => {
    expect(await verdictOf('resource == User::"berta"', about({ ...berta, id: 'carla' }))).toBe('permitted');
    const session = { type: 'Session', id: 's1', organizationId: 'acme' } as const;
    const ofSession = { ...question, action: 'session.delete', resource: session } as const;
    expect(await verdictOf('resource == Session::"s1"', ofSession)).toBe('forbidden');
    expect(await verdictOf('resource in Organization::"other"', ofSession)).toBe('permitted');
    const oneself = about({ type: 'User', ...person });
    expect(await verdictOf('resource == principal', oneself)).toBe('forbidden');
  });

  it('is in the scope, too', async () => {
    const forbid = async (scope: string) =>
      (await decide({ everybody: permit, one: `forbid(${scope});` })).verdict;
    expect(await forbid('principal in Role::"ORG_OWNER", action, resource')).toBe('forbidden');
    expect(await forbid('principal in Role::"ORG_USER_READER", action, resource')).toBe('permitted');
    expect(await forbid('principal == User::"anna", action, resource == User::"berta"')).toBe('forbidden');
    expect(await forbid('principal == User::"berta", action, resource')).toBe('permitted');
    expect(await forbid('principal is User in Organization::"acme", action, resource is User')).toBe(
      'forbidden',
    );
    expect(await forbid('principal, action, resource is Session')).toBe('permitted');
  });

  it.each([
    ['fe80::1%eth0', 'fe80::/10'],
    ['::ffff:192.0.2.7', '192.0.2.0/24'],
    ['0:0:0:0:0:ffff:c000:207', '192.0.2.0/24'],
    ['2001:db8::192.0.2.7', '2001:db8::/32'],
    ['nowhere', '::/128'],
    ['', '::/128'],
  ])('%j is in %s', async (address, network) => {
    expect(await verdictOf(`context.address.isInRange(ip("${network}"))`, under({ address }))).toBe(
      'forbidden',
    );
  });
});

describe('a decision is not made anew', () => {
  it('for what no policy looks at, and is for what one does', async () => {
    const texts = listOf({
      everybody: permit,
      one: 'forbid(principal, action, resource) when { context.self };',
    });
    const first = await decideByPolicies(texts, question);
    const others = [under({ address: '192.0.2.8', now: 0 }), about({ ...berta, id: 'carla', kind: 'human' })];
    const told = await Promise.all(others.map((other) => decideByPolicies(texts, other)));
    expect(told.map((one) => one === first)).toEqual([true, true]);
    expect((await decideByPolicies(texts, under({ self: true }))).verdict).toBe('forbidden');
    expect(await decideByPolicies(texts, { ...question, action: 'user.read' })).not.toBe(first);
  });

  it('and adds at most 100 microseconds of processor with ten policies', async () => {
    const ten = Array.from({ length: 9 }, (_, number) => [
      `p${number}`,
      `forbid(principal in Role::"ORG_USER_READER", action == Action::"user.credential.write", resource)
       when { context.via == Credential::"session" && !context.self };`,
    ]);
    const texts = listOf({ ...Object.fromEntries(ten), everybody: permit });
    await decideByPolicies(texts, question);
    const rounds = 5_000;
    const microsecondsOf = () => {
      const before = process.cpuUsage();
      for (let round = 0; round < rounds; round++)
        decideByPolicies(texts, about({ ...berta, id: `user ${round}` }));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / rounds;
    };
    expect(Math.min(microsecondsOf(), microsecondsOf(), microsecondsOf())).toBeLessThan(100);
  });
});

describe('a policy may be set', () => {
  it('that speaks of what there is', async () => {
    expect(await policyDefects(permit)).toEqual([]);
    const lines = [
      '// The desk.',
      '@notice("At the desk.")',
      '@code("DESK_ONLY")',
      '@owner("Berta")',
      permit,
    ];
    expect(await policyDefects(lines.join('\n'))).toEqual([]);
  });

  it.each(policyActions)('about %s', async (action) => {
    const text = `forbid(principal, action == Action::"${action}", resource is Organization);`;
    expect(await policyDefects(text)).toEqual([]);
  });

  it.each([
    ['', /unexpected end/],
    ['permit(', /at byte 7/],
    [`${permit} ${permit}`, /unexpected token `permit`/],
    ['permit(principal == ?principal, action, resource);', /template/],
    ['permit(principal in Role::"OWNER", action, resource);', /not declared as a valid eid.*"ORG_OWNER"/],
    ['permit(principal, action == Action::"user.rea", resource);', /did you mean `Action::"user.read"`/],
    ['permit(principal, action == Action::"instance.key.write", resource);', /unrecognized action/],
    ['permit(principal, action, resource) when { context.nows };', /did you mean `now`/],
    [
      'permit(principal, action, resource) when { context.self == "yes" };',
      /types String and Bool|Bool and String/,
    ],
    ['permit(principal, action, resource) when { false };', /impossible/],
    ['permit(principal, action, resource == Session::"s") when { resource is User };', /impossible/],
    [`@notice ${permit}`, /@notice must be 1 to 200 characters/],
    [`@notice("") ${permit}`, /@notice must be/],
    [`@notice("${'x'.repeat(201)}") ${permit}`, /@notice must be/],
    [`@notice("two\\nlines") ${permit}`, /@notice must be/],
    [`@notice("a") @code("a b") ${permit}`, /@code must be 1 to 50 letters/],
    [`@notice("a") @code("${'c'.repeat(51)}") ${permit}`, /@code must be/],
    [`@code("ALONE") ${permit}`, /@code comes with a @notice/],
  ])('unlike %j', async (text, defect) => {
    const defects = await policyDefects(text);
    expect(defects.join('\n')).toMatch(defect);
    expect(defects.every((sentence) => sentence.length <= 300)).toBe(true);
  });

  it('and is told ten defects at most', async () => {
    const conditions = Array.from({ length: 30 }, (_, number) => `context.a${number}`).join(' && ');
    expect(await policyDefects(`permit(principal, action, resource) when { ${conditions} };`)).toHaveLength(
      10,
    );
  });
});

describe('the schema', () => {
  it('is one, and every circumstance that policies are told is in it', async () => {
    const { checkParseSchema } = await cedar();
    expect(checkParseSchema(policySchema)).toEqual({ type: 'success' });
    for (const name of Object.keys(circumstances)) expect(policySchema).toContain(`  ${name}: `);
  });
});
