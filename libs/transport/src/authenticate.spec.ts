import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { RemoveAccessToken } from '#application/access-token/remove-access-token.js';
import { answerOf } from '#application/testing/attempt.js';
import { type HeldLog, heldLog } from '#application/testing/held-log.js';
import { by, organizationId } from '#application/testing/house.js';
import { human } from '#application/testing/people.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import type { UserId } from '#domain/ids.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { newAccessToken } from '#secrets/access-tokens.js';
import { type Desk, idOf, openDesk } from '#transport/testing/desk.js';

const { listOrganizations } = OrganizationService.method;
const wrongTokens = [
  'missing',
  'empty',
  'of another scheme',
  'malformed',
  'of an unknown user',
  'of a user whose token it is not',
  'wrong',
  'expired',
  'removed',
  'of a locked user',
  'of an inactive user',
  'of a removed user',
] as const;

let log: HeldLog;
let desk: Desk;
let tokens: Record<(typeof wrongTokens)[number], string | null>;
beforeAll(async () => {
  log = heldLog(new InMemoryEventLog());
  desk = await openDesk({ house: { log } });
  tokens = await wrongTokensAt(desk);
});
afterAll(() => desk.close());

const call = (authorization: string | null) => desk.call(listOrganizations, {}, { authorization });

describe('an access token', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('says who calls, after %s', async (scheme) => {
    const authorization = (await desk.tokenOf('ada')).replace('Bearer', scheme);
    expect(await call(authorization)).toMatchObject({ kind: 'answered' });
    expect(desk.calls.at(-1)).toMatchObject({
      principal: { userId: idOf('ada'), organizationId, scopes: ['all'] },
      by: { editor: idOf('ada'), callId: 'request-1', traceId: null },
    });
  });

  it('says by the stream who calls, where the user brought its own id', async () => {
    await call(await desk.tokenOf('grace'));
    const stream = desk.house.application.userStream(idOf('grace'));
    expect(desk.calls.at(-1)).toMatchObject({
      principal: { userId: null, userStream: stream },
      by: { editor: stream.slice('user-'.length) },
    });
  });

  it.each(wrongTokens)('that is %s is answered as all others that do not count', async (wrong) => {
    const refused = await call(tokens[wrong]);
    expect(refused).toEqual(await call(null));
    expect(refused).toMatchObject({
      status: { code: 16, message: 'No valid access token came along (AUTH-7fs1e)' },
      headers: { 'x-request-id': 'request-1' },
    });
  });

  it.each([
    'of an unknown user',
    'of a user whose token it is not',
    'wrong',
    'expired',
    'removed',
    'of a locked user',
    'of a removed user',
  ] as const)('that is %s costs one read of the log, at hand or not', async (wrong) => {
    await call(tokens[wrong]);
    log.reads.length = 0;
    await call(tokens[wrong]);
    expect(log.reads).toHaveLength(1);
  });

  it.each(['missing', 'empty', 'of another scheme', 'malformed'] as const)(
    'that is %s costs nothing',
    async (wrong) => {
      log.reads.length = 0;
      await call(tokens[wrong]);
      expect(log.reads).toEqual([]);
    },
  );

  it('that is right costs no read, with its user at hand', async () => {
    const authorization = await desk.tokenOf('ada');
    await call(authorization);
    log.reads.length = 0;
    expect(await call(authorization)).toMatchObject({ kind: 'answered' });
    expect(log.reads).toEqual([]);
  });

  it('counts no more at once, in every process, when it is removed in one', async () => {
    const shared = new InMemoryEventLog();
    const here = await openDesk({ house: { log: shared, soleWriter: false } });
    const token = await answerOf(here.house, tokenFor(idOf('ada')));
    const authorization = `Bearer ${token.token}`;
    expect(await here.call(listOrganizations, {}, { authorization })).toMatchObject({ kind: 'answered' });
    const elsewhere = await here.house.another();
    await answerOf(
      elsewhere,
      new RemoveAccessToken({ organizationId, userId: idOf('ada'), tokenId: token.tokenId, by }),
    );
    expect(await here.call(listOrganizations, {}, { authorization })).toMatchObject({ status: { code: 16 } });
    await elsewhere.close();
    await here.close();
  });
});

const tokenFor = (userId: UserId, expiresAt: number | null = null) =>
  new AddAccessToken({ organizationId, userId, name: 'Spec', scopes: ['all'], expiresAt, by });

async function wrongTokensAt({ house, tokenOf }: Desk): Promise<typeof tokens> {
  const tokenId = house.parts.secrets.newId();
  const madeUp = (userStream: string, id: string) =>
    `Bearer ${newAccessToken({ userStream, tokenId: id }).text}`;
  const added = async (userId: UserId, expiresAt: number | null = null) => {
    const { token, tokenId: id } = await answerOf(house, tokenFor(userId, expiresAt));
    return { authorization: `Bearer ${token}`, tokenId: id };
  };
  const userOf = async (name: string) => {
    const userId = house.parts.secrets.newId() as UserId;
    await answerOf(house, human(userId, `${name}@example.com`));
    return { userId, ...(await added(userId)) };
  };
  const [locked, inactive, removed] = [
    await userOf('locked'),
    await userOf('inactive'),
    await userOf('gone'),
  ];
  await answerOf(house, new LockUser({ organizationId, userId: locked.userId, by }));
  await answerOf(house, new DeactivateUser({ organizationId, userId: inactive.userId, by }));
  await answerOf(house, new RemoveUser({ organizationId, userId: removed.userId, by }));
  const expired = await added(idOf('reader'), house.clock.now + 1);
  const taken = await added(idOf('reader'));
  await answerOf(
    house,
    new RemoveAccessToken({ organizationId, userId: idOf('reader'), tokenId: taken.tokenId, by }),
  );
  const kept = await added(idOf('reader'));
  house.clock.now += 1;
  return {
    missing: null,
    empty: '',
    'of another scheme': (await tokenOf('ada')).replace('Bearer', 'Digest'),
    malformed: 'Bearer cs_nothing',
    'of an unknown user': madeUp(idOf('nobody'), tokenId),
    'of a user whose token it is not': madeUp(idOf('reader'), tokenId),
    wrong: madeUp(idOf('reader'), kept.tokenId),
    expired: expired.authorization,
    removed: taken.authorization,
    'of a locked user': locked.authorization,
    'of an inactive user': inactive.authorization,
    'of a removed user': removed.authorization,
  };
}
