import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { checkAccessToken } from '#application/access-token/check-token.js';
import { RemoveAccessToken } from '#application/access-token/remove-access-token.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { addPerson, answerOf, pastOf } from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { AccessTokenId, OrganizationId, UserId } from '#domain/ids.js';
import { newAccessToken } from '#secrets/access-tokens.js';

const anotherOrganizationId = '0198f3a2-0000-7000-8000-000000000002' as OrganizationId;

let house: House;
beforeAll(async () => {
  house = await openHouse({ soleWriter: false });
  await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
});
afterAll(() => house.close());

const accepted = (sequence: number, answer: unknown) => ({
  kind: 'accepted',
  answer,
  details: { sequence, changeDate: house.clock.now, resourceOwner: organizationId },
});
const rejected = (refusal: object) => ({ kind: 'rejected', refusal });
const scopes = ['users.read', 'totp.verify'];
const tokenOf = (userId: UserId, more: Partial<ConstructorParameters<typeof AddAccessToken>[0]> = {}) =>
  new AddAccessToken({ organizationId, userId, name: 'Billing', scopes, by, ...more });
const check = (text: string) => checkAccessToken(house.application, text);

describe('an access token', () => {
  it('is shown once, and only its hash is kept', async () => {
    const userId = await addPerson(house);
    const outcome = await house.run(tokenOf(userId));
    const { tokenId, token } = answerOf(outcome);
    expect(outcome).toEqual(accepted(2, { tokenId, token: expect.stringMatching(/^cs_/) }));
    const stream = house.application.userStream(userId);
    const page = await house.parts.log.readStream(stream, { direction: 'forward', from: 0, limit: 10 });
    expect(JSON.stringify(page)).not.toContain(token.slice(40, 80));
    expect(JSON.stringify(page)).not.toContain('Billing');
  });

  it('says whose it is', async () => {
    const userId = await addPerson(house);
    const { tokenId, token } = answerOf(await house.run(tokenOf(userId)));
    expect(await check(token)).toEqual({
      userStream: house.application.userStream(userId),
      userId,
      tokenId,
      organizationId,
      scopes,
      expiresAt: null,
    });
    const expiresAt = house.clock.now + 1_000;
    const ending = answerOf(await house.run(tokenOf(userId, { expiresAt })));
    expect(await check(ending.token)).toMatchObject({ tokenId: ending.tokenId, expiresAt });
  });

  it('names the stream of a user whose id was brought along, and keeps that id out of the token', async () => {
    const userId = 'ada@example.com' as UserId;
    const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'L' });
    await house.run(new AddHumanUser({ organizationId, userId, email: 'ada@example.com', profile, by }));
    const { token } = answerOf(await house.run(tokenOf(userId)));
    expect(await check(token)).toMatchObject({
      userStream: house.application.userStream(userId),
      userId: null,
    });
    expect(Buffer.from(token.slice(3), 'base64url').toString('latin1')).not.toContain('ada');
  });

  it('counts until its time is over', async () => {
    const userId = await addPerson(house);
    const expiresAt = house.clock.now + 1_000;
    const { token } = answerOf(await house.run(tokenOf(userId, { expiresAt })));
    house.clock.now += 999;
    expect(await check(token)).not.toBeNull();
    house.clock.now += 1;
    expect(await check(token)).toBeNull();
  });

  it('counts until it is removed, also by another process', async () => {
    const userId = await addPerson(house);
    const { tokenId, token } = answerOf(await house.run(tokenOf(userId)));
    const another = await house.another();
    expect(await checkAccessToken(another.application, token)).not.toBeNull();
    const removal = new RemoveAccessToken({ organizationId, userId, tokenId, by });
    expect(await house.run(removal)).toEqual(accepted(3, null));
    expect(await checkAccessToken(another.application, token)).toBeNull();
    expect(await house.run(removal)).toEqual(rejected({ code: 'access-token-not-found' }));
    expect(await pastOf(house, userId)).toHaveLength(3);
    await another.close();
  });

  it("is nobody's when its secret is another, whoever made it up", async () => {
    const userId = await addPerson(house);
    const { tokenId, token } = answerOf(await house.run(tokenOf(userId)));
    const userStream = house.parts.secrets.names.streamId(userId);
    expect(await check(newAccessToken({ userStream, tokenId }).text)).toBeNull();
    expect(await check(`${token}A`)).toBeNull();
    expect(await check('cs_')).toBeNull();
    expect(await check('')).toBeNull();
  });

  it('counts for nothing while its organization is not active', async () => {
    const elsewhere = await openHouse();
    await elsewhere.run(new AddOrganization({ organizationId, name: 'Acme', by }));
    const { token } = answerOf(await elsewhere.run(tokenOf(await addPerson(elsewhere))));
    expect(await checkAccessToken(elsewhere.application, token)).not.toBeNull();
    await elsewhere.run(new DeactivateOrganization({ organizationId, by }));
    expect(await checkAccessToken(elsewhere.application, token)).toBeNull();
    await elsewhere.close();
  });

  it.each([
    { more: { expiresAt: 1 }, refusal: { code: 'access-token-expiry-past' } },
    { more: { scopes: ['Users Read'] }, refusal: { code: 'access-token-scopes-invalid', maximum: 20 } },
  ])('is refused: $refusal.code', async ({ more, refusal }) => {
    const userId = await addPerson(house);
    expect(await house.run(tokenOf(userId, more))).toEqual(rejected(refusal));
    expect(await pastOf(house, userId)).toHaveLength(1);
  });

  it('is the last of fifty that are live', async () => {
    const userId = await addPerson(house);
    await Promise.all(Array.from({ length: 50 }, () => house.run(tokenOf(userId))));
    expect(await house.run(tokenOf(userId))).toEqual(rejected({ code: 'access-tokens-max', maximum: 50 }));
    expect(await pastOf(house, userId)).toHaveLength(51);
  });

  it('is of a user of this organization, not of another organization', async () => {
    const userId = await addPerson(house);
    const { tokenId } = answerOf(await house.run(tokenOf(userId)));
    const elsewhere = { organizationId: anotherOrganizationId };
    const notFound = rejected({ code: 'user-not-found' });
    expect(await house.run(tokenOf(userId, elsewhere))).toEqual(notFound);
    expect(await house.run(new RemoveAccessToken({ ...elsewhere, userId, tokenId, by }))).toEqual(notFound);
    expect(await pastOf(house, userId)).toHaveLength(2);
  });

  it.each([
    { command: tokenOf('nobody' as UserId, { name: '' }), field: 'name' },
    { command: tokenOf('nobody' as UserId, { scopes: [] }), field: 'scopes' },
    { command: tokenOf('nobody' as UserId, { scopes: ['same', 'same'] }), field: 'scopes' },
    { command: tokenOf('nobody' as UserId, { expiresAt: 1.5 }), field: 'expiresAt' },
    {
      command: new RemoveAccessToken({
        organizationId,
        userId: 'nobody' as UserId,
        tokenId: '' as AccessTokenId,
        by,
      }),
      field: 'tokenId',
    },
  ])('is checked field by field: $field of $command.constructor.name', async ({ command, field }) => {
    expect(await house.run<unknown>(command)).toMatchObject(
      rejected({ code: 'invalid-input', violations: [{ field }] }),
    );
  });
});
