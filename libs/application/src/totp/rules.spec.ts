// Rules that no single decision shows: they hold over processes, spellings and restarts.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
import {
  addDevice,
  addPerson,
  codeOf,
  type Device,
  pastOf,
  wrongCodeOf,
} from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import type { UserId } from '#domain/ids.js';

const fullWidth = (code: string) =>
  [...code].map((digit) => String.fromCodePoint((digit.codePointAt(0) ?? 0) + 0xfee0)).join('');
const spellings = [
  ['spaced', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
  ['with a dash, and blanks around', (code: string) => ` ${code.slice(0, 2)}-${code.slice(2)}\u00a0`],
  ['full-width', fullWidth],
] as const;
const failures = async (house: House, userId: UserId) =>
  (await pastOf(house, userId)).filter((type) => type === 'user.human.mfa.otp.check.failed').length;

describe('a code', () => {
  let house: House;
  let another: House;
  beforeAll(async () => {
    house = await openHouse({ soleWriter: false });
    another = await house.another();
    await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
  });
  afterAll(async () => {
    await another.close();
    await house.close();
  });

  async function enrolledPerson(): Promise<{ userId: UserId; phone: Device }> {
    const userId = await addPerson(house);
    return { userId, phone: await addDevice(house, userId) };
  }
  const verify = (userId: UserId, code: string) => new VerifyTotp({ organizationId, userId, code, by });
  const refusal = (code: string) => ({ kind: 'rejected', refusal: { code } });

  it.each(spellings)('a used step is refused, also %s', async (_how, spelled) => {
    const { userId, phone } = await enrolledPerson();
    const code = codeOf(house, phone);
    expect(await house.run(verify(userId, code))).toMatchObject({ kind: 'accepted' });
    expect(await another.run(verify(userId, spelled(code)))).toMatchObject(refusal('code-already-used'));
  });

  it.each(spellings)('that was accepted %s is refused as it is', async (_how, spelled) => {
    const { userId, phone } = await enrolledPerson();
    const code = codeOf(house, phone);
    expect(await house.run(verify(userId, spelled(code)))).toMatchObject({ kind: 'accepted' });
    expect(await another.run(verify(userId, code))).toMatchObject(refusal('code-already-used'));
  });

  it('a wrong code is counted even when the append races', async () => {
    const { userId, phone } = await enrolledPerson();
    const wrong = verify(userId, wrongCodeOf(house, phone));
    const told = await Promise.all([house, another, house, another].map((one) => one.run(wrong)));
    expect(told.map((one) => one.kind === 'rejected' && one.refusal.code)).toEqual(
      Array(4).fill('wrong-code'),
    );
    expect(await failures(house, userId)).toBe(4);
  });

  it('is refused uncompared, and the log does not grow, while guessing is delayed', async () => {
    const { userId, phone } = await enrolledPerson();
    const wrong = verify(userId, wrongCodeOf(house, phone));
    for (let guess = 0; guess < 5; guess += 1) await house.run(wrong);
    const before = await pastOf(house, userId);
    for (const one of [house, another])
      expect(await one.run(verify(userId, codeOf(house, phone)))).toMatchObject(refusal('attempts-delayed'));
    expect(await pastOf(house, userId)).toEqual(before);
  });

  it('the cap survives a restart, which knows only the log', async () => {
    const { userId, phone } = await enrolledPerson();
    for (let guess = 0; guess < 20; guess += 1) {
      expect(await house.run(verify(userId, wrongCodeOf(house, phone)))).toMatchObject(refusal('wrong-code'));
      house.clock.now += 3_600_000;
    }
    const restarted = await house.another();
    expect(await restarted.run(verify(userId, codeOf(house, phone)))).toMatchObject(refusal('totp-disabled'));
    house.clock.now += 365 * 86_400_000;
    expect(await restarted.run(verify(userId, codeOf(house, phone)))).toMatchObject(refusal('totp-disabled'));
    house.clock.now -= 400 * 86_400_000;
    const refused = await restarted.run(verify(userId, codeOf(house, phone)));
    expect(refused.kind).toBe('rejected');
    await restarted.close();
  });
});
