import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { organizationId } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import { AccessTokenType, Gender, UserState } from '#contract/zitadel/user/v2/user_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { people } from '#transport/testing/desk.js';
import { openZitadelDesk, type ZitadelDesk } from '#transport/testing/zitadel-desk.js';

const rpc = UserService.method;
const denied = '7 permission-denied AUTH-AWfge';
const profile = { givenName: 'Grace', familyName: 'Hopper' };

let desk: ZitadelDesk;
beforeAll(async () => {
  desk = await openZitadelDesk();
});
afterAll(() => desk.close());

let count = 0;
const address = () => {
  count += 1;
  return `grace-${count}@example.com`;
};
const human = (more: object = {}) => ({
  userType: { case: 'human' as const, value: { profile, email: { email: address() }, ...more } },
});
const add = async (more: object = {}) => (await desk.ask('owner', rpc.createUser, human(more) as never)).id;
const machineNamed = (name: string) => ({ userType: { case: 'machine' as const, value: { name } } });
const get = async (userId: string) => (await desk.ask('owner', rpc.getUserByID, { userId })).user;

describe('a new person', () => {
  it('has everything that was said of it', async () => {
    const email = address();
    const { id, creationDate, emailCode } = await desk.ask('owner', rpc.createUser, {
      organizationId,
      userId: 'my own id',
      username: 'hopper',
      metadata: [{ key: 'plan', value: Buffer.from('gold') }],
      userType: {
        case: 'human',
        value: {
          profile: {
            ...profile,
            nickName: 'Amazing',
            displayName: 'Rear Admiral',
            preferredLanguage: 'en',
            gender: Gender.FEMALE,
          },
          email: { email, verification: { case: 'isVerified', value: true } },
          phone: { phone: '+1 555 0100' },
          metadata: [{ key: 'shoe', value: Buffer.from('42') }],
        },
      },
    });
    expect(id).toBe('my own id');
    expect(emailCode).toBeUndefined();
    const { details, user } = await desk.ask('owner', rpc.getUserByID, { userId: id });
    expect(details).toEqual(user?.details);
    expect(details).toMatchObject({ resourceOwner: organizationId, creationDate });
    const names = {
      userId: id,
      state: UserState.ACTIVE,
      username: 'hopper',
      loginNames: ['hopper', email],
      preferredLoginName: 'hopper',
    };
    expect(user).toMatchObject({
      ...names,
      type: {
        case: 'human',
        value: {
          ...names,
          profile: { nickName: 'Amazing', displayName: 'Rear Admiral', preferredLanguage: 'en', gender: 1 },
          email: { email, isVerified: true },
          phone: { phone: '+1 555 0100', isVerified: false },
        },
      },
    });
    const { metadata } = await desk.ask('owner', rpc.listUserMetadata, {
      userId: id,
      pagination: { asc: true },
    });
    expect(metadata.map(({ key, value }) => [key, Buffer.from(value).toString()])).toEqual([
      ['plan', 'gold'],
      ['shoe', '42'],
    ]);
  });

  it('has its address for a name, and both names for the name that is shown', async () => {
    const userId = await add({ profile: { ...profile, nickName: '', displayName: '' } });
    const user = await get(userId);
    expect(user?.username).toMatch(/^grace-\d+@example.com$/);
    expect(user?.type.value).toMatchObject({ profile: { displayName: 'Grace Hopper' } });
  });

  it('proves its address by the code that was returned, which may be asked for again', async () => {
    const returned = { case: 'returnCode' as const, value: {} };
    const { id: userId, emailCode } = await desk.ask('owner', rpc.createUser, {
      userType: { case: 'human', value: { profile, email: { email: address(), verification: returned } } },
    });
    expect(emailCode).toBeTruthy();
    const again = await desk.ask('owner', rpc.resendEmailCode, { userId, verification: returned });
    const verify = (verificationCode: string) =>
      desk.said('owner', rpc.verifyEmail, { userId, verificationCode });
    expect(await verify(emailCode as string)).toBe('3 email-code-wrong CSIGN-email-code-wrong');
    expect(await verify(again.verificationCode as string)).toBe('answered');
    expect((await get(userId))?.type.value).toMatchObject({ email: { isVerified: true } });
    expect(await desk.said('owner', rpc.sendEmailCode, { userId, verification: returned })).toBe(
      '9 email-already-verified CSIGN-email-already-verified',
    );
  });

  it.each([
    ['nothing is said of it', undefined],
    ['it is said not to be', { case: 'isVerified' as const, value: false }],
  ])('has an address that is not verified where %s', async (_, verification) => {
    const userId = await add({ email: { email: address(), verification } });
    expect((await get(userId))?.type.value).toMatchObject({ email: { isVerified: false } });
  });

  it('that was enrolled elsewhere is ready at once', async () => {
    const userId = await add({ totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' });
    const { authMethodTypes } = await desk.ask('owner', rpc.listAuthenticationMethodTypes, { userId });
    expect(authMethodTypes).toEqual([4]);
  });

  it('is told by its fields what is not built, all at once', async () => {
    const request = human({
      email: { email: address(), verification: { case: 'sendCode', value: {} } },
      phone: { phone: '1', verification: { case: 'returnCode', value: {} } },
      idpLinks: [{ idpId: '1' }],
    });
    expect(await desk.fields('owner', rpc.createUser, request as never)).toEqual([
      'human.idp_links',
      'human.email.send_code',
      'human.phone.return_code',
    ]);
  });

  it('is told what is wrong by the names of the request', async () => {
    const request = human({
      profile: { givenName: '', familyName: 'x'.repeat(201) },
      email: { email: 'nowhere' },
      phone: { phone: '' },
      totpSecret: '',
      metadata: [{ key: '', value: Buffer.from('1') }],
    });
    expect(await desk.fields('owner', rpc.createUser, request as never)).toEqual([
      'human.profile.given_name',
      'human.profile.family_name',
      'human.email.email',
      'human.phone.phone',
      'human.totp_secret',
      'metadata',
    ]);
    expect(await desk.fields('owner', rpc.createUser, {})).toEqual(['user_type']);
  });

  it('has an id and a name that nobody has', async () => {
    expect(await desk.said('owner', rpc.createUser, { ...human(), userId: people.ada })).toBe(
      '9 user-already-exists COMMAND-7yiox1isql',
    );
    expect(await desk.said('owner', rpc.createUser, { ...human(), username: 'ada@example.com' })).toBe(
      '6 login-name-taken V3-DKcYh',
    );
  });

  it('is added by who may, where it may', async () => {
    expect(await desk.said('reader', rpc.createUser, human())).toBe(denied);
    expect(await desk.said('owner', rpc.createUser, { ...human(), organizationId: otherId })).toBe(
      '5 organization-not-found CSIGN-organization-not-found',
    );
    expect(await desk.said('root', rpc.createUser, { ...human(), organizationId })).toBe('answered');
  });

  it('is added by the elder call too', async () => {
    const email = { email: address(), verification: { case: 'returnCode' as const, value: {} } };
    const organization = { org: { case: 'orgId' as const, value: organizationId } };
    const added = await desk.ask('root', rpc.addHumanUser, { organization, profile, email });
    expect(added.emailCode).toBeTruthy();
    expect(added.details).toMatchObject({ resourceOwner: organizationId });
    expect(added.details?.creationDate).toEqual(added.details?.changeDate);
    const wrong = {
      organization: { org: { case: 'orgDomain' as const, value: 'example.com' } },
      profile: { givenName: '' },
    };
    expect(await desk.fields('owner', rpc.addHumanUser, wrong)).toEqual(['organization.org_domain']);
    expect(await desk.fields('owner', rpc.addHumanUser, { organization: {} })).toEqual([
      'organization.org_id',
    ]);
    expect(await desk.fields('owner', rpc.addHumanUser, { profile, email: { email: '' } })).toEqual([
      'email.email',
    ]);
  });
});

describe('a machine', () => {
  it('has a name, a description, and opaque tokens', async () => {
    const value = { name: 'Printer', description: 'Prints' };
    const { id } = await desk.ask('owner', rpc.createUser, { userType: { case: 'machine', value } });
    expect(await get(id)).toMatchObject({ username: id, type: { case: 'machine', value } });
    const wanted = { name: 'Printer', accessTokenType: AccessTokenType.JWT };
    const request = { userType: { case: 'machine' as const, value: wanted } };
    expect(await desk.fields('owner', rpc.createUser, request)).toEqual(['machine.access_token_type']);
    expect(await desk.fields('owner', rpc.createUser, machineNamed(''))).toEqual(['machine.name']);
  });

  it('changes in name and description', async () => {
    const { id: userId } = await desk.ask('owner', rpc.createUser, machineNamed('Printer'));
    await desk.ask('owner', rpc.updateUser, {
      userId,
      username: `printer-${userId}`,
      userType: { case: 'machine', value: { description: 'Prints' } },
    });
    expect(await get(userId)).toMatchObject({
      username: `printer-${userId}`,
      type: { value: { name: 'Printer', description: 'Prints' } },
    });
    const wrong = { userId, userType: { case: 'human' as const, value: {} } };
    expect(await desk.said('owner', rpc.updateUser, wrong)).toBe('9 user-not-human CSIGN-user-not-human');
  });
});

describe('a change of a user', () => {
  it('is of all that is given, in one append', async () => {
    const userId = await add({ phone: { phone: '+1' } });
    const before = (await desk.ask('owner', rpc.getUserByID, { userId })).details?.sequence ?? 0n;
    const email = address();
    const { changeDate } = await desk.ask('owner', rpc.updateUser, {
      userId,
      username: `new-${userId}`,
      metadata: [{ key: 'plan', value: Buffer.from('gold') }],
      userType: {
        case: 'human',
        value: {
          profile: { familyName: 'Murray', gender: Gender.DIVERSE },
          email: { email, verification: { case: 'isVerified', value: true } },
          phone: { phone: '' },
        },
      },
    });
    const { details, user } = await desk.ask('owner', rpc.getUserByID, { userId });
    expect(details?.changeDate).toEqual(changeDate);
    expect(details?.sequence).toBeGreaterThan(before);
    expect(user).toMatchObject({
      username: `new-${userId}`,
      type: {
        value: {
          profile: { givenName: 'Grace', familyName: 'Murray', gender: Gender.DIVERSE },
          email: { email, isVerified: true },
        },
      },
    });
    expect(user?.type.value).not.toHaveProperty('phone.phone');
    expect((await desk.ask('owner', rpc.listUserMetadata, { userId })).metadata).toHaveLength(1);
  });

  it('is of nothing where a part of it is refused', async () => {
    const userId = await add();
    const before = await get(userId);
    const taken = {
      userId,
      username: 'ada@example.com',
      metadata: [{ key: 'plan', value: Buffer.from('gold') }],
      userType: { case: 'human' as const, value: { profile: { familyName: 'Murray' } } },
    };
    expect(await desk.said('owner', rpc.updateUser, taken)).toBe('6 login-name-taken V3-DKcYh');
    expect(await get(userId)).toEqual(before);
  });

  it('is of nothing where there would be too much metadata', async () => {
    const userId = await add();
    const entries = (from: string) =>
      Array.from({ length: 30 }, (_, index) => ({ key: `${from}${index}`, value: Buffer.from('1') }));
    await desk.ask('owner', rpc.updateUser, { userId, metadata: entries('a') });
    const before = await get(userId);
    const request = { userId, username: `new-${userId}`, metadata: entries('b') };
    expect(await desk.said('owner', rpc.updateUser, request)).toBe('9 metadata-max CSIGN-metadata-max');
    expect(await get(userId)).toEqual(before);
    const { id: machine } = await desk.ask('owner', rpc.createUser, machineNamed('Printer'));
    await desk.ask('owner', rpc.updateUser, { userId: machine, metadata: entries('a') });
    const { pagination } = await desk.ask('owner', rpc.listUserMetadata, { userId: machine });
    expect(pagination?.totalResult).toBe(30n);
  });

  it('of nothing changes nothing', async () => {
    const userId = await add();
    const before = await get(userId);
    const { changeDate } = await desk.ask('owner', rpc.updateUser, { userId });
    expect(changeDate).toEqual(before?.details?.changeDate);
    expect(await get(userId)).toEqual(before);
  });

  it('is told by its fields what is not built, and what is wrong', async () => {
    const userId = await add();
    const fields = (value: object) =>
      desk.fields('owner', rpc.updateUser, { userId, userType: { case: 'human', value } } as never);
    expect(await fields({ password: {} })).toEqual(['human.password.password']);
    expect(await fields({ profile: { gender: 9 } })).toEqual(['human.profile.gender']);
    expect(await fields({ profile: { givenName: '' }, email: { email: 'nowhere' } })).toEqual([
      'human.profile.given_name',
      'human.email.email',
    ]);
  });

  it('by oneself is of what one is called, and of nothing that others go by', async () => {
    const userId = people.ada;
    const self = (request: object) => desk.said('ada', rpc.updateUser, { userId, ...request } as never);
    const ofHuman = (value: object) => self({ userType: { case: 'human', value } });
    expect(await ofHuman({ profile: { nickName: 'Countess' } })).toBe('answered');
    expect(await ofHuman({ phone: { phone: '+44' } })).toBe('answered');
    const verified = { case: 'isVerified', value: true };
    expect(await ofHuman({ email: { email: address(), verification: verified } })).toBe(denied);
    expect(await ofHuman({ email: { email: address() } })).toBe(denied);
    expect(await self({ username: 'root' })).toBe(denied);
    expect(await self({ metadata: [{ key: 'plan', value: Buffer.from('gold') }] })).toBe(denied);
    expect(await desk.said('owner', rpc.updateUser, { userId: people.owner, username: 'boss' })).toBe(
      'answered',
    );
  });
});

describe('an address', () => {
  it('is changed and said to be verified by who administers users, not by its owner', async () => {
    const verified = { case: 'isVerified' as const, value: true };
    const request = { userId: people.ada, email: address(), verification: verified };
    expect(await desk.said('ada', rpc.setEmail, request)).toBe(denied);
    expect(await desk.said('ada', rpc.sendEmailCode, { userId: people.ada })).toBe(denied);
    expect(await desk.said('owner', rpc.setEmail, request)).toBe('answered');
    expect((await get(people.ada))?.type.value).toMatchObject({ email: { isVerified: true } });
  });

  it('is proved by its owner, with a code that is returned to the administrator', async () => {
    const returned = { case: 'returnCode' as const, value: {} };
    const request = { userId: people.ada, email: address(), verification: returned };
    const { verificationCode = '' } = await desk.ask('owner', rpc.setEmail, request);
    expect(await desk.said('ada', rpc.verifyEmail, { userId: people.ada, verificationCode })).toBe(
      'answered',
    );
  });

  it('gets no code sent to it, and says so', async () => {
    const verification = { case: 'sendCode' as const, value: {} };
    const request = { userId: people.ada, email: address(), verification };
    expect(await desk.fields('owner', rpc.setEmail, request)).toEqual(['send_code']);
    expect(await desk.fields('owner', rpc.resendEmailCode, { userId: people.ada, verification })).toEqual([
      'send_code',
    ]);
    expect(await desk.fields('owner', rpc.sendEmailCode, { userId: people.ada })).toEqual(['return_code']);
    const wrong = { userId: people.ada, verificationCode: '' };
    expect(await desk.fields('owner', rpc.verifyEmail, wrong)).toEqual(['verification_code']);
  });
});

describe('the life of a user', () => {
  it('goes by its states, each of which refuses what makes no sense in it', async () => {
    const userId = await add();
    const said = (name: 'deactivateUser' | 'reactivateUser' | 'lockUser' | 'unlockUser' | 'deleteUser') =>
      desk.said('owner', rpc[name], { userId });
    const state = async () => (await get(userId))?.state;
    expect(await said('reactivateUser')).toBe('9 user-not-inactive COMMAND-s5qqcz97hf');
    expect(await said('unlockUser')).toBe('9 user-not-locked COMMAND-olb9vb0oca');
    expect(await said('deactivateUser')).toBe('answered');
    expect(await state()).toBe(UserState.INACTIVE);
    expect(await said('deactivateUser')).toBe('9 user-already-inactive COMMAND-5gunjw0cd7');
    expect(await said('lockUser')).toBe('9 user-inactive COMMAND-lgws8wtsqf');
    expect(await said('reactivateUser')).toBe('answered');
    expect(await said('lockUser')).toBe('answered');
    expect(await state()).toBe(UserState.LOCKED);
    expect(await said('lockUser')).toBe('9 user-already-locked COMMAND-lgws8wtsqf');
    expect(await said('unlockUser')).toBe('answered');
    expect(await said('deleteUser')).toBe('answered');
    expect(await said('deleteUser')).toBe('5 user-not-found COMMAND-bd4ir1mblj');
    expect(await said('lockUser')).toBe('5 user-not-found COMMAND-450yxuqrh1');
    expect(await desk.said('owner', rpc.getUserByID, { userId })).toBe('5 user-not-found QUERY-Dfbg2');
  });

  it.each(['deactivateUser', 'lockUser', 'deleteUser', 'setUserMetadata', 'deleteUserMetadata'] as const)(
    'is not for oneself to decide: %s',
    async (name) => {
      expect(await desk.said('ada', rpc[name], { userId: people.ada })).toBe(denied);
    },
  );

  it('answers each change with its number, time and organization', async () => {
    const userId = await add();
    const { details } = await desk.ask('owner', rpc.lockUser, { userId });
    expect(details).toMatchObject({ sequence: 2n, resourceOwner: organizationId });
    expect(timestampMs(details?.changeDate ?? timestampFromMs(0))).toBe(desk.house.clock.now);
  });
});
