import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AddAccessToken } from '#application/access-token/add-access-token.js';
import type { Outcome } from '#application/caller.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { answerOf, attempt, refused } from '#application/testing/attempt.js';
import { addDevice, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House } from '#application/testing/house.js';
import { ada, human, openInhabited } from '#application/testing/people.js';
import { again, her, hour, type Sent, sentTo } from '#application/testing/sent.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { RemoveTotp } from '#application/totp/remove-totp.js';
import { ResyncTotp } from '#application/totp/resync-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import { ChangeEmail } from '#application/user/change-email.js';
import { ChangeHumanUser, EmailFields } from '#application/user/change-human-user.js';
import { RequestEmailCode } from '#application/user/request-email-code.js';
import { VerifyEmail } from '#application/user/verify-email.js';
import { base32Encode } from '#secrets/base32.js';
import { newTotpSecret } from '#secrets/totp.js';

let house: House;
beforeEach(async () => {
  house = await openInhabited();
  await answerOf(house, human(ada, 'ada'));
});
afterEach(() => house.close());

const sent = (call: Sent = {}) => sentTo(house, call);

describe('what is shown once', () => {
  it.each([
    [
      'the secret of a device',
      () => new StartTotpRegistration({ ...her, name: 'phone', digits: 8, qr: 'svg', by: sent() }),
      { secret: null, uri: null, qr: null },
    ],
    ['recovery codes', () => new GenerateRecoveryCodes({ ...her, count: 2, by: sent() }), { codes: null }],
    [
      'an access token',
      () => new AddAccessToken({ ...her, name: 'Billing', scopes: ['all'], by: sent() }),
      { token: null },
    ],
    ['a code for the address', () => new RequestEmailCode({ ...her, by: sent() }), { emailCode: null }],
    [
      'a code for a new address',
      () => new ChangeEmail({ ...her, email: 'l@example.com', emailVerification: 'code', by: sent() }),
      { emailCode: null },
    ],
    [
      'a code for an address that is changed among others',
      () => {
        const email = new EmailFields({ email: 'l@example.com', verification: 'code' });
        return new ChangeHumanUser({ ...her, email, by: sent() });
      },
      { emailCode: null },
    ],
  ])('is left out of a repeat, and everything else is told again: %s', async (_, command, leftOut) => {
    const first = await house.run<Outcome<object, unknown>>(command());
    const answer = first.kind === 'accepted' ? first.answer : {};
    expect(Object.values({ ...answer, ...leftOut })).not.toEqual(Object.values(answer));
    house.clock.now += hour;
    expect(await attempt(house, command())).toEqual({
      outcome: { ...first, answer: { ...answer, ...leftOut }, repeated: true },
      appended: [],
    });
  });
});

