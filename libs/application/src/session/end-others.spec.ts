import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { RemoveRecoveryCodes } from '#application/recovery-codes/remove-recovery-codes.js';
import { addDevice, addPerson, answerOf, pastOf } from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { RemoveTotp } from '#application/totp/remove-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import type { TotpId, UserId } from '#domain/ids.js';

const removed = 'user.human.mfa.otp.removed';
const ended = 'user.sessions.ended';
const byAdministrator = true;

let house: House;
let userId: UserId;
beforeAll(async () => {
  house = await openHouse();
  await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
});
afterAll(() => house.close());
beforeEach(async () => {
  userId = await addPerson(house);
});

const ofUser = () => ({ organizationId, userId, by });
const remove = async (totpId: TotpId, more: { readonly endOtherSessions?: boolean } = {}) =>
  answerOf(await house.run(new RemoveTotp({ ...ofUser(), totpId, byAdministrator, ...more })));
const generate = async () => answerOf(await house.run(new GenerateRecoveryCodes({ ...ofUser(), count: 1 })));
const lastOf = async (count: number) => (await pastOf(house, userId)).slice(-count);

it('an administrator who takes away the last app ends all sessions, and with one before it none', async () => {
  const [phone, watch] = [await addDevice(house, userId), await addDevice(house, userId)];
  await remove(phone.totpId);
  await remove(watch.totpId);
  expect(await lastOf(3)).toEqual([removed, removed, ended]);
});

it('an app is not the last factor where codes are left, and they are where no app is', async () => {
  const { totpId } = await addDevice(house, userId);
  await generate();
  await remove(totpId);
  expect(await lastOf(1)).toEqual([removed]);
  await house.run(new RemoveRecoveryCodes({ ...ofUser(), byAdministrator }));
  expect(await lastOf(2)).toEqual(['user.human.mfa.recoverycode.removed', ended]);
});

it('an app that was never confirmed is no factor, and none that is lost', async () => {
  const { totpId } = answerOf(await house.run(new StartTotpRegistration(ofUser())));
  await remove(totpId);
  expect(await lastOf(1)).toEqual([removed]);
});

it('all sessions end once, also where that is asked for', async () => {
  const { totpId } = await addDevice(house, userId);
  await remove(totpId, { endOtherSessions: true });
  expect(await lastOf(2)).toEqual([removed, ended]);
});
