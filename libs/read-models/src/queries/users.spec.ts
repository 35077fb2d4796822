import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { RemoveAccessToken } from '#application/access-token/remove-access-token.js';
import { SetUserMetadata } from '#application/metadata/set-user-metadata.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId, startOfTime } from '#application/testing/house.js';
import { ada, bob, human, machine, nobody, otherId, printer } from '#application/testing/people.js';
import { ChangePhone } from '#application/user/change-phone.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import {
  listAuthenticationFactors,
  listAuthenticationMethods,
  listFactors,
  recoveryCodesLeft,
} from '#read-models/queries/factors.js';
import type { Sources } from '#read-models/queries/queries.js';
import { getUser, listAccessTokens, listUserMetadata } from '#read-models/queries/users.js';
import { answered, notFound } from '#read-models/testing/answers.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';
import { seal } from '#read-models/testing/registry.js';
import { write } from '#read-models/testing/written.js';

const brought = 'Zoë from payroll' as UserId;
const addedAt = startOfTime + 1_000;
const sealedText = seal('nobody opens it');
const profile = {
  givenName: 'Ada',
  familyName: 'Lovelace',
  nickName: 'Countess',
  displayName: 'The Countess',
  preferredLanguage: 'en-GB',
  gender: 'female',
} as const;

let asked: ProjectedHouse;
beforeAll(async () => {
  asked = await openProjected();
  const { house } = asked;
  const verified = { emailVerification: 'verified' } as const;
  const chosen = { profile: new HumanProfileFields(profile), phone: '+44 20', ...verified };
  await answerOf(house, human(ada, 'ada', chosen));
  await answerOf(house, machine(printer, 'printer'));
  await answerOf(house, human(brought, 'zoe@example.com', { emailVerification: 'verified' }));
  house.clock.now += 1_000;
});
afterAll(() => asked.close());

const user = (userId: UserId, withMetadata = false, of: OrganizationId = organizationId) =>
  asked.ask((sources) => getUser(of, { userId, withMetadata }, sources));

describe('a user', () => {
  it('is answered with everything that is known of a person', async () => {
    await answerOf(asked.house, new LockUser({ organizationId, userId: ada, by }));
    expect(await user(ada)).toEqual({
      kind: 'accepted',
      answer: {
        kind: 'human',
        userId: ada,
        organizationId,
        state: 'locked',
        username: 'ada',
        loginNames: ['ada', 'ada@example.com'],
        preferredLoginName: 'ada',
        createdAt: addedAt,
        details: { sequence: 2, changeDate: asked.house.clock.now, resourceOwner: organizationId },
        metadata: null,
        profile,
        email: { address: 'ada@example.com', isVerified: true },
        phone: '+44 20',
        password: null,
      },
    });
  });

  it('is answered with everything that is known of a machine', async () => {
    expect(await user(printer)).toEqual({
      kind: 'accepted',
      answer: {
        kind: 'machine',
        userId: printer,
        organizationId,
        state: 'active',
        username: 'printer',
        loginNames: ['printer'],
        preferredLoginName: 'printer',
        createdAt: addedAt,
        details: { sequence: 1, changeDate: addedAt, resourceOwner: organizationId },
        metadata: null,
        profile: { name: 'printer', description: null },
      },
    });
  });

  it('has a password from when it was last set, which may have to be changed', async () => {
    const { house } = asked;
    const stream = house.application.userStream(brought);
    const hash = sealedText;
    const set = { type: 'user.human.password.changed', hash, changeRequired: true, how: 'set' } as const;
    const createdAt = house.clock.now;
    await write(house, stream, { events: [set] });
    expect(await answered(user(brought))).toMatchObject({
      password: { changedAt: createdAt, isChangeRequired: true },
    });
    house.clock.now += 1_000;
    const checked = { type: 'user.human.password.check.succeeded' } as const;
    await write(house, stream, { events: [checked, { type: 'user.human.password.hash.updated', hash }] });
    expect(await answered(user(brought))).toMatchObject({ password: { changedAt: createdAt } });
    await write(house, stream, { events: [{ ...set, changeRequired: false, how: 'changed' }] });
    expect(await answered(user(brought))).toMatchObject({
      password: { changedAt: createdAt + 1_000, isChangeRequired: false },
    });
  });

  it('is known by an id that was brought along, and by one login name that is an address', async () => {
    expect(await answered(user(brought))).toMatchObject({
      userId: brought,
      loginNames: ['zoe@example.com'],
      profile: { displayName: 'Ada L' },
    });
  });

  it('is answered as the last change left it', async () => {
    const phones = Array.from({ length: 20 }, async (_, index) => {
      const phone = `+44 20 ${index}`;
      await answerOf(asked.house, new ChangePhone({ organizationId, userId: brought, phone, by }));
      return answered(user(brought));
    });
    await Promise.all(phones);
    const phone = '+44 20 19';
    await answerOf(asked.house, new ChangePhone({ organizationId, userId: brought, phone, by }));
    expect(await answered(user(brought))).toMatchObject({ phone });
  });

  it('has metadata, in the order in which the keys were set, for who asks', async () => {
    const metadata = ['b', 'a'].map((key) => ({ key, value: Buffer.from(`of ${key}`) }));
    await answerOf(asked.house, new SetUserMetadata({ organizationId, userId: printer, metadata, by }));
    const at = asked.house.clock.now;
    const expected = metadata.map((entry) => ({ ...entry, createdAt: at, changedAt: at }));
    expect(await answered(user(printer, true))).toMatchObject({ metadata: expected });
    expect(await answered(user(printer))).toMatchObject({ metadata: null });
    expect(
      await answered(asked.ask((sources) => listUserMetadata(organizationId, printer, sources))),
    ).toEqual(expected);
  });

  it('has metadata that was first set when its key was, and changed when its value was', async () => {
    const set = (key: string, value: string) =>
      answerOf(
        asked.house,
        new SetUserMetadata({
          organizationId,
          userId: brought,
          metadata: [{ key, value: Buffer.from(value) }],
          by,
        }),
      );
    const createdAt = asked.house.clock.now;
    await set('first', 'one');
    await set('second', 'two');
    asked.house.clock.now += 1_000;
    await set('first', 'another');
    expect(
      await answered(asked.ask((sources) => listUserMetadata(organizationId, brought, sources))),
    ).toEqual([
      { key: 'first', value: Buffer.from('another'), createdAt, changedAt: createdAt + 1_000 },
      { key: 'second', value: Buffer.from('two'), createdAt, changedAt: createdAt },
    ]);
  });

  it('has the access tokens that were not removed, the expired ones too', async () => {
    const add = (name: string, expiresAt: number | null) =>
      answerOf(
        asked.house,
        new AddAccessToken({ organizationId, userId: printer, name, scopes: ['users.read'], expiresAt, by }),
      );
    const { now } = asked.house.clock;
    const short = await add('for a second', now + 1_000);
    const gone = await add('to be removed', null);
    const long = await add('for ever', null);
    const { tokenId } = gone;
    await answerOf(asked.house, new RemoveAccessToken({ organizationId, userId: printer, tokenId, by }));
    asked.house.clock.now += 2_000;
    const token = { scopes: ['users.read'], createdAt: now };
    expect(
      await answered(asked.ask((sources) => listAccessTokens(organizationId, printer, sources))),
    ).toEqual([
      { ...token, tokenId: short.tokenId, name: 'for a second', expiresAt: now + 1_000 },
      { ...token, tokenId: long.tokenId, name: 'for ever', expiresAt: null },
    ]);
  });
});

