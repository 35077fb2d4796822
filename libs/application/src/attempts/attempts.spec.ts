import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ResetAttempts } from '#application/attempts/reset-attempts.js';
import { ResetFactors } from '#application/attempts/reset-factors.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { addDevice, addPerson, codeOf, pastOf, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import type { OrganizationId, UserId } from '#domain/ids.js';

const anotherOrganizationId = '0198f3a2-0000-7000-8000-000000000002' as OrganizationId;
const reason = 'Ticket 4711: the phone fell into a lake';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
});
afterAll(() => house.close());

const accepted = (sequence: number) => ({
  kind: 'accepted',
  answer: null,
  details: { sequence, changeDate: house.clock.now, resourceOwner: organizationId },
});
const rejected = (refusal: object) => ({ kind: 'rejected', refusal });

/** So many failures that every further guess has to wait. */
async function delayed() {
  const userId = await addPerson(house);
  const phone = await addDevice(house, userId);
  const verify = (code: string) => house.run(new VerifyTotp({ organizationId, userId, code, by }));
  const wrong = wrongCodeOf(house, phone);
  await Promise.all([wrong, wrong, wrong, wrong, wrong].map(verify));
  return { userId, phone, verify };
}

describe('an administrator', () => {
  it('resets the attempts: who had to wait need not', async () => {
    const { userId, phone, verify } = await delayed();
    const code = codeOf(house, phone);
    expect(await verify(code)).toEqual(
      rejected({ code: 'attempts-delayed', nextAttemptAt: house.clock.now + 30_000, attemptsLeft: 15 }),
    );
    expect(await house.run(new ResetAttempts({ organizationId, userId, reason, by }))).toEqual(accepted(8));
    expect(await verify(code)).toMatchObject({ kind: 'accepted' });
  });

  it('resets the factors: no device and no code is left', async () => {
    const { userId, phone, verify } = await delayed();
    await house.run(new GenerateRecoveryCodes({ organizationId, userId, count: 1, by }));
    expect(await house.run(new ResetFactors({ organizationId, userId, reason, by }))).toEqual(accepted(9));
    expect(await verify(codeOf(house, phone))).toEqual(rejected({ code: 'totp-not-found' }));
    const { state } = await house.application.accounts.streams.get(house.application.userStream(userId));
    expect(state.recoveryCodes.codes).toEqual([]);
  });

  it('gives a reason, which is kept sealed', async () => {
    const userId = await addPerson(house);
    await house.run(new ResetAttempts({ organizationId, userId, reason, by }));
    await house.run(new ResetFactors({ organizationId, userId, reason, by }));
    expect(await pastOf(house, userId)).toEqual([
      'user.human.added',
      'user.mfa.attempts.reset',
      'user.mfa.reset',
    ]);
    const stream = house.application.userStream(userId);
    const page = await house.parts.log.readStream(stream, { direction: 'forward', from: 0, limit: 10 });
    expect(JSON.stringify(page)).toContain('"reason":"1.');
    expect(JSON.stringify(page)).not.toContain('lake');
  });

  it('resets nothing of a user of another organization', async () => {
    const userId = await addPerson(house);
    const elsewhere = { organizationId: anotherOrganizationId, userId, reason, by };
    const notFound = rejected({ code: 'user-not-found' });
    expect(await house.run(new ResetAttempts(elsewhere))).toEqual(notFound);
    expect(await house.run(new ResetFactors(elsewhere))).toEqual(notFound);
    expect(await pastOf(house, userId)).toHaveLength(1);
  });

  it.each([ResetAttempts, ResetFactors])('%p without a reason is refused', async (Reset) => {
    const reset = new Reset({ organizationId, userId: 'nobody' as UserId, reason: '', by });
    expect(await house.run<unknown>(reset)).toMatchObject(
      rejected({ code: 'invalid-input', violations: [{ field: 'reason', rule: 'text' }] }),
    );
  });
});
