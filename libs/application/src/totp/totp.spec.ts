import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AddOrganization } from '#application/organization/add-organization.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import {
  addDevice,
  addPerson,
  answerOf,
  codeOf,
  type Device,
  pastOf,
  wrongCodeOf,
} from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId, startOfTime } from '#application/testing/house.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { RemoveTotp } from '#application/totp/remove-totp.js';
import { RenameTotp } from '#application/totp/rename-totp.js';
import { ResyncTotp } from '#application/totp/resync-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { base32Decode, base32Encode } from '#secrets/base32.js';
import { newTotpSecret } from '#secrets/totp.js';

const anotherOrganizationId = '0198f3a2-0000-7000-8000-000000000002' as OrganizationId;
const unknownTotpId = 'no device' as TotpId;
const { totpParameters } = defaultSettings;

let house: House;
beforeAll(async () => {
  house = await openHouse();
  await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
  await house.run(new AddOrganization({ organizationId: anotherOrganizationId, name: 'Umbrella', by }));
});
afterAll(() => house.close());

const details = (sequence: number) => ({
  sequence,
  changeDate: house.clock.now,
  resourceOwner: organizationId,
});
const accepted = (sequence: number, answer: unknown = null) => ({
  kind: 'accepted',
  answer,
  details: details(sequence),
});
const rejected = (refusal: object) => ({ kind: 'rejected', refusal });
const wrongCode = (hint: string | null, attemptsLeft: number) =>
  rejected({ code: 'wrong-code', attemptsLeft, nextAttemptAt: house.clock.now, hint });

describe('confirming a registration', () => {
  const secretOf = (text: string) => (base32Decode(text) as { readonly bytes: Buffer }).bytes;

  async function start(chosen: Partial<ConstructorParameters<typeof StartTotpRegistration>[0]> = {}) {
    const userId = await addPerson(house);
    const started = answerOf(
      await house.run(new StartTotpRegistration({ organizationId, userId, ...chosen, by })),
    );
    const device: Device = { ...started, key: secretOf(started.secret) };
    const confirm = (
      code: string,
      named: Partial<ConstructorParameters<typeof VerifyTotpRegistration>[0]> = {},
    ) => house.run(new VerifyTotpRegistration({ organizationId, userId, code, ...named, by }));
    return { userId, device, confirm };
  }

  it('takes its first code, which is spent', async () => {
    const { userId, device, confirm } = await start();
    const { totpId } = device;
    const code = codeOf(house, device);
    expect(await confirm(code)).toEqual(accepted(3, { totpId, recoveryCodes: null }));
    expect(await house.run(new VerifyTotp({ organizationId, userId, code, by }))).toMatchObject(
      rejected({ code: 'code-already-used' }),
    );
  });

  it('takes the device that is named', async () => {
    const { userId, device, confirm } = await start();
    const code = codeOf(house, device);
    expect(await confirm(code, { totpId: unknownTotpId })).toEqual(rejected({ code: 'totp-not-found' }));
    expect(await confirm(code, { totpId: device.totpId })).toMatchObject({ kind: 'accepted' });
    expect(await confirm(code, { totpId: device.totpId })).toEqual(rejected({ code: 'totp-already-ready' }));
    expect(await pastOf(house, userId)).toHaveLength(3);
  });

  it('a wrong first code is counted', async () => {
    const { userId, device, confirm } = await start();
    expect(await confirm(wrongCodeOf(house, device))).toEqual(wrongCode(null, 29));
    expect(await pastOf(house, userId)).toEqual([
      'user.human.added',
      'user.human.mfa.otp.added',
      'user.human.mfa.otp.check.failed',
    ]);
  });

  it.each([
    { algorithm: 'SHA256', digits: 6, periodSeconds: 30 },
    { algorithm: 'SHA1', digits: 6, periodSeconds: 60 },
    { algorithm: 'SHA1', digits: 8, periodSeconds: 30 },
    { algorithm: 'SHA512', digits: 8, periodSeconds: 60 },
  ] as const)(
    'a code that fits the default parameters but not the chosen ones ($algorithm, $digits, $periodSeconds s) is refused with a hint of the likely cause',
    async (chosen) => {
      const { userId, device, confirm } = await start(chosen);
      const code = codeOf(house, { ...device, parameters: totpParameters });
      expect(await confirm(code)).toEqual(wrongCode('default-parameters', 29));
      expect(await pastOf(house, userId)).toHaveLength(3);
    },
  );

  it('six digits for eight that fit nothing are a wrong code without a hint, and counted', async () => {
    const { userId, device, confirm } = await start({ digits: 8 });
    const code = wrongCodeOf(house, { ...device, parameters: totpParameters });
    expect(await confirm(code)).toEqual(wrongCode(null, 29));
    expect(await pastOf(house, userId)).toHaveLength(3);
  });

  it('a code of minutes ago is refused with a hint at the clock', async () => {
    const { device, confirm } = await start();
    expect(await confirm(codeOf(house, device, -8))).toEqual(wrongCode('clock-drift', 29));
  });

  it.each(['1234567', '12345678', 'abcdef'])(
    '%s is no code of it: it is no guess, and leaves no trace',
    async (code) => {
      const { userId, confirm } = await start();
      expect(await confirm(code)).toEqual(rejected({ code: 'malformed-code', digits: [6] }));
      expect(await pastOf(house, userId)).toHaveLength(2);
    },
  );

  it('comes too late after ten minutes', async () => {
    const { userId, device, confirm } = await start();
    house.clock.now += 600_000;
    expect(await confirm(codeOf(house, device))).toEqual(rejected({ code: 'totp-registration-expired' }));
    expect(await pastOf(house, userId)).toHaveLength(2);
  });

  it('is for a user of this organization, not of another organization', async () => {
    const { userId, device, confirm } = await start();
    const code = codeOf(house, device);
    expect(await confirm(code, { organizationId: anotherOrganizationId })).toEqual(
      rejected({ code: 'user-not-found' }),
    );
    expect(await pastOf(house, userId)).toHaveLength(2);
  });
});

