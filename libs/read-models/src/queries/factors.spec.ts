import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { answerOf } from '#application/testing/attempt.js';
import { addDevice, addPerson, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { by, organizationId } from '#application/testing/house.js';
import { RenameTotp } from '#application/totp/rename-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import type { UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { pendingSeconds } from '#domain/totp/decide.js';
import {
  type FactorState,
  listAuthenticationFactors,
  listAuthenticationMethods,
  listFactors,
  recoveryCodesLeft,
} from '#read-models/queries/factors.js';
import { answered } from '#read-models/testing/answers.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';
import { seal } from '#read-models/testing/registry.js';
import { write } from '#read-models/testing/written.js';

let asked: ProjectedHouse;
let userId: UserId;
beforeEach(async () => {
  asked = await openProjected();
  userId = await addPerson(asked.house);
});
afterEach(() => asked.close());

const methods = () =>
  answered(asked.ask((sources) => listAuthenticationMethods(organizationId, userId, sources)));
const factors = (...states: FactorState[]) =>
  answered(asked.ask((sources) => listAuthenticationFactors(organizationId, { userId, states }, sources)));
const allFactors = () => answered(asked.ask((sources) => listFactors(organizationId, userId, sources)));
const codesLeft = () => answered(asked.ask((sources) => recoveryCodesLeft(organizationId, userId, sources)));

const start = () => answerOf(asked.house, new StartTotpRegistration({ organizationId, userId, by }));
const verify = (device: Device, code: string) =>
  asked.house.run(new VerifyTotp({ organizationId, userId, totpId: device.totpId, code, by }));
const generate = () => answerOf(asked.house, new GenerateRecoveryCodes({ organizationId, userId, by }));

/** As often as disables a device, with all the waiting that it takes. */
async function disable(device: Device): Promise<void> {
  for (let guess = 0; guess < defaultSettings.deviceFailuresMax; guess += 1) {
    asked.house.clock.now += defaultSettings.delaySecondsMax * 1_000;
    await verify(device, wrongCodeOf(asked.house, device));
  }
}

const { failuresPerWindowMax, deviceFailuresMax, recoveryCodesCount, delaySecondsFirst } = defaultSettings;

describe('of a user without factors', () => {
  it('there is no method, no factor, and no code left', async () => {
    const { now } = asked.house.clock;
    expect(await methods()).toEqual([]);
    expect(await factors('ready', 'not-ready', 'removed')).toEqual([]);
    const recoveryCodes = { codesLeft: 0, codesPending: 0, nextAttemptAt: now };
    expect(await codesLeft()).toEqual(recoveryCodes);
    expect(await allFactors()).toEqual({ devices: [], attemptsLeft: 0, nextAttemptAt: null, recoveryCodes });
  });
});

describe('of a user who has only a password', () => {
  it('it is the one method, and no factor', async () => {
    const stream = asked.house.application.userStream(userId);
    const hash = seal('nobody opens it');
    const set = { type: 'user.human.password.changed', hash, changeRequired: false, how: 'set' } as const;
    await write(asked.house, stream, { events: [set] });
    expect(await methods()).toEqual(['password']);
    expect(await factors('ready', 'not-ready', 'removed')).toEqual([]);
  });
});

describe('of a user whose device waits for its first code', () => {
  it('the factor is not ready, and no method', async () => {
    await start();
    expect(await methods()).toEqual([]);
    expect(await factors()).toEqual([]);
    expect(await factors('not-ready')).toEqual([{ kind: 'totp', state: 'not-ready' }]);
  });

  it('the device is told with its end, and is forgotten after it', async () => {
    const { now } = asked.house.clock;
    const { totpId } = await start();
    const expiresAt = now + pendingSeconds * 1_000;
    expect((await allFactors()).devices).toEqual([
      {
        totpId,
        name: null,
        state: 'pending',
        parameters: defaultSettings.totpParameters,
        createdAt: now,
        expiresAt,
        lastUsedAt: null,
        attemptsLeft: failuresPerWindowMax,
        nextAttemptAt: now,
      },
    ]);
    asked.house.clock.now = expiresAt;
    expect((await allFactors()).devices).toEqual([]);
    expect(await factors('not-ready')).toEqual([]);
  });

  it('codes made with it are pending, and gone with it', async () => {
    await start();
    const command = new GenerateRecoveryCodes({ organizationId, userId, withPending: true, by });
    await answerOf(asked.house, command);
    expect(await codesLeft()).toMatchObject({ codesLeft: 0, codesPending: recoveryCodesCount });
    asked.house.clock.now += pendingSeconds * 1_000;
    expect(await codesLeft()).toMatchObject({ codesLeft: 0, codesPending: 0 });
  });
});

describe('of a user with devices', () => {
  it('each is told with its name, its use, and its guesses left', async () => {
    const { house } = asked;
    const { now } = house.clock;
    const [phone, tablet] = [await addDevice(house, userId), await addDevice(house, userId, { digits: 8 })];
    const { totpId } = phone;
    await answerOf(house, new RenameTotp({ organizationId, userId, totpId, name: 'phone', by }));
    house.clock.now += 60_000;
    const used = house.clock.now;
    expect(await verify(phone, codeOf(house, phone))).toMatchObject({ kind: 'accepted' });
    expect(await verify(tablet, wrongCodeOf(house, tablet))).toMatchObject({ kind: 'rejected' });
    const common = { state: 'ready', createdAt: now, expiresAt: null, nextAttemptAt: used };
    expect(await allFactors()).toMatchObject({
      devices: [
        { ...common, totpId, name: 'phone', lastUsedAt: used, attemptsLeft: deviceFailuresMax },
        {
          ...common,
          totpId: tablet.totpId,
          name: null,
          lastUsedAt: null,
          attemptsLeft: deviceFailuresMax - 1,
        },
      ],
      attemptsLeft: Math.ceil((failuresPerWindowMax - 1) / 2),
      nextAttemptAt: used,
    });
    expect(await methods()).toEqual(['totp']);
    expect(await factors()).toEqual([{ kind: 'totp', state: 'ready' }]);
    expect(await factors('ready', 'not-ready')).toHaveLength(1);
    expect(await factors('not-ready', 'removed')).toEqual([]);
  });

  it('what has failed too often says when the next guess is looked at', async () => {
    const { house } = asked;
    const device = await addDevice(house, userId);
    for (let guess = 0; guess < defaultSettings.failuresBeforeDelay; guess += 1)
      await verify(device, wrongCodeOf(house, device));
    const nextAttemptAt = house.clock.now + delaySecondsFirst * 1_000;
    expect(await allFactors()).toMatchObject({
      devices: [{ nextAttemptAt }],
      nextAttemptAt,
      recoveryCodes: { nextAttemptAt },
    });
  });

  it('a disabled one is no method, is not ready, and has no guess left until it is reset', async () => {
    const device = await addDevice(asked.house, userId);
    await disable(device);
    expect(await methods()).toEqual([]);
    expect(await factors()).toEqual([]);
    expect(await factors('not-ready')).toEqual([{ kind: 'totp', state: 'not-ready' }]);
    expect(await allFactors()).toMatchObject({
      devices: [{ state: 'disabled', attemptsLeft: 0, nextAttemptAt: null }],
      attemptsLeft: 0,
      nextAttemptAt: null,
    });
  });
});

describe('of a user with recovery codes', () => {
  it('they are a method until the last is spent, and counted', async () => {
    const { codes } = await generate();
    expect(await methods()).toEqual(['recovery-code']);
    for (const [spent, code] of (codes ?? []).entries()) {
      expect(await codesLeft()).toMatchObject({ codesLeft: recoveryCodesCount - spent, codesPending: 0 });
      await answerOf(asked.house, new VerifyRecoveryCode({ organizationId, userId, code, by }));
    }
    expect(await methods()).toEqual([]);
    expect(await allFactors()).toMatchObject({ recoveryCodes: { codesLeft: 0 } });
  });
});
