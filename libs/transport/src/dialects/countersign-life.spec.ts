import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { pastOf } from '#application/testing/factors.js';
import { organizationId } from '#application/testing/house.js';
import { QrKind, TotpAlgorithm, TotpState } from '#contract/countersign/v1/factor_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { type CountersignDesk, openCountersignDesk } from '#transport/testing/countersign-desk.js';
import { idOf, people } from '#transport/testing/desk.js';

const factor = FactorService.method;
const codes = RecoveryCodeService.method;
const eight = { algorithm: 'SHA256', digits: 8, periodSeconds: 60 } as const;

let desk: CountersignDesk;
beforeAll(async () => {
  desk = await openCountersignDesk();
});
afterAll(() => desk.close());

const tick = (seconds = 120) => {
  desk.house.clock.now += seconds * 1_000;
};
const wrong = (code: string) => String((Number(code) + 7) % 10 ** code.length).padStart(code.length, '0');

describe('two devices of one user, who asks for all of it itself', () => {
  const userId = people.ada;
  let phone: { totpId: string; secret: string };
  let tablet: { totpId: string; secret: string };

  it('are registered under names, with pictures, and as the user chose or as the organization says', async () => {
    phone = await desk.ask('ada', factor.startTotpRegistration, { userId, name: 'Phone', qr: QrKind.SVG });
    expect(phone).toMatchObject({
      // After the user and its access token.
      details: { sequence: 3n, resourceOwner: organizationId },
      uri: expect.stringMatching(/^otpauth:\/\/totp\/Acme:.*Phone.*secret=/),
      qr: expect.stringContaining('<svg'),
      parameters: { algorithm: TotpAlgorithm.SHA1, digits: 6, periodSeconds: 30 },
      secretAlreadyShown: false,
    });
    expect(await stateOf()).toEqual([['Phone', TotpState.PENDING]]);
    const code = desk.codeOf(phone.secret);
    const confirmed = await desk.ask('ada', factor.verifyTotpRegistration, { userId, code });
    expect(confirmed).toMatchObject({ details: { sequence: 4n }, totpId: phone.totpId });

    const chosen = { algorithm: TotpAlgorithm.SHA256, digits: 8, periodSeconds: 60 };
    const asked = { userId, name: 'Tablet', parameters: chosen, qr: QrKind.PNG };
    tablet = await desk.ask('ada', factor.startTotpRegistration, asked);
    expect(tablet).toMatchObject({
      parameters: chosen,
      qr: expect.stringMatching(/^data:image\/png;base64,/),
    });
    const { totpId, secret } = tablet;
    expect(
      await desk.said('ada', factor.verifyTotpRegistration, {
        userId,
        totpId: phone.totpId,
        code: desk.codeOf(secret, 0, eight),
      }),
    ).toBe('6 totp-already-ready COMMAND-do9se');
    await desk.ask('ada', factor.verifyTotpRegistration, {
      userId,
      totpId,
      code: desk.codeOf(secret, 0, eight),
    });
    expect(await stateOf()).toEqual([
      ['Phone', TotpState.READY],
      ['Tablet', TotpState.READY],
    ]);
  });

  it('are told apart by a code, which is accepted once', async () => {
    tick();
    const ofPhone = { userId, code: desk.codeOf(phone.secret) };
    const checked = await desk.ask('ada', factor.verifyTotp, ofPhone);
    expect(checked.totpId).toBe(phone.totpId);
    expect(await desk.said('ada', factor.verifyTotp, ofPhone)).toBe('3 code-already-used EVENT-8isk2');
    const ofTablet = { userId, code: desk.codeOf(tablet.secret, 0, eight) };
    expect((await desk.ask('ada', factor.verifyTotp, ofTablet)).totpId).toBe(tablet.totpId);
    const addressed = { ...ofPhone, code: desk.codeOf(phone.secret), totpId: tablet.totpId };
    expect(await desk.said('ada', factor.verifyTotp, addressed)).toBe('3 malformed-code EVENT-8isk2');
    const { totpDevices } = await desk.ask('ada', factor.listFactors, { userId });
    expect(totpDevices.map(({ lastUsedAt }) => Number(lastUsedAt?.seconds) * 1_000)).toEqual(
      Array(2).fill(desk.house.clock.now),
    );
  });

  it('tell, of a wrong code, how many are left, and from when on one is compared', async () => {
    tick();
    const guess = { userId, code: wrong(desk.codeOf(phone.secret)), totpId: phone.totpId };
    const first = await desk.refusal('ada', factor.verifyTotp, guess);
    expect(first).toMatchObject({ code: 'wrong-code' });
    const left = first.attemptsLeft ?? 0;
    expect(left).toBeGreaterThan(5);
    const before = await desk.ask('ada', factor.listFactors, { userId });
    expect(before.totpDevices[0]?.attemptsLeft).toBe(left);
    expect(before.nextAttemptAt).toBeUndefined();
    for (let again = 0; again < 4; again += 1) await desk.said('ada', factor.verifyTotp, guess);
    const delayed = await desk.refusal('ada', factor.verifyTotp, guess);
    expect(delayed).toMatchObject({ code: 'attempts-delayed', attemptsLeft: left - 4 });
    const { nextAttemptAt, totpDevices } = await desk.ask('ada', factor.listFactors, { userId });
    expect(nextAttemptAt).toEqual(delayed.nextAttemptAt);
    expect(Number(nextAttemptAt?.seconds) * 1_000).toBe(desk.house.clock.now + 30_000);
    expect(totpDevices[0]?.attemptsLeft).toBe(left - 4);
    await desk.ask('owner', factor.resetAttempts, { userId, reason: 'Fat fingers' });
    const after = await desk.ask('ada', factor.listFactors, { userId });
    expect(after.nextAttemptAt).toBeUndefined();
    expect(after.totpDevices[0]?.attemptsLeft).toBeGreaterThan(left);
  });

  it('keep what a code was given for sealed in its event', async () => {
    tick();
    const code = desk.codeOf(phone.secret);
    await desk.ask('owner', factor.verifyTotp, { userId, code, purpose: 'To pay 100 pounds' });
    const event = await lastEvent();
    expect(event.type).toBe('user.human.mfa.otp.check.succeeded');
    expect(event.text).toContain('purpose');
    expect(event.text).not.toContain('pounds');
    tick();
    await desk.ask('owner', factor.verifyTotp, { userId, code: desk.codeOf(phone.secret) });
    expect((await lastEvent()).text.length).toBeLessThan(event.text.length);
  });

  it('follow a clock that has drifted', async () => {
    tick(600);
    const { totpId, secret } = phone;
    const [firstCode, secondCode] = [desk.codeOf(secret, 5), desk.codeOf(secret, 6)];
    expect(await desk.said('ada', factor.verifyTotp, { userId, totpId, code: secondCode })).toBe(
      '3 wrong-code EVENT-8isk2',
    );
    await desk.ask('ada', factor.resyncTotp, { userId, totpId, firstCode, secondCode });
    tick();
    const code = desk.codeOf(secret, 6);
    expect((await desk.ask('ada', factor.verifyTotp, { userId, code })).totpId).toBe(totpId);
  });

  it('are renamed, and lose their name where none is told', async () => {
    const { totpId } = tablet;
    await desk.ask('ada', factor.renameTotp, { userId, totpId, name: 'Slate' });
    expect((await stateOf())[1]?.[0]).toBe('Slate');
    await desk.ask('ada', factor.renameTotp, { userId, totpId });
    expect((await stateOf())[1]?.[0]).toBeUndefined();
  });

  it('have recovery codes beside them, which are counted and spent', async () => {
    const made = await desk.ask('ada', codes.generateRecoveryCodes, { userId, count: 3 });
    expect(new Set(made.recoveryCodes).size).toBe(3);
    expect(made.secretAlreadyShown).toBe(false);
    const [code = ''] = made.recoveryCodes;
    const spent = await desk.ask('ada', codes.verifyRecoveryCode, { userId, code });
    expect(spent.recoveryCodesLeft).toBe(2);
    expect(await desk.said('ada', codes.verifyRecoveryCode, { userId, code })).toBe(
      '3 wrong-recovery-code DOMAIN-6uvh0',
    );
    const remaining = await desk.ask('ada', codes.getRemainingRecoveryCodes, { userId });
    expect(remaining.recoveryCodesLeft).toBe(2);
    // The wrong one is an event too.
    expect(remaining.details?.sequence).toBe((spent.details?.sequence ?? 0n) + 1n);
    expect((await desk.ask('ada', factor.listFactors, { userId })).recoveryCodesLeft).toBe(2);
  });

  it('are removed by their owner with a proof, and by an administrator without', async () => {
    tick();
    const ofPhone = { userId, totpId: phone.totpId };
    expect(await desk.said('ada', factor.removeTotp, ofPhone)).toBe('9 proof-required CSIGN-proof-required');
    const code = desk.codeOf(phone.secret, 5);
    await desk.ask('ada', factor.removeTotp, { ...ofPhone, code });
    await desk.ask('owner', factor.removeTotp, { userId, totpId: tablet.totpId });
    expect(await stateOf()).toEqual([]);
    await desk.ask('ada', codes.removeRecoveryCodes, { userId });
    const left = await desk.ask('ada', factor.listFactors, { userId });
    expect(left).toMatchObject({ totpDevices: [], recoveryCodesLeft: 0, attemptsLeft: 0 });
    expect((await pastOf(desk.house, idOf('ada'))).slice(-3)).toEqual([
      'user.human.mfa.otp.removed',
      'user.human.mfa.otp.removed',
      'user.human.mfa.recoverycode.removed',
    ]);
  });

  async function stateOf() {
    const { totpDevices } = await desk.ask('ada', factor.listFactors, { userId });
    return totpDevices.map(({ name, state }) => [name, state]);
  }

  async function lastEvent() {
    const { application, parts } = desk.house;
    const stream = application.userStream(idOf('ada'));
    const page = await parts.log.readStream(stream, {
      direction: 'forward',
      from: 0,
      limit: eventsPerReadMax,
    });
    const event = page.status === 'unknown' ? undefined : page.events.at(-1);
    return { type: event?.type, text: JSON.stringify(event) };
  }
});