describe('importing a seed', () => {
  it('an imported seed is ready without proof', async () => {
    const userId = await addPerson(house);
    const secret = base32Encode(newTotpSecret());
    const seed = new RegisterTotpSeed({ organizationId, userId, secret, name: 'Phone', by });
    expect(await house.run(seed)).toEqual(accepted(2, { totpId: expect.any(String) }));
    expect(await pastOf(house, userId)).toEqual(['user.human.added', 'user.human.mfa.otp.imported']);
  });

  it.each([
    { secret: 'not base32 at all!', rule: 'not-base32' },
    { secret: 'GEZDGNBVGY', rule: 'too-short' },
    { secret: 'A'.repeat(136), rule: 'too-long' },
  ])('a seed that is $rule names its field and is not repeated', async ({ secret, rule }) => {
    const userId = await addPerson(house);
    const outcome = await house.run(new RegisterTotpSeed({ organizationId, userId, secret, by }));
    expect(outcome).toMatchObject(
      rejected({ code: 'invalid-input', violations: [{ field: 'secret', rule }] }),
    );
    expect(JSON.stringify(outcome)).not.toContain(secret);
    expect(await pastOf(house, userId)).toHaveLength(1);
  });

  it('is refused where there are as many devices as the organization allows', async () => {
    const userId = await addPerson(house);
    await addDevice(house, userId);
    await addDevice(house, userId);
    await addDevice(house, userId);
    const secret = base32Encode(newTotpSecret());
    expect(await house.run(new RegisterTotpSeed({ organizationId, userId, secret, by }))).toEqual(
      rejected({ code: 'totp-devices-max', maximum: 3 }),
    );
    expect(await pastOf(house, userId)).toHaveLength(4);
  });
});

