// What is asked for at which path, and which call of the contract answers it.

import { QrKind } from '#contract/countersign/v1/factor_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import {
  backupCodes,
  disabled,
  enabled,
  setUp,
  setUpOf,
  state,
  stateOf,
  verified,
} from '#transport/dialects/me-2fa/answers.js';
import { alreadyShown } from '#transport/plain/answers.js';
import { asking, json, type Route, route } from '#transport/plain/dialect.js';

const { startTotpRegistration, verifyTotpRegistration, verifyTotp, listFactors, removeFactors } =
  FactorService.method;
const { generateRecoveryCodes, verifyRecoveryCode } = RecoveryCodeService.method;

const path = '/v1/me/2fa';
const codesCount = 10;

const code = { required: true, description: 'Of the app.', example: '123456' } as const;

const proofs = {
  code: { required: false, description: 'Of the app.', example: '123456' },
  backupCode: { required: false, description: 'In place of `code`.', example: '2A3B-4C5D-6E7F-8G9H' },
} as const;

const oneProof = ['code', 'backupCode'] as const;

const wrong = [
  'wrong-code',
  'code-already-used',
  'not-found',
  'factor-disabled',
  'too-many-attempts',
] as const;

const verifiedWith = (recoveryCodesLeft = 0) =>
  json({ verified: true, backupCodesRemaining: recoveryCodesLeft });

export const routes: readonly Route[] = [
  route({
    verb: 'POST',
    path: `${path}/setup`,
    summary: 'Initiate 2FA setup',
    fields: {},
    answer: setUp,
    refusals: ['already-enrolled', 'factors-max', 'step-up'],
    run: asking(
      startTotpRegistration,
      ({ userId }) => ({ userId, onlyNew: true, qr: QrKind.PNG, recoveryCodes: codesCount }),
      (message) => (message.secretAlreadyShown ? alreadyShown : json(setUpOf(message))),
    ),
  }),
  route({
    verb: 'POST',
    path: `${path}/verify-setup`,
    summary: 'Enable 2FA by the first code',
    fields: { code },
    answer: enabled,
    refusals: ['wrong-code', 'not-found', 'already-enrolled', 'too-many-attempts', 'step-up'],
    run: asking(
      verifyTotpRegistration,
      ({ userId, input }) => ({ userId, code: input.code }),
      () => json({ enabled: true }),
    ),
  }),
  route({
    verb: 'POST',
    path: `${path}/verify`,
    summary: 'Check a code, and spend it',
    fields: proofs,
    oneOf: oneProof,
    answer: verified,
    refusals: wrong,
    run: (call) => (call.brings('backupCode') ? byBackupCode(call) : byCode(call)),
  }),
  route({
    verb: 'GET',
    path,
    summary: 'Tell whether 2FA is enabled',
    fields: {},
    answer: state,
    refusals: [],
    run: asking(
      listFactors,
      ({ userId }) => ({ userId }),
      (message) => json(stateOf(message)),
    ),
  }),
  route({
    verb: 'POST',
    path: `${path}/backup-codes`,
    summary: 'Make new backup codes, which void the old ones',
    fields: { code },
    answer: backupCodes,
    refusals: [...wrong, 'step-up'],
    run: asking(
      generateRecoveryCodes,
      ({ userId, input }) => ({ userId, code: input.code, count: codesCount }),
      ({ secretAlreadyShown, recoveryCodes }) =>
        secretAlreadyShown ? alreadyShown : json({ backupCodes: [...recoveryCodes] }),
    ),
  }),
  route({
    verb: 'POST',
    path: `${path}/disable`,
    summary: 'Disable 2FA: the app and the backup codes go at once',
    fields: proofs,
    oneOf: oneProof,
    answer: disabled,
    refusals: [...wrong, 'step-up'],
    run: asking(
      removeFactors,
      ({ userId, input }) => ({ userId, code: input.code, recoveryCode: input.backupCode }),
      () => json({ enabled: false }),
    ),
  }),
];

const byCode = asking<typeof proofs, typeof verifyTotp>(
  verifyTotp,
  ({ userId, input }) => ({ userId, code: input.code ?? '' }),
  ({ recoveryCodesLeft }) => verifiedWith(recoveryCodesLeft),
);

const byBackupCode = asking<typeof proofs, typeof verifyRecoveryCode>(
  verifyRecoveryCode,
  ({ userId, input }) => ({ userId, code: input.backupCode ?? '' }),
  ({ recoveryCodesLeft }) => verifiedWith(recoveryCodesLeft),
);
