// What a caller is told of proofs and of the keys that sign them.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';

import { organizationId } from '#application/testing/house.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { KeyService, type SigningKey, SigningKeyUse } from '#contract/countersign/v1/key_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { type CountersignDesk, openCountersignDesk } from '#transport/testing/countersign-desk.js';
import { people } from '#transport/testing/desk.js';

const factor = FactorService.method;
const recovery = RecoveryCodeService.method;
const keys = KeyService.method;
const userId = people.grace;
const proofAudience = 'https://bank.example';

let desk: CountersignDesk;
let codes: string[];
beforeAll(async () => {
  desk = await openCountersignDesk();
  codes = (await desk.ask('owner', recovery.generateRecoveryCodes, { userId, count: 9 })).recoveryCodes;
});
afterAll(() => desk.close());

const under = (idempotencyKey: string, person: 'owner' | 'root' = 'owner') => ({ person, idempotencyKey });
const usesOf = (told: { readonly signingKeys: readonly SigningKey[] }) =>
  told.signingKeys.map(({ use }) => use);

describe('a proof', () => {
  it('comes with what was verified, where an audience is named', async () => {
    const [code = ''] = codes.splice(0, 1);
    const told = await desk.ask('owner', recovery.verifyRecoveryCode, { userId, code, proofAudience });
    expect(told).toMatchObject({ recoveryCodesLeft: 8, secretAlreadyShown: false });
    expect(decodeJwt(told.proof)).toMatchObject({ aud: proofAudience, resource_owner: organizationId });
    const { signingKeys } = await desk.ask('root', keys.listSigningKeys, {});
    expect(signingKeys.map(({ id }) => id)).toEqual([decodeProtectedHeader(told.proof).kid]);
  });

  it('is left out of a repeat, which says so', async () => {
    const [code = ''] = codes.splice(0, 1);
    const verify = () =>
      desk.call(under('proof'), recovery.verifyRecoveryCode, { userId, code, proofAudience });
    const [first, again] = [await verify(), await verify()];
    expect(first).toMatchObject({ kind: 'answered', message: { secretAlreadyShown: false } });
    expect(again).toMatchObject({
      kind: 'answered',
      message: { proof: '', secretAlreadyShown: true, recoveryCodesLeft: 7 },
      headers: { 'idempotent-replayed': 'true', 'x-countersign-secret-already-shown': 'true' },
    });
  });

  it('was not shown where none was asked for, in a repeat either', async () => {
    const [code = ''] = codes.splice(0, 1);
    const verify = () => desk.call(under('none'), recovery.verifyRecoveryCode, { userId, code });
    const [first, again] = [await verify(), await verify()];
    expect(first).toMatchObject({ message: { proof: '', secretAlreadyShown: false } });
    expect(again).toMatchObject({ message: { proof: '', secretAlreadyShown: false } });
    expect(again.headers).not.toHaveProperty('x-countersign-secret-already-shown');
  });

  it('says for what a TOTP code was given', async () => {
    const { secret } = await desk.ask('owner', factor.startTotpRegistration, { userId });
    await desk.ask('owner', factor.verifyTotpRegistration, { userId, code: desk.codeOf(secret) });
    desk.house.clock.now += 30_000;
    const asked = { userId, code: desk.codeOf(secret), purpose: 'pay 12 EUR', proofAudience };
    const { proof, totpId } = await desk.ask('owner', factor.verifyTotp, asked);
    expect(decodeJwt(proof)).toMatchObject({ purpose: 'pay 12 EUR', totp_id: totpId, sub: userId });
  });

  it('for nobody is refused by the field that names nobody', async () => {
    const [code = ''] = codes;
    const asked = { userId, code, proofAudience: '' };
    expect(await desk.fields('owner', recovery.verifyRecoveryCode, asked)).toEqual(['proof_audience']);
  });
});

describe('a signing key', () => {
  const { SIGNS, WAITS } = SigningKeyUse;

  it('that is ordered waits, and is ordered once by a call that is sent again', async () => {
    const first = await desk.ask(under('rotate', 'root'), keys.rotateSigningKey, {});
    expect(usesOf(first)).toEqual([SIGNS, WAITS]);
    const [signing, waiting] = first.signingKeys;
    expect(signing?.until).toEqual(waiting?.until);
    desk.house.clock.now += 900_000;
    expect(await desk.ask(under('rotate', 'root'), keys.rotateSigningKey, {})).toMatchObject({
      details: first.details,
      signingKeys: [{ use: SigningKeyUse.VERIFIES }, { id: waiting?.id, use: SIGNS }],
    });
  });

  it('that is added at once is the only one', async () => {
    expect(usesOf(await desk.ask('root', keys.rotateSigningKey, { atOnce: true }))).toEqual([SIGNS]);
    expect(usesOf(await desk.ask('root', keys.listSigningKeys, {}))).toEqual([SIGNS]);
  });
});