describe('a device of a user', () => {
  let userId: UserId;
  let phone: Device;
  beforeAll(async () => {
    house.clock.now = startOfTime;
  });

  async function enrol() {
    userId = await addPerson(house);
    phone = await addDevice(house, userId);
  }
  const ofPhone = () => ({ organizationId, userId, totpId: phone.totpId, by });

  describe('is renamed', () => {
    beforeAll(enrol);

    it('to another name, and to none', async () => {
      expect(await house.run(new RenameTotp({ ...ofPhone(), name: 'Work' }))).toEqual(accepted(3));
      expect(await house.run(new RenameTotp({ ...ofPhone(), name: 'Home' }))).toEqual(accepted(4));
      expect(await house.run(new RenameTotp(ofPhone()))).toEqual(accepted(5));
    });

    it('the name that it has already is no change', async () => {
      await house.run(new RenameTotp({ ...ofPhone(), name: 'Same' }));
      const past = await pastOf(house, userId);
      expect(await house.run(new RenameTotp({ ...ofPhone(), name: 'Same' }))).toEqual(accepted(past.length));
      expect(await pastOf(house, userId)).toEqual(past);
    });

    it('unless there is none', async () => {
      const past = await pastOf(house, userId);
      expect(await house.run(new RenameTotp({ ...ofPhone(), totpId: unknownTotpId }))).toEqual(
        rejected({ code: 'totp-not-found' }),
      );
      expect(await pastOf(house, userId)).toEqual(past);
    });
  });

  describe('is resynced', () => {
    const resync = (firstCode: string, secondCode: string) =>
      house.run(new ResyncTotp({ ...ofPhone(), firstCode, secondCode }));

    it('with two consecutive codes of a clock that went wrong', async () => {
      await enrol();
      expect(await resync(codeOf(house, phone, 14), codeOf(house, phone, 15))).toEqual(accepted(3));
      const code = codeOf(house, phone, 16);
      house.clock.now += 30_000;
      expect(await house.run(new VerifyTotp({ ...ofPhone(), code }))).toMatchObject({ kind: 'accepted' });
    });

    it('not with two that are not consecutive, which is counted', async () => {
      await enrol();
      expect(await resync(codeOf(house, phone, 14), codeOf(house, phone, 16))).toEqual(wrongCode(null, 19));
      expect(await pastOf(house, userId)).toHaveLength(3);
    });

    it.each([
      ['123456', '12345678'],
      ['1234567', '123456'],
      ['none', '123456'],
    ])('not with %s and %s, which is no guess', async (first, second) => {
      await enrol();
      expect(await resync(first, second)).toEqual(rejected({ code: 'malformed-code', digits: [6] }));
      expect(await pastOf(house, userId)).toHaveLength(2);
    });
  });

  describe('is removed', () => {
    beforeAll(enrol);
    const remove = (proof: Partial<ConstructorParameters<typeof RemoveTotp>[0]>) =>
      house.run(new RemoveTotp({ ...ofPhone(), ...proof }));
    const generate = async () =>
      answerOf(await house.run(new GenerateRecoveryCodes({ organizationId, userId, count: 1, by })))
        .codes[0] ?? '';

    it('not without a proof', async () => {
      expect(await remove({})).toEqual(rejected({ code: 'proof-required' }));
      expect(await pastOf(house, userId)).toHaveLength(2);
    });

    it('with a code of it, which is spent', async () => {
      await enrol();
      expect(await remove({ code: codeOf(house, phone) })).toEqual(accepted(4));
      expect((await pastOf(house, userId)).slice(2)).toEqual([
        'user.human.mfa.otp.check.succeeded',
        'user.human.mfa.otp.removed',
      ]);
    });

    it('not with a code of another device, which is counted against this one', async () => {
      await enrol();
      const watch = await addDevice(house, userId);
      expect(await remove({ code: codeOf(house, watch) })).toEqual(wrongCode(null, 19));
      expect((await pastOf(house, userId)).slice(3)).toEqual(['user.human.mfa.otp.check.failed']);
    });

    it('not with what is no code of it, which is no guess', async () => {
      await enrol();
      expect(await remove({ code: '12345678' })).toEqual(rejected({ code: 'malformed-code', digits: [6] }));
      expect(await remove({ recoveryCode: 'word of honour' })).toEqual(
        rejected({ code: 'malformed-recovery-code' }),
      );
      expect(await pastOf(house, userId)).toHaveLength(2);
    });

    it('with a recovery code, which is spent', async () => {
      await enrol();
      expect(await remove({ recoveryCode: await generate() })).toEqual(accepted(5));
      expect((await pastOf(house, userId)).slice(3)).toEqual([
        'user.human.mfa.recoverycode.check.succeeded',
        'user.human.mfa.otp.removed',
      ]);
    });

    it('not with a wrong recovery code, which is counted', async () => {
      await enrol();
      await generate();
      expect(await remove({ recoveryCode: '0000-0000-0000-0000' })).toEqual(
        rejected({ code: 'wrong-recovery-code', nextAttemptAt: house.clock.now }),
      );
      expect((await pastOf(house, userId)).slice(3)).toEqual(['user.human.mfa.recoverycode.check.failed']);
    });

    it('not with a recovery code where there are none', async () => {
      await enrol();
      expect(await remove({ recoveryCode: '0000-0000-0000-0000' })).toEqual(
        rejected({ code: 'recovery-codes-not-found' }),
      );
      expect(await pastOf(house, userId)).toHaveLength(2);
    });

    it('by an administrator', async () => {
      await enrol();
      expect(await remove({ byAdministrator: true })).toEqual(accepted(4));
    });

    it('while it waits for its first code, but a proof that comes along is held against what there is', async () => {
      await enrol();
      const { totpId } = answerOf(await house.run(new StartTotpRegistration({ organizationId, userId, by })));
      const removeIt = (code: string) =>
        house.run(new RemoveTotp({ organizationId, userId, totpId, code, by }));
      const right = codeOf(house, phone);
      const wrong = String((Number(right) + 500_000) % 1_000_000).padStart(6, '0');
      expect(await removeIt(wrong)).toMatchObject({ refusal: { code: 'wrong-code' } });
      // Two of the enrolment, the start, the failure, the success and the removal.
      expect(await removeIt(right)).toEqual(accepted(6));
    });

    it('while it waits for its first code, without a proof, and one that is given is not spent', async () => {
      const person = await addPerson(house);
      const { totpId } = answerOf(
        await house.run(new StartTotpRegistration({ organizationId, userId: person, by })),
      );
      const removal = new RemoveTotp({ organizationId, userId: person, totpId, code: '123456', by });
      expect(await house.run(removal)).toEqual(accepted(3));
      expect((await pastOf(house, person)).slice(2)).toEqual(['user.human.mfa.otp.removed']);
    });
  });

  it('is of this organization, not of another organization', async () => {
    await enrol();
    const [code, next] = [codeOf(house, phone), codeOf(house, phone, 1)];
    const secret = base32Encode(newTotpSecret());
    const elsewhere = { ...ofPhone(), organizationId: anotherOrganizationId };
    const notFound = rejected({ code: 'user-not-found' });
    expect(await house.run(new RenameTotp({ ...elsewhere, name: 'Mine' }))).toEqual(notFound);
    expect(await house.run(new RemoveTotp({ ...elsewhere, code }))).toEqual(notFound);
    expect(await house.run(new RemoveTotp({ ...elsewhere, byAdministrator: true }))).toEqual(notFound);
    expect(await house.run(new ResyncTotp({ ...elsewhere, firstCode: code, secondCode: next }))).toEqual(
      notFound,
    );
    expect(await house.run(new VerifyTotp({ ...elsewhere, code }))).toEqual(notFound);
    expect(
      await house.run(new RegisterTotpSeed({ organizationId: anotherOrganizationId, userId, secret, by })),
    ).toEqual(notFound);
    expect(await pastOf(house, userId)).toHaveLength(2);
  });
});

