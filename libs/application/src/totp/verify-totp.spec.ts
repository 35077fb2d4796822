import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
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
      answer: { totpId },
      details: { sequence: 3, changeDate: house.clock.now, resourceOwner: organizationId },
    });
    expect(await house.run(verify)).toMatchObject({
      kind: 'rejected',
      refusal: { code: 'code-already-used' },
    });
  });
});
