import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AddOrganization } from '#application/organization/add-organization.js';
import type { Secrets } from '#application/parts.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { RemoveRecoveryCodes } from '#application/recovery-codes/remove-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { addDevice, addPerson, answerOf, codeOf, pastOf, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { realSecrets } from '#application/testing/secrets.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { unavailable } from '#event-log/errors.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';
import { base32Decode } from '#secrets/base32.js';
import { HashLane } from '#secrets/hash-lane.js';

const anotherOrganizationId = '0198f3a2-0000-7000-8000-000000000002' as OrganizationId;
const unknownCode = '0000-0000-0000-0000';
const checkSucceeded = 'user.human.mfa.recoverycode.check.succeeded';
const checkFailed = 'user.human.mfa.recoverycode.check.failed';
const added = 'user.human.mfa.recoverycode.added';

/** Every hash that was made or compared with, in turn. */
const hashed: string[] = [];
function counting(lane: Secrets['recoveryHashes']): Secrets['recoveryHashes'] {
  const counted = <Result>(name: string, result: Result) => {
    hashed.push(name);
    return result;
  };
  return {
    hash: (text) => counted('hash', lane.hash(text)),
    verify: (stored, text) => counted('verify', lane.verify(stored, text)),
    verifyDummy: (text) => counted('dummy', lane.verifyDummy(text)),
  };
}

let house: House;
beforeAll(async () => {
  const secrets = await realSecrets();
  const recoveryHashes = counting(secrets.recoveryHashes);
  house = await openHouse({ soleWriter: false, secrets: { ...secrets, recoveryHashes } });
  await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
});
afterAll(() => house.close());

let userId: UserId;
beforeEach(async () => {
  userId = await addPerson(house);
  hashed.length = 0;
});

const accepted = (sequence: number, answer: unknown = null) => ({
  kind: 'accepted',
  answer,
  details: { sequence, changeDate: house.clock.now, resourceOwner: organizationId },
});
const rejected = (refusal: object) => ({ kind: 'rejected', refusal });
const generate = (more: Partial<ConstructorParameters<typeof GenerateRecoveryCodes>[0]> = {}) =>
  house.run(new GenerateRecoveryCodes({ organizationId, userId, count: 2, by, ...more }));
const codesOf = async (...more: Parameters<typeof generate>) => answerOf(await generate(...more)).codes;
const verify = (code = '', at = house) =>
  at.run(new VerifyRecoveryCode({ organizationId, userId, code, by }));
const remove = (more: Partial<ConstructorParameters<typeof RemoveRecoveryCodes>[0]> = {}) =>
  house.run(new RemoveRecoveryCodes({ organizationId, userId, by, ...more }));
const unknownSelector = (codes: readonly string[]) =>
  ['22', '33', '44'].find((selector) => codes.every((code) => !code.startsWith(selector))) ?? '';
const past = () => pastOf(house, userId);