describe('a guess that is sent again under its key', () => {
  let device: Device;
  beforeEach(async () => {
    device = await addDevice(house, ada);
  });
  const verify = (code: string, more: Sent = {}) =>
    new VerifyTotp({ ...her, code, by: sent({ request: code, ...more }) });

  it('is accepted again, with the device that showed the code', async () => {
    const code = codeOf(house, device);
    const first = await house.run(verify(code));
    expect(await attempt(house, verify(code))).toEqual({
      outcome: { ...first, answer: { totpId: device.totpId, codesLeft: 0 }, repeated: true },
      appended: [],
    });
  });

  it('is wrong again, and counts once: what is left is told as it is now', async () => {
    const wrong = wrongCodeOf(house, device);
    const first = await attempt(house, verify(wrong));
    expect(first.appended).toEqual(['user.human.mfa.otp.check.failed']);
    expect(await attempt(house, verify(wrong))).toEqual({ ...first, appended: [] });
    await house.run(new VerifyTotp({ ...her, code: wrong, by }));
    const left = (first.outcome as { refusal: { attemptsLeft: number } }).refusal.attemptsLeft;
    expect(await attempt(house, verify(wrong))).toMatchObject({
      outcome: { refusal: { code: 'wrong-code', attemptsLeft: left - 1 } },
      appended: [],
    });
  });

  it('was right and spent before, and is so again', async () => {
    const code = codeOf(house, device);
    await answerOf(house, new VerifyTotp({ ...her, code, by }));
    const first = await attempt(house, verify(code));
    expect(first.outcome).toMatchObject({ refusal: { code: 'code-already-used' } });
    expect(await attempt(house, verify(code))).toEqual({ ...first, appended: [] });
  });

  it('disabled the device, and says so again', async () => {
    const changed = new SettingsFields({ deviceFailuresMax: 1 });
    await answerOf(house, new ChangeOrganizationSettings({ ...her, changed, by }));
    const wrong = wrongCodeOf(house, device);
    const first = await attempt(house, verify(wrong));
    expect(first).toMatchObject({ outcome: { refusal: { attemptsLeft: 0, nextAttemptAt: null } } });
    expect(first.appended).toContain('user.human.mfa.otp.disabled');
    expect(await attempt(house, verify(wrong))).toEqual({ ...first, appended: [] });
  });

  it('is told as of a first code, where the device still waits for one', async () => {
    const started = await answerOf(house, new StartTotpRegistration({ ...her, by }));
    const { totpId } = started;
    const confirm = () => new VerifyTotpRegistration({ ...her, totpId, code: '000000', by: sent() });
    const first = await attempt(house, confirm());
    expect(first.outcome).toMatchObject({ refusal: { code: 'wrong-code' } });
    const { refusal } = first.outcome as { refusal: object };
    expect(await attempt(house, confirm())).toEqual(refused({ ...refusal, hint: null }));
  });

  it.each([
    ['a removal', (code: string) => new RemoveTotp({ ...her, totpId: device.totpId, code, by: sent() })],
    [
      'a resynchronisation',
      (code: string) =>
        new ResyncTotp({ ...her, totpId: device.totpId, firstCode: code, secondCode: code, by: sent() }),
    ],
    [
      'new recovery codes',
      (code: string) => new GenerateRecoveryCodes({ ...her, count: 1, code, by: sent() }),
    ],
  ])('is wrong again as a proof for %s', async (_, command) => {
    const wrong = wrongCodeOf(house, device);
    const first = await attempt(house, command(wrong));
    expect(first.outcome).toMatchObject({ refusal: { code: 'wrong-code' } });
    expect(await attempt(house, command(wrong))).toEqual({ ...first, appended: [] });
  });

  it('spends a recovery code once, and tells how many are left now', async () => {
    const { codes } = await answerOf(house, new GenerateRecoveryCodes({ ...her, count: 5, by }));
    const spend = (code = '') => new VerifyRecoveryCode({ ...her, code, by: sent({ request: code }) });
    const first = await attempt(house, spend(codes[0]));
    expect(first.outcome).toMatchObject({ answer: { codesLeft: 4, notice: null } });
    expect(await attempt(house, spend(codes[0]))).toMatchObject({
      outcome: { answer: { codesLeft: 4, notice: null }, repeated: true },
      appended: [],
    });
    await answerOf(house, new VerifyRecoveryCode({ ...her, code: codes[1] ?? '', by }));
    expect(await attempt(house, spend(codes[0]))).toMatchObject({
      outcome: { answer: { codesLeft: 3, notice: 'few-left' } },
    });
  });

  it('is no recovery code again, and counts once', async () => {
    await answerOf(house, new GenerateRecoveryCodes({ ...her, count: 1, by }));
    const spend = () => new VerifyRecoveryCode({ ...her, code: '0000-0000-0000-0000', by: sent() });
    const first = await attempt(house, spend());
    expect(first).toMatchObject({
      outcome: { refusal: { code: 'wrong-recovery-code' } },
      appended: [expect.anything()],
    });
    expect(await attempt(house, spend())).toEqual({ ...first, appended: [] });
  });

  it('is not what was sent to the address again, and counts once', async () => {
    await answerOf(house, new RequestEmailCode({ ...her, by }));
    const prove = () => new VerifyEmail({ ...her, code: 'ZZZZZZ', by: sent() });
    const first = await attempt(house, prove());
    expect(first).toMatchObject({ outcome: { refusal: { code: 'email-code-wrong', guessesLeft: 4 } } });
    expect(await attempt(house, prove())).toEqual({ ...first, appended: [] });
  });

  it('confirms a device once', async () => {
    const key = newTotpSecret();
    const register = () => new RegisterTotpSeed({ ...her, secret: base32Encode(key), by: sent() });
    const first = await house.run(register());
    expect(await attempt(house, register())).toEqual(again(first));
  });
});