type Query = (organizationId: OrganizationId, userId: UserId, sources: Sources) => Promise<unknown>;
const queries: [string, Query][] = [
  ['user', (of, userId, sources) => getUser(of, { userId, withMetadata: true }, sources)],
  ['user metadata', (of, userId, sources) => listUserMetadata(of, userId, sources)],
  ['access tokens', (of, userId, sources) => listAccessTokens(of, userId, sources)],
  ['authentication methods', (of, userId, sources) => listAuthenticationMethods(of, userId, sources)],
  [
    'authentication factors',
    (of, userId, sources) => listAuthenticationFactors(of, { userId, states: [] }, sources),
  ],
  ['factors', (of, userId, sources) => listFactors(of, userId, sources)],
  ['recovery codes', (of, userId, sources) => recoveryCodesLeft(of, userId, sources)],
];

describe.each(queries)('whoever asks for the %s', (_, asking) => {
  const query = (of: OrganizationId, userId: UserId) => asked.ask((sources) => asking(of, userId, sources));
  let someone: UserId;
  const leaving = '0198f3a2-0000-7000-8000-000000000009' as OrganizationId;
  let people = 0;
  beforeAll(async () => {
    someone = `somebody-${queries.findIndex(([, one]) => one === asking)}` as UserId;
    await answerOf(asked.house, human(someone, someone));
  });
  const another = async (of: OrganizationId = organizationId) => {
    people += 1;
    const userId = `${someone}-${people}` as UserId;
    await answerOf(asked.house, human(userId, userId, { organizationId: of }));
    expect(await query(of, userId)).toMatchObject({ kind: 'accepted' });
    return userId;
  };

  it('is answered for a user who is there', async () => {
    expect(await query(organizationId, someone)).toMatchObject({ kind: 'accepted' });
  });

  it('finds nobody who is not there, and nobody of another organization', async () => {
    expect(await query(organizationId, nobody)).toEqual(notFound('user'));
    expect(await query(otherId, someone)).toEqual(notFound('user'));
    expect(await query('nowhere' as OrganizationId, someone)).toEqual(notFound('user'));
  });

  it('finds nobody who was removed or erased, or whose key was gone before there was a row', async () => {
    const [removed, erased] = [await another(), await another()];
    await answerOf(asked.house, new RemoveUser({ organizationId, userId: removed, by }));
    await answerOf(asked.house, new EraseUser({ organizationId, userId: erased, by }));
    const keyless = `${someone} without a key` as UserId;
    await answerOf(asked.house, human(keyless, `${someone}-keyless`));
    const { application } = asked.house;
    await application.parts.secrets.keys.erase(application.userStream(keyless));
    for (const gone of [removed, erased, keyless])
      expect(await query(organizationId, gone)).toEqual(notFound('user'));
  });

  it('finds nobody of an organization that was removed', async () => {
    const of = `${leaving} ${someone}` as OrganizationId;
    await answerOf(asked.house, new AddOrganization({ organizationId: of, name: 'Leaving', by }));
    const left = await another(of);
    await answerOf(asked.house, new RemoveOrganization({ organizationId: of, by }));
    expect(await query(of, left)).toEqual(notFound('user'));
  });
});

it('whoever was added under a name that is free again is somebody else', async () => {
  const { house } = asked;
  await answerOf(house, human(bob, 'bob'));
  await answerOf(house, new RemoveUser({ organizationId, userId: bob, by }));
  const next = await answerOf(house, human('next bob' as UserId, 'bob'));
  expect(await user(bob)).toEqual(notFound('user'));
  expect(await answered(user(next.userId))).toMatchObject({ username: 'bob' });
});