describe('a proof', () => {
  const userId = people.grace;
  let secret: string;
  let totpId: string;
  beforeAll(async () => {
    ({ secret, totpId } = await desk.ask('grace', factor.startTotpRegistration, { userId }));
    await desk.ask('grace', factor.verifyTotpRegistration, { userId, code: desk.codeOf(secret) });
  });

  it('that an administrator gives, although it needs none, has to hold and is counted', async () => {
    tick();
    const code = wrong(desk.codeOf(secret));
    expect(await desk.said('owner', factor.removeTotp, { userId, totpId, code })).toBe(
      '3 wrong-code EVENT-8isk2',
    );
    expect((await pastOf(desk.house, idOf('grace'))).at(-1)).toBe('user.human.mfa.otp.check.failed');
  });

  it.each([factor.removeTotp, codes.generateRecoveryCodes, codes.removeRecoveryCodes])(
    'is one of two, of which none is left out of account: $name',
    async (method) => {
      const request = { userId, totpId, code: '123456', recoveryCode: 'abcd' };
      expect(await desk.fields('grace', method, request as never)).toEqual(['recovery_code']);
    },
  );

  it('may come with new recovery codes, and has to hold then', async () => {
    tick();
    const code = desk.codeOf(secret);
    const wanted = { userId, count: 2 };
    expect(await desk.said('grace', codes.generateRecoveryCodes, { ...wanted, code: wrong(code) })).toBe(
      '3 wrong-code EVENT-8isk2',
    );
    const made = await desk.ask('grace', codes.generateRecoveryCodes, { ...wanted, code });
    const [recoveryCode = '', other = ''] = made.recoveryCodes;
    await desk.ask('grace', codes.generateRecoveryCodes, { ...wanted, recoveryCode });
    expect(await desk.said('grace', codes.removeRecoveryCodes, { userId, recoveryCode: other })).toBe(
      '3 wrong-recovery-code DOMAIN-6uvh0',
    );
  });

  it('may be a recovery code, where the app is lost', async () => {
    const made = await desk.ask('owner', codes.generateRecoveryCodes, { userId, count: 1 });
    const [recoveryCode = ''] = made.recoveryCodes;
    await desk.ask('grace', factor.removeTotp, { userId, totpId, recoveryCode });
    expect((await desk.ask('grace', factor.listFactors, { userId })).totpDevices).toEqual([]);
  });
});