describe('generating recovery codes', () => {
  it('tells their texts once, and keeps hashes', async () => {
    const outcome = await generate();
    const { codes } = answerOf(outcome);
    expect(outcome).toEqual(accepted(2, { codes: [expect.any(String), expect.any(String)] }));
    const stream = house.application.userStream(userId);
    const page = await house.parts.log.readStream(stream, { direction: 'forward', from: 0, limit: 10 });
    const [code = ''] = codes;
    expect(JSON.stringify(page)).not.toContain(code.slice(5, 9) + code.slice(10, 14));
    expect(JSON.stringify(page)).not.toContain(code.slice(5));
  });

  it('makes as many as the organization says where nothing is said', async () => {
    expect(await codesOf({ count: null })).toHaveLength(10);
  });

  it('generating codes voids the old', async () => {
    const [old] = await codesOf();
    const [young] = await codesOf();
    expect(await verify(old)).toMatchObject(rejected({ code: 'wrong-recovery-code' }));
    expect(await verify(young)).toMatchObject({ kind: 'accepted' });
  });

  it('codes made with a pending factor count from its confirmation on', async () => {
    const started = answerOf(await house.run(new StartTotpRegistration({ organizationId, userId, by })));
    const [code] = await codesOf({ withPending: true });
    expect(await verify(code)).toEqual(rejected({ code: 'recovery-codes-not-found' }));
    const { bytes: key } = base32Decode(started.secret) as { readonly bytes: Buffer };
    const first = codeOf(house, { ...started, key });
    await house.run(new VerifyTotpRegistration({ organizationId, userId, code: first, by }));
    expect(await verify(code)).toMatchObject({ kind: 'accepted' });
  });

  it('is refused where there is no registration that they could wait for, and no proof is spent', async () => {
    const phone = await addDevice(house, userId);
    const code = codeOf(house, phone);
    expect(await generate({ withPending: true, code })).toEqual(
      rejected({ code: 'totp-registration-not-found' }),
    );
    expect(await past()).toHaveLength(2);
    expect(await generate({ code })).toMatchObject({ kind: 'accepted' });
  });

  it('spends the code that it is given for a proof', async () => {
    const phone = await addDevice(house, userId);
    expect(await generate({ code: codeOf(house, phone) })).toMatchObject({ details: { sequence: 4 } });
    expect((await past()).slice(2)).toEqual(['user.human.mfa.otp.check.succeeded', added]);
  });

  it('counts a wrong code, and makes none', async () => {
    const phone = await addDevice(house, userId);
    expect(await generate({ code: wrongCodeOf(house, phone) })).toMatchObject(
      rejected({ code: 'wrong-code', attemptsLeft: 19 }),
    );
    expect((await past()).slice(2)).toEqual(['user.human.mfa.otp.check.failed']);
  });

  it('spends the recovery code that it is given for a proof, or counts a wrong one', async () => {
    const [recoveryCode = ''] = await codesOf();
    expect(await generate({ recoveryCode: unknownCode })).toMatchObject(
      rejected({ code: 'wrong-recovery-code' }),
    );
    expect(await generate({ recoveryCode })).toMatchObject({ details: { sequence: 5 } });
    expect((await past()).slice(2)).toEqual([checkFailed, checkSucceeded, added]);
  });

  it('hashes each code once, also where a race is lost', async () => {
    const another = await house.another();
    const from = (at: House) => at.run(new GenerateRecoveryCodes({ organizationId, userId, count: 2, by }));
    // Both know the stream as it is now, so that the one that comes later has to decide again.
    await Promise.all([remove(), another.run(new RemoveRecoveryCodes({ organizationId, userId, by }))]);
    const outcomes = await Promise.all([from(house), from(another)]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
    expect(hashed).toEqual(['hash', 'hash', 'hash', 'hash']);
    await another.close();
  });
});

describe('verifying a recovery code', () => {
  it('spends it, and says how many are left', async () => {
    const [code = ''] = await codesOf({ count: 5 });
    expect(await verify(code.toLowerCase().replaceAll('-', ' '))).toEqual(
      accepted(3, { codesLeft: 4, notice: null }),
    );
    expect(await verify(code)).toEqual(
      rejected({ code: 'wrong-recovery-code', nextAttemptAt: house.clock.now }),
    );
    expect((await past()).slice(2)).toEqual([checkSucceeded, checkFailed]);
  });

  it('gives notice when three are left', async () => {
    const [code] = await codesOf({ count: 4 });
    expect(await verify(code)).toEqual(accepted(3, { codesLeft: 3, notice: 'few-left' }));
  });

  it('one recovery code, sixty-four parallel uses: one spent', async () => {
    const [code] = await codesOf();
    const uses = await Promise.all(Array.from({ length: 64 }, () => verify(code)));
    expect(uses.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect((await past()).filter((type) => type === checkSucceeded)).toHaveLength(1);
    expect(await past()).toHaveLength(2 + 1 + 5);
  });

  it('one recovery code in two processes: one spends it, and neither hashes a pair again', async () => {
    const [code] = await codesOf();
    const another = await house.another();
    await verify('no code', another);
    hashed.length = 0;
    const uses = await Promise.all([verify(code), verify(code, another)]);
    expect(uses.map(({ kind }) => kind).toSorted()).toEqual(['accepted', 'rejected']);
    expect((await past()).slice(2).toSorted()).toEqual([checkFailed, checkSucceeded]);
    expect(hashed).toEqual(['verify', 'verify']);
    await another.close();
  });

  it('a guess costs one hash, also where no code has its selector', async () => {
    const codes = await codesOf();
    const [code = ''] = codes;
    hashed.length = 0;
    await verify(`${code.slice(0, 2)}${unknownCode.slice(2)}`);
    await verify(unknownSelector(codes) + unknownCode.slice(2));
    expect(hashed).toEqual(['verify', 'dummy']);
  });

  it('text that is no recovery code is no guess: no hash and no trace', async () => {
    await codesOf();
    hashed.length = 0;
    expect(await verify('123456')).toEqual(rejected({ code: 'malformed-recovery-code' }));
    expect(hashed).toEqual([]);
    expect(await past()).toHaveLength(2);
  });

  it('while a guess is delayed, nothing is hashed', async () => {
    const [code] = await codesOf();
    await Promise.all(Array.from({ length: 5 }, () => verify(unknownCode)));
    hashed.length = 0;
    const nextAttemptAt = house.clock.now + 30_000;
    expect(await verify(code)).toEqual(
      rejected({ code: 'attempts-delayed', nextAttemptAt, attemptsLeft: null }),
    );
    expect(hashed).toEqual([]);
    expect(await past()).toHaveLength(7);
  });

  it('is refused where there are none', async () => {
    expect(await verify(unknownCode)).toEqual(rejected({ code: 'recovery-codes-not-found' }));
    expect(await past()).toHaveLength(1);
    expect(hashed).toEqual([]);
  });
});

describe('removing recovery codes', () => {
  it('leaves none, and is no change where there are none', async () => {
    const [code] = await codesOf();
    expect(await remove()).toEqual(accepted(3));
    expect(await remove()).toEqual(accepted(3));
    expect(await verify(code)).toEqual(rejected({ code: 'recovery-codes-not-found' }));
    expect(await past()).toHaveLength(3);
  });

  it('by an administrator ends all sessions where no factor is left', async () => {
    const byAdministrator = true;
    expect(await remove({ byAdministrator })).toEqual(accepted(1));
    await codesOf();
    expect(await remove({ byAdministrator })).toEqual(accepted(4));
    expect((await past()).slice(2)).toEqual(['user.human.mfa.recoverycode.removed', 'user.sessions.ended']);
    await addDevice(house, userId);
    await codesOf();
    expect(await remove({ byAdministrator })).toEqual(accepted(7));
  });

  it('spends the proof that it is given, or counts a wrong one', async () => {
    const [recoveryCode = ''] = await codesOf();
    expect(await remove({ recoveryCode: unknownCode })).toMatchObject(
      rejected({ code: 'wrong-recovery-code' }),
    );
    expect(await remove({ recoveryCode: 'no code' })).toEqual(rejected({ code: 'malformed-recovery-code' }));
    expect(await remove({ recoveryCode })).toEqual(accepted(5));
    expect((await past()).slice(2)).toEqual([
      checkFailed,
      checkSucceeded,
      'user.human.mfa.recoverycode.removed',
    ]);
  });
});

describe('where more hashes are wanted than may wait', () => {
  it('a command is refused as busy, and nothing was compared or recorded', async () => {
    const secrets = await realSecrets();
    const recoveryHashes = new HashLane({ concurrent: 1, waitingMax: 0 });
    const busy = await openHouse({ secrets: { ...secrets, recoveryHashes } });
    await busy.run(new AddOrganization({ organizationId, name: 'Acme', by }));
    const ada = { organizationId, userId: await addPerson(busy), by };
    await busy.run(new GenerateRecoveryCodes({ ...ada, count: 1 }));
    const running = recoveryHashes.hash('something else');
    const refused = rejected({ code: 'busy', retryAfterMs: expect.any(Number) });
    expect(await busy.run(new VerifyRecoveryCode({ ...ada, code: unknownCode }))).toEqual(refused);
    expect(await busy.run(new RemoveRecoveryCodes({ ...ada, recoveryCode: unknownCode }))).toEqual(refused);
    expect(await busy.run(new GenerateRecoveryCodes(ada))).toEqual(refused);
    expect(await pastOf(busy, ada.userId)).toHaveLength(2);
    await running;
    await busy.close();
  });
});

describe('where the log is away', () => {
  it('that is a failure and no refusal', async () => {
    const away = unavailable('for a test');
    const log = logWith(new InMemoryEventLog(), { readStream: () => Promise.reject(away) });
    const broken = await openHouse({ log });
    await expect(verify(unknownCode, broken)).rejects.toBe(away);
    await broken.close();
  });
});

describe('recovery codes', () => {
  it('are of a user of this organization, not of another organization', async () => {
    const [code = ''] = await codesOf();
    const elsewhere = { organizationId: anotherOrganizationId, userId, by };
    const notFound = rejected({ code: 'user-not-found' });
    expect(await house.run(new VerifyRecoveryCode({ ...elsewhere, code }))).toEqual(notFound);
    expect(await house.run(new RemoveRecoveryCodes(elsewhere))).toEqual(notFound);
    expect(await house.run(new GenerateRecoveryCodes({ ...elsewhere, count: 1 }))).toEqual(notFound);
    expect(await past()).toHaveLength(2);
  });

  it.each([
    { more: { count: 0 }, field: 'count' },
    { more: { count: 51 }, field: 'count' },
    { more: { withPending: 'yes' as unknown as boolean }, field: 'withPending' },
    { more: { code: '' }, field: 'code' },
    { more: { recoveryCode: 'x'.repeat(65) }, field: 'recoveryCode' },
  ])('are generated from what is checked field by field: $more', async ({ more, field }) => {
    expect(await generate(more)).toMatchObject(rejected({ code: 'invalid-input', violations: [{ field }] }));
  });

  it('are verified and removed with what is checked field by field', async () => {
    const violation = (field: string) => rejected({ code: 'invalid-input', violations: [{ field }] });
    expect(await verify('')).toMatchObject(violation('code'));
    expect(await remove({ code: '' })).toMatchObject(violation('code'));
    expect(await remove({ recoveryCode: '' })).toMatchObject(violation('recoveryCode'));
  });
});
