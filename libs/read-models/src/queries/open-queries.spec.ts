import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { SetUserMetadata } from '#application/metadata/set-user-metadata.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { answerOf } from '#application/testing/attempt.js';
import { addDevice, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada, bob, human, nobody, otherId, printer } from '#application/testing/people.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { EraseUser } from '#application/user/erase-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { users } from '#read-models/models/users.js';
import { type Asking, openQueries } from '#read-models/queries/open-queries.js';
import { answered, notFound } from '#read-models/testing/answers.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';

const asking: Asking = { position: null, signal: new AbortController().signal };

let asked: ProjectedHouse;
beforeAll(async () => {
  asked = await openProjected();
});
afterAll(() => asked.close());

/** Somebody with a row in every table. */
async function settle(house: House, userId: UserId, of: OrganizationId = organizationId): Promise<void> {
  await answerOf(house, human(userId, userId, { organizationId: of }));
  const address = { organizationId: of, userId, by };
  const metadata = [{ key: 'team', value: Buffer.from('engine') }];
  await answerOf(house, new SetUserMetadata({ ...address, metadata }));
  await answerOf(house, new AddAccessToken({ ...address, name: 'a token', scopes: ['users.read'] }));
  await answerOf(house, new GenerateRecoveryCodes(address));
}

async function guessWrong(house: House, userId: UserId): Promise<void> {
  const device = await addDevice(house, userId);
  await house.run(new VerifyTotp({ organizationId, userId, code: wrongCodeOf(house, device), by }));
}

/** Which tables hold rows of this stream. */
async function tablesWith(stream: string): Promise<readonly string[]> {
  const tables = Object.keys(users.tables);
  const rows = await Promise.all(tables.map((table) => asked.rowsOf('users', table)));
  return tables.filter((_, index) => rows[index]?.some((row) => row.stream === stream));
}

describe('whoever is gone', () => {
  it.each<[string, UserId, typeof RemoveUser | typeof EraseUser]>([
    ['removed', ada, RemoveUser],
    ['erased', bob, EraseUser],
  ])('leaves no row anywhere once %s', async (_, userId, Gone) => {
    const { house } = asked;
    await settle(house, userId);
    await guessWrong(house, userId);
    const stream = house.application.userStream(userId);
    expect(await tablesWith(stream)).toEqual(Object.keys(users.tables));
    await answerOf(house, new Gone({ organizationId, userId, by }));
    expect(await tablesWith(stream)).toEqual([]);
  });

  it('leaves no row anywhere with the organization, and those of another stay', async () => {
    const { house } = asked;
    await settle(house, printer, otherId);
    await settle(house, 'somebody' as UserId);
    await answerOf(house, new RemoveOrganization({ organizationId: otherId, by }));
    expect(await tablesWith(house.application.userStream(printer))).toEqual([]);
    expect(await tablesWith(house.application.userStream('somebody' as UserId))).toContain('recovery_codes');
  });
});

describe('a query', () => {
  it('shows what was acknowledged before it', async () => {
    const userId = 'just added' as UserId;
    await answerOf(asked.house, human(userId, 'just-added'));
    expect(
      await answered(asked.queries.getUser(organizationId, { userId, withMetadata: false }, asking)),
    ).toMatchObject({ username: 'just-added' });
    const stream = asked.house.application.userStream(userId);
    expect(await answered(asked.queries.userIdOfStream(organizationId, stream, asking))).toBe(userId);
    expect(await asked.queries.userIdOfStream(otherId, stream, asking)).toEqual(notFound('user'));
    const details = await answered(asked.queries.userDetails(organizationId, userId, asking));
    expect(details).toMatchObject({ sequence: 1, resourceOwner: organizationId });
    expect(await asked.queries.userDetails(organizationId, nobody, asking)).toEqual(notFound('user'));
  });

  it('knows which organization was first', async () => {
    expect(await answered(asked.queries.firstOrganization(asking))).toBe(organizationId);
  });

  it('is refused where the rows do not come after in time', async () => {
    const refusal = { code: 'not-yet', behindMs: 7 } as const;
    const { store, house } = asked;
    const { names } = house.parts.secrets;
    const waits = { awaitPosition: async () => refusal };
    const queries = openQueries({ store, waits, names, open: () => null, clock: () => house.clock.now });
    expect(await queries.firstOrganization(asking)).toEqual({ kind: 'rejected', refusal });
  });

  it('stops when nobody waits for it any more', async () => {
    const signal = AbortSignal.abort(new Error('left'));
    await expect(asked.queries.firstOrganization({ ...asking, signal })).rejects.toThrow('left');
  });
});