describe('what is sent is checked field by field', () => {
  const userId = 'nobody' as UserId;
  const totpId = 'nothing' as TotpId;
  const long = '1'.repeat(65);

  it.each([
    { command: new VerifyTotpRegistration({ organizationId, userId, code: '', by }), field: 'code' },
    {
      command: new VerifyTotpRegistration({ organizationId, userId, code: '1', totpId: '' as TotpId, by }),
      field: 'totpId',
    },
    { command: new RenameTotp({ organizationId, userId, totpId, name: 'x'.repeat(101), by }), field: 'name' },
    { command: new RemoveTotp({ organizationId, userId, totpId, code: long, by }), field: 'code' },
    {
      command: new RemoveTotp({ organizationId, userId, totpId, recoveryCode: '', by }),
      field: 'recoveryCode',
    },
    {
      command: new ResyncTotp({ organizationId, userId, totpId, firstCode: long, secondCode: '1', by }),
      field: 'firstCode',
    },
    {
      command: new ResyncTotp({ organizationId, userId, totpId, firstCode: '1', secondCode: '', by }),
      field: 'secondCode',
    },
    { command: new RegisterTotpSeed({ organizationId, userId, secret: '', by }), field: 'secret' },
    {
      command: new RegisterTotpSeed({ organizationId, userId, secret: 'A', digits: 7 as 6, by }),
      field: 'digits',
    },
  ])('$command.constructor.name: $field', async ({ command, field }) => {
    expect(await house.run<unknown>(command)).toMatchObject(
      rejected({ code: 'invalid-input', violations: [{ field }] }),
    );
  });
});
