import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { attempt } from '#application/testing/attempt.js';
import { addDevice, addPerson, answerOf, codeOf, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { RemoveFactors } from '#application/totp/remove-factors.js';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
});
afterAll(() => house.close());

async function twoApps() {
  const userId = await addPerson(house);
  const phone = await addDevice(house, userId);
  const watch = await addDevice(house, userId);
  const generating = new GenerateRecoveryCodes({ organizationId, userId, count: 2, by });
  const { codes } = answerOf(await house.run(generating));
  return { userId, phone, watch, codes };
}

const apps = ['user.human.mfa.otp.removed', 'user.human.mfa.otp.removed'];
const codes = 'user.human.mfa.recoverycode.removed';

describe('all factors', () => {
  it('go at once for a code of any app', async () => {
    const { userId, watch } = await twoApps();
    const removal = new RemoveFactors({ organizationId, userId, code: codeOf(house, watch), by });
    expect(await attempt(house, removal)).toMatchObject({
      outcome: { kind: 'accepted' },
      appended: ['user.human.mfa.otp.check.succeeded', ...apps, codes],
    });
    expect(await attempt(house, removal)).toMatchObject({
      outcome: { refusal: { code: 'totp-not-found' } },
      appended: [],
    });
  });

  it('go for a recovery code', async () => {
    const { userId, codes: made } = await twoApps();
    const removal = new RemoveFactors({ organizationId, userId, recoveryCode: made[0] ?? '', by });
    expect(await attempt(house, removal)).toMatchObject({
      outcome: { kind: 'accepted' },
      appended: ['user.human.mfa.recoverycode.check.succeeded', ...apps, codes],
    });
  });

  it('stay for a wrong code, which is counted', async () => {
    const { userId, phone } = await twoApps();
    const removal = new RemoveFactors({ organizationId, userId, code: wrongCodeOf(house, phone), by });
    expect(await attempt(house, removal)).toMatchObject({
      outcome: { refusal: { code: 'wrong-code' } },
      appended: ['user.human.mfa.otp.check.failed'],
    });
  });

  it.each([
    ['nothing is shown', {}, 'proof-required'],
    ['a text is no code', { code: '12' }, 'malformed-code'],
    ['a text is no recovery code', { recoveryCode: 'word of honour' }, 'malformed-recovery-code'],
  ])('stay where %s', async (_, shown, code) => {
    const { userId } = await twoApps();
    const removal = new RemoveFactors({ organizationId, userId, ...shown, by });
    expect(await attempt(house, removal)).toMatchObject({ outcome: { refusal: { code } }, appended: [] });
  });

  it('end the other sessions where it is asked for', async () => {
    const { userId, phone } = await twoApps();
    const code = codeOf(house, phone);
    const removal = new RemoveFactors({ organizationId, userId, code, endOtherSessions: true, by });
    expect((await attempt(house, removal)).appended.at(-1)).toBe('user.sessions.ended');
  });
});
