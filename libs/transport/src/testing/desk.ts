// A pipeline over a whole application, with people of several roles in two organizations, their tokens, and a few
// made-up implementations of methods that exist.

import { create, type DescMethodUnary, type MessageInitShape } from '@bufbuild/protobuf';

import { defaultRateLimits, type RateLimits } from '#access/rate-limits.js';
import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { AddOrganizationMember } from '#application/organization/add-organization-member.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, type House, type openHouse, organizationId } from '#application/testing/house.js';
import { human, nobody, openInhabited, otherId } from '#application/testing/people.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { Answered, Incoming, Served } from '#transport/call.js';
import { pipelineOf } from '#transport/pipeline.js';
import { Tally } from '#transport/tally.js';
import { madeUpCalls, type Noted } from '#transport/testing/made-up-calls.js';
import { readAs } from '#transport/testing/reading.js';

/** By the ids of users: the first is that of nobody in particular, and has no roles. */
export const people = {
  ada: '0198f3a2-0000-7000-8000-0000000000a1',
  /** Brought its own id, which its stream is not named after. */
  grace: 'grace@example.com',
  reader: '0198f3a2-0000-7000-8000-0000000000a2',
  owner: '0198f3a2-0000-7000-8000-0000000000a3',
  stranger: '0198f3a2-0000-7000-8000-0000000000b1',
  strangersOwner: '0198f3a2-0000-7000-8000-0000000000b2',
  root: '0198f3a2-0000-7000-8000-0000000000b3',
  removed: '0198f3a2-0000-7000-8000-0000000000c1',
  nobody,
} as const;

export type Person = keyof typeof people;
export const idOf = (person: Person) => people[person] as UserId;

export interface Desk extends Noted {
  readonly house: House;
  readonly served: Served;
  /** What was told to the log of failures. */
  readonly failures: unknown[];
  tokenOf(person: Person, scopes?: readonly string[]): Promise<string>;
  call<Method extends DescMethodUnary>(
    method: Method,
    request: MessageInitShape<Method['input']>,
    incoming?: Partial<Incoming>,
  ): Promise<Answered>;
  close(): Promise<void>;
}

/** Nothing is refused for coming too fast, where a spec is about something else. */
export const unlimited: RateLimits = {
  address: { perSecond: 1e6, burst: 1e6 },
  login: { perSecond: 1e6, burst: 1e6 },
  call: { perSecond: 1e6, burst: 1e6 },
  guess: { perSecond: 1e6, burst: 1e6 },
  hash: { perSecond: 1e6, burst: 1e6 },
};

export const incomingWith = (more: Partial<Incoming>): Incoming => ({
  requestId: 'request-1',
  traceId: null,
  traceParent: null,
  authorization: null,
  organization: null,
  idempotencyKey: null,
  position: null,
  code: null,
  recoveryCode: null,
  address: '192.0.2.1',
  tally: new Tally({ isAlwaysTold: false }),
  signal: new AbortController().signal,
  ...more,
});

interface Given {
  readonly house?: Parameters<typeof openHouse>[0];
  readonly limits?: Partial<RateLimits>;
}

export async function openDesk({ house: given = {}, limits = unlimited }: Given = {}): Promise<Desk> {
  const house = await openInhabited(given);
  await inhabit(house);
  const desk: Noted & Pick<Desk, 'failures'> = { failures: [], calls: [], instead: null };
  const served = pipelineOf({
    application: house.application,
    services: [UserService, OrganizationService, OrganizationSettingsService],
    implemented: madeUpCalls(house, desk),
    limits: { ...defaultRateLimits, ...limits },
    onFailure: (error) => desk.failures.push(error),
  });
  return Object.assign(desk, {
    house,
    served,
    tokenOf: (person: Person, scopes: readonly string[] = ['all']) => tokenOf(house, person, scopes),
    call: <Method extends DescMethodUnary>(
      method: Method,
      request: MessageInitShape<Method['input']>,
      incoming: Partial<Incoming> = {},
    ) =>
      served.invoke(method, readAs(create<Method['input']>(method.input, request)), incomingWith(incoming)),
    close: () => house.close(),
  });
}

export const organizationOf = (person: Person): OrganizationId =>
  ['stranger', 'strangersOwner', 'root'].includes(person) ? otherId : organizationId;

async function inhabit(house: House): Promise<void> {
  const { nobody: _, ...present } = people;
  for (const person of Object.keys(present) as Person[])
    await answerOf(
      house,
      human(idOf(person), `${person}@example.com`, { organizationId: organizationOf(person) }),
    );
  const roleIn = (organization: OrganizationId, person: Person, role: string) =>
    answerOf(
      house,
      new AddOrganizationMember({ organizationId: organization, userId: idOf(person), roles: [role], by }),
    );
  await roleIn(organizationId, 'reader', 'ORG_USER_READER');
  await roleIn(organizationId, 'owner', 'ORG_OWNER');
  await roleIn(otherId, 'strangersOwner', 'ORG_OWNER');
  await answerOf(house, new SetUpInstance({ instanceId: 'instance', by }));
  await answerOf(house, new AddInstanceMember({ userId: idOf('root'), roles: ['INSTANCE_OWNER'], by }));
  await answerOf(house, new RemoveUser({ organizationId, userId: idOf('removed'), by }));
}

async function tokenOf(house: House, person: Person, scopes: readonly string[]): Promise<string> {
  const userId = idOf(person);
  const whose = { organizationId: organizationOf(person), userId };
  const added = await answerOf(house, new AddAccessToken({ ...whose, name: 'Spec', scopes, by }));
  return `Bearer ${added.token}`;
}
