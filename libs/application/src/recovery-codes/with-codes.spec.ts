import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { addPerson, answerOf, codeOf, pastOf, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { cheapSecrets } from '#application/testing/logins.js';
import { sentTo } from '#application/testing/sent.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import type { UserId } from '#domain/ids.js';
import { base32Decode } from '#secrets/base32.js';

const registered = 'user.human.mfa.otp.added';
const confirmed = 'user.human.mfa.otp.verified';
const coded = 'user.human.mfa.recoverycode.added';

let house: House;
let hashes = 0;
beforeAll(async () => {
  const secrets = await cheapSecrets();
  const { recoveryHashes } = secrets;
  const hash: typeof recoveryHashes.hash = (text) => {
    hashes += 1;
    return recoveryHashes.hash(text);
  };
  house = await openHouse({ secrets: { ...secrets, recoveryHashes: { ...recoveryHashes, hash } } });
  await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
});
afterAll(() => house.close());

let userId: UserId;
beforeEach(async () => {
  userId = await addPerson(house);
  hashes = 0;
});

type Starting = ConstructorParameters<typeof StartTotpRegistration>[0];
type Verifying = ConstructorParameters<typeof VerifyTotpRegistration>[0];

const start = (more: Partial<Starting> = {}) =>
  house.run(new StartTotpRegistration({ organizationId, userId, by, ...more }));
const confirm = (code: string, more: Partial<Verifying> = {}) =>
  house.run(new VerifyTotpRegistration({ organizationId, userId, code, by, ...more }));
const verify = (code = '') => house.run(new VerifyRecoveryCode({ organizationId, userId, code, by }));
const past = async () => (await pastOf(house, userId)).slice(1);

async function begun(more?: Partial<Starting>) {
  const started = answerOf(await start(more));
  const { bytes: key } = base32Decode(started.secret) as { readonly bytes: Buffer };
  return { ...started, key };
}

describe('recovery codes with a registration', () => {
  it('come in its append, and count from its confirmation on', async () => {
    const device = await begun({ recoveryCodes: 3 });
    expect(device.recoveryCodes).toHaveLength(3);
    expect(await past()).toEqual([registered, coded]);
    const [code] = device.recoveryCodes ?? [];
    expect(await verify(code)).toMatchObject({ refusal: { code: 'recovery-codes-not-found' } });
    expect(await confirm(codeOf(house, device))).toMatchObject({ answer: { recoveryCodes: null } });
    expect(await verify(code)).toMatchObject({ answer: { codesLeft: 2 } });
    expect(hashes).toBe(3);
  });

  it('are not hashed where it is refused', async () => {
    const device = await begun();
    await confirm(codeOf(house, device));
    expect(await start({ onlyNew: true, recoveryCodes: 3 })).toMatchObject({
      refusal: { code: 'totp-already-ready' },
    });
    expect([hashes, await past()]).toEqual([0, [registered, confirmed]]);
  });

  it('are not told to who repeats it', async () => {
    expect(await start({ by: sentTo(house), recoveryCodes: 3 })).toMatchObject({ kind: 'accepted' });
    expect(await start({ by: sentTo(house), recoveryCodes: 3 })).toMatchObject({
      repeated: true,
      answer: { secret: null, recoveryCodes: null },
    });
  });
});

describe('recovery codes with a confirmation', () => {
  it('come in its append, and void those that waited for it', async () => {
    const device = await begun({ recoveryCodes: 3 });
    const { recoveryCodes } = answerOf(await confirm(codeOf(house, device), { recoveryCodes: 2 }));
    expect(await past()).toEqual([registered, coded, confirmed, coded]);
    expect(await verify(device.recoveryCodes?.[0])).toMatchObject({
      refusal: { code: 'wrong-recovery-code' },
    });
    expect(await verify(recoveryCodes?.[0])).toMatchObject({ answer: { codesLeft: 1 } });
  });

  it('are not hashed for a wrong code', async () => {
    const device = await begun();
    expect(await confirm(wrongCodeOf(house, device), { recoveryCodes: 3 })).toMatchObject({
      refusal: { code: 'wrong-code' },
    });
    expect(hashes).toBe(0);
  });

  it('of sixteen at once one gets them', async () => {
    const device = await begun();
    const code = codeOf(house, device);
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => confirm(code, { recoveryCodes: 2 })));
    expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(await past()).toEqual([registered, confirmed, coded]);
  });
});
