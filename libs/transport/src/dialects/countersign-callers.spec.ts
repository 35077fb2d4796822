// Who may call what, and what is told of whom: walked over every method that there is.

import { create, type DescMethodUnary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { organizationId } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import { OrganizationMemberService } from '#contract/countersign/v1/organization_member_service_pb.js';
import { UserService as CountersignUserService } from '#contract/countersign/v1/user_service_pb.js';
import { logStart } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { askerOf } from '#transport/asked.js';
import { authorize } from '#transport/authorize.js';
import type { ServedMethod } from '#transport/call.js';
import {
  type CountersignDesk,
  methods,
  openCountersignDesk,
  operatorMethods,
} from '#transport/testing/countersign-desk.js';
import { idOf, organizationOf, type Person, people } from '#transport/testing/desk.js';
import { statusIn } from '#transport/testing/status.js';

let desk: CountersignDesk;
beforeAll(async () => {
  desk = await openCountersignDesk();
});
afterAll(() => desk.close());

const requestTo = ({ input }: ServedMethod, ids: { userId: string; organizationId: string }) => {
  const known = Object.entries(ids).filter(([name]) => name in input.field);
  return create(input, Object.fromEntries(known) as never);
};

async function mayCall(person: Person, name: string, scopes: readonly string[]): Promise<boolean> {
  const found = desk.implemented.find(({ method }) => method.name === name);
  if (found === undefined) throw new Error(`${name} is not built`);
  const { application } = desk.house;
  const userId = idOf(person);
  const userStream = application.userStream(userId);
  const principal = { userStream, userId, tokenId: 'token', organizationId: organizationOf(person), scopes };
  const request = requestTo(found.method, { userId: people.ada, organizationId });
  const asked = askerOf(found.implementation.access)(request);
  if ('code' in asked) throw new Error(`${name} names nobody`);
  const asking = { application, principal: principal as never, chosen: null };
  return (await authorize(asking, asked)).kind === 'allowed';
}

const whoMay: Readonly<Record<string, readonly Person[]>> = {
  StartTotpRegistration: ['ada', 'owner', 'root'],
  VerifyTotpRegistration: ['ada', 'owner', 'root'],
  VerifyTotp: ['ada', 'owner', 'root'],
  ResyncTotp: ['ada', 'owner', 'root'],
  RegisterTotpSeed: ['owner', 'root'],
  RenameTotp: ['ada', 'owner', 'root'],
  RemoveTotp: ['ada', 'owner', 'root'],
  RemoveFactors: ['ada', 'owner', 'root'],
  ListFactors: ['ada', 'reader', 'owner', 'root'],
  ResetFactors: ['owner', 'root'],
  ResetAttempts: ['owner', 'root'],
  GenerateRecoveryCodes: ['ada', 'owner', 'root'],
  VerifyRecoveryCode: ['ada', 'owner', 'root'],
  GetRemainingRecoveryCodes: ['ada', 'reader', 'owner', 'root'],
  RemoveRecoveryCodes: ['ada', 'owner', 'root'],
  SetPassword: ['owner', 'root'],
  ChangePassword: ['ada', 'owner', 'root'],
  RequestPasswordCode: ['owner', 'root'],
  ResetPassword: ['ada', 'owner', 'root'],
  GetOrganizationSettings: ['reader', 'owner', 'root'],
  GetQuotas: ['owner', 'root'],
  ChangeOrganizationSettings: ['owner', 'root'],
  ResetOrganizationSettings: ['owner', 'root'],
  AddOrganizationMember: ['owner', 'root'],
  ChangeOrganizationMember: ['owner', 'root'],
  RemoveOrganizationMember: ['owner', 'root'],
  ListOrganizationMembers: ['owner', 'root'],
  SetPolicy: ['owner', 'root'],
  RemovePolicy: ['owner', 'root'],
  ListPolicies: ['reader', 'owner', 'root'],
  Explain: ['reader', 'owner', 'root'],
  EraseUser: ['owner', 'root'],
  ListProjections: ['root'],
  GetProjection: ['root'],
  PauseProjection: ['root'],
  ResumeProjection: ['root'],
  RetryParkedStream: ['root'],
  SkipParkedStream: ['root'],
  StartReplay: ['root'],
  ListReplays: ['root'],
  GetReplay: ['root'],
  WatchReplay: ['root'],
  PauseReplay: ['root'],
  ResumeReplay: ['root'],
  CancelReplay: ['root'],
  DropBuild: ['root'],
  ListEvents: ['root'],
  GetEvent: ['root'],
  TailEvents: ['root'],
  ListMasterKeys: ['root'],
  RotateMasterKey: ['root'],
  ListSigningKeys: ['root'],
  RotateSigningKey: ['root'],
};

async function among<One>(all: readonly One[], holds: (one: One) => Promise<boolean>): Promise<One[]> {
  const held = await Promise.all(all.map(holds));
  return all.filter((_, place) => held[place]);
}

describe('who may do something to Ada, and to her organization', () => {
  it('is said of every method that the contract has, all of which are built', () => {
    const names = [...methods, ...operatorMethods].map(({ name }) => name).toSorted();
    expect(Object.keys(whoMay).toSorted()).toEqual(names);
    expect(desk.implemented.map(({ method }) => method.name).toSorted()).toEqual(names);
  });

  it.each(Object.entries(whoMay))('%s: %j', async (name, persons) => {
    const askers: readonly Person[] = ['ada', 'grace', 'reader', 'owner', 'strangersOwner', 'root'];
    expect(await among(askers, (person) => mayCall(person, name, ['all']))).toEqual(persons);
  });

  it.each([
    ['owner', 'user.factor.verify', ['VerifyTotp', 'VerifyRecoveryCode']],
    ['owner', 'user.factor.reset', ['ResetFactors', 'ResetAttempts']],
    ['owner', 'user.erase', ['EraseUser']],
    [
      'owner',
      'policy.write',
      ['ChangeOrganizationSettings', 'ResetOrganizationSettings', 'SetPolicy', 'RemovePolicy'],
    ],
    ['owner', 'org.member.read', ['ListOrganizationMembers']],
    [
      'ada',
      'factors.write',
      [
        'StartTotpRegistration',
        'VerifyTotpRegistration',
        'ResyncTotp',
        'RenameTotp',
        'RemoveTotp',
        'RemoveFactors',
        'GenerateRecoveryCodes',
        'RemoveRecoveryCodes',
        'ChangePassword',
        'ResetPassword',
      ],
    ],
    [
      'root',
      'instance.projection.read',
      ['ListProjections', 'GetProjection', 'ListReplays', 'GetReplay', 'WatchReplay'],
    ],
    ['root', 'instance.event.read', ['ListEvents', 'GetEvent', 'TailEvents']],
    ['root', 'instance.key.read', ['ListMasterKeys', 'ListSigningKeys']],
    ['root', 'instance.key.write', ['RotateMasterKey', 'RotateSigningKey']],
  ] as const)('is narrowed by the scopes of a token: %s with %s', async (person, scope, names) => {
    expect(await among(Object.keys(whoMay), (name) => mayCall(person, name, [scope]))).toEqual(names);
  });
});

describe('what a call takes of the limits of its caller', () => {
  const built = (name: string) => desk.implemented.find(({ method }) => method.name === name);

  it('is a guess wherever a code is compared', () => {
    const guessing = methods.filter(({ input }) =>
      ['code', 'firstCode', 'recoveryCode', 'currentPassword', 'verificationCode'].some(
        (name) => name in input.field,
      ),
    );
    const weighed = desk.implemented.filter(({ implementation }) => implementation.guesses);
    expect(weighed.map(({ method: { name } }) => name).toSorted()).toEqual(
      guessing.map(({ name }) => name).toSorted(),
    );
    expect(guessing).toHaveLength(10);
  });

  it.each([
    ['GenerateRecoveryCodes', {}, 10],
    ['GenerateRecoveryCodes', { count: 50 }, 50],
    ['GenerateRecoveryCodes', { count: 3, recoveryCode: 'proof' }, 4],
    ['GenerateRecoveryCodes', { count: 1_000_000 }, 0],
    ['VerifyRecoveryCode', {}, 1],
    ['RemoveRecoveryCodes', { code: 'proof' }, 0],
    ['RemoveRecoveryCodes', { recoveryCode: 'proof' }, 1],
    ['RemoveTotp', { recoveryCode: 'proof' }, 1],
    ['RemoveFactors', { recoveryCode: 'proof' }, 1],
    ['VerifyTotp', { code: '123456' }, undefined],
  ])('is each slow hash: %s of %j takes %s', (name, request, hashes) => {
    const { method, implementation } = built(name) ?? {};
    const message = create(method?.input as never, request as never);
    expect(implementation?.hashes?.(message)).toBe(hashes);
  });
});

describe('whoever is not there', () => {
  // The access token of who asks is an event too.
  beforeAll(() =>
    desk.ask('owner', OrganizationMemberService.method.listOrganizationMembers, { organizationId }),
  );

  const random = '0198f3a2-0000-7000-8000-0000000000ff';
  // Who was removed can still be erased.
  const ofUser = methods.filter(
    ({ input, name }) =>
      'userId' in input.field && !('organizationId' in input.field) && name !== 'EraseUser',
  );
  const ofOrganization = methods.filter(({ input }) => 'organizationId' in input.field);

  it.each(ofUser)('and whoever is of another organization cannot be told apart: $name', async (method) => {
    const before = await head();
    const [nobody, stranger, removed] = await Promise.all(
      [people.nobody, people.stranger, people.removed].map((userId) =>
        statusOf(method, { userId, organizationId }),
      ),
    );
    expect(nobody?.message).toMatch(/^User could not be found/);
    expect(stranger).toEqual(nobody);
    expect(removed).toEqual(nobody);
    expect(await head()).toEqual(before);
  });

  it.each(ofOrganization)('is as hidden as another organization: $name', async (method) => {
    const before = await head();
    const [nowhere, elsewhere] = await Promise.all(
      [random, otherId].map((organization) =>
        statusOf(method, { userId: people.reader, organizationId: organization }),
      ),
    );
    expect(nowhere?.message).toMatch(/^The organization could not be found/);
    expect(elsewhere).toEqual(nowhere);
    expect(await head()).toEqual(before);
  });

  it('is erased by who may erase it, after a removal too, and is as unknown as anybody to all others', async () => {
    const { eraseUser } = CountersignUserService.method;
    const [nobody, stranger] = await Promise.all(
      [people.nobody, people.stranger].map((userId) => statusOf(eraseUser, { userId, organizationId })),
    );
    expect(stranger).toEqual(nobody);
    expect(statusIn(await desk.call('reader', eraseUser, { userId: people.removed }))).toEqual(nobody);
    expect((await desk.call('owner', eraseUser, { userId: people.removed })).kind).toBe('answered');
  });

  it('cannot be made a member by who may not even read them', async () => {
    const { addOrganizationMember } = OrganizationMemberService.method;
    const before = await head();
    const [nobody, stranger, removed] = await Promise.all(
      [people.nobody, people.stranger, people.removed].map((userId) =>
        desk.call('owner', addOrganizationMember, { userId, organizationId, roles: ['ORG_OWNER'] }),
      ),
    );
    expect(statusIn(nobody as never).message).toMatch(/^User could not be found/);
    expect(stranger).toEqual(nobody);
    expect(removed).toEqual(nobody);
    expect(await head()).toEqual(before);
    const request = { userId: people.stranger, organizationId, roles: ['ORG_USER_READER'] };
    await desk.ask('root', addOrganizationMember, request);
  });

  const statusOf = async (method: DescMethodUnary, ids: { userId: string; organizationId: string }) =>
    statusIn(await desk.call('owner', method, requestTo(method, ids) as never));

  async function head(): Promise<number> {
    const all = { direction: 'forward', after: logStart, limit: eventsPerReadMax } as const;
    return (await desk.house.parts.log.readAll(all)).length;
  }
});
