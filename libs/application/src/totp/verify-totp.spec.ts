import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
import { addDevice, addPerson, codeOf, pastOf, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { base32Encode } from '#secrets/base32.js';
import { newTotpSecret, totpCode } from '#secrets/totp.js';

describe('a code', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
    await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
  });
  afterAll(() => house.close());

  it('is accepted once', async () => {
    const seed = newTotpSecret();
    const added = await house.run(
      new AddHumanUser({
        organizationId,
        email: 'ada@example.com',
        profile: new HumanProfileFields({ givenName: 'Ada', familyName: 'L' }),
        totpSecret: base32Encode(seed),
        by,
      }),
    );
    if (added.kind === 'rejected') throw new Error(JSON.stringify(added));
    const { userId, totpId } = added.answer;
    const code = totpCode({
      key: seed,
      parameters: { algorithm: 'SHA1', digits: 6, periodSeconds: 30 },
      at: house.clock.now,
    });
    const verify = new VerifyTotp({ organizationId, userId, code, by });
    expect(await house.run(verify)).toEqual({
      kind: 'accepted',
      answer: { totpId, codesLeft: 0 },
      details: { sequence: 3, changeDate: house.clock.now, resourceOwner: organizationId },
    });
    expect(await house.run(verify)).toMatchObject({
      kind: 'rejected',
      refusal: { code: 'code-already-used' },
    });
  });

  it('a code is compared with the devices that show so many digits, and counts against these alone', async () => {
    const userId = await addPerson(house);
    const phone = await addDevice(house, userId);
    const watch = await addDevice(house, userId, { digits: 8 });
    const verify = (code: string) => house.run(new VerifyTotp({ organizationId, userId, code, by }));
    expect(await verify(wrongCodeOf(house, watch))).toMatchObject({
      refusal: { code: 'wrong-code', attemptsLeft: 19 },
    });
    const { state } = await house.application.accounts.streams.get(house.application.userStream(userId));
    expect(state.totp.devices).toMatchObject([
      { totpId: phone.totpId, failures: 0 },
      { totpId: watch.totpId, failures: 1 },
    ]);
    expect(await verify(codeOf(house, watch))).toMatchObject({ answer: { totpId: watch.totpId } });
    expect(await verify(codeOf(house, phone))).toMatchObject({ answer: { totpId: phone.totpId } });
  });

  it('a code that no device shows is no guess, and leaves no trace', async () => {
    const userId = await addPerson(house);
    await addDevice(house, userId, { digits: 8 });
    await addDevice(house, userId);
    expect(await house.run(new VerifyTotp({ organizationId, userId, code: '1234567', by }))).toEqual({
      kind: 'rejected',
      refusal: { code: 'malformed-code', digits: [6, 8] },
    });
    expect(await pastOf(house, userId)).toHaveLength(3);
  });
});
