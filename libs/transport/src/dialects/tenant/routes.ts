// What is asked for at which path, and which call of the contract answers it.

import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import {
  begun,
  begunOf,
  confirmed,
  factors,
  factorsOf,
  verified,
} from '#transport/dialects/tenant/answers.js';
import { alreadyShown } from '#transport/plain/answers.js';
import { asking, json, nothing, type Route, route } from '#transport/plain/dialect.js';
import { proofIn } from '#transport/plain/proof.js';

const { startTotpRegistration, verifyTotpRegistration, verifyTotp, listFactors, removeTotp } =
  FactorService.method;

const code = { required: true, description: 'Of the app.', example: '123456' } as const;

const proof = {
  required: false,
  description: 'Of this app, or a recovery code. One that was never confirmed is removed without.',
  example: '123456',
} as const;

const name = {
  required: false,
  description: 'At most 100 characters. A second app needs one that no other has.',
  example: 'Telephone',
} as const;

export const routes: readonly Route[] = [
  route({
    verb: 'POST',
    path: '/v1/users/me/mfa/totp',
    summary: 'Begin TOTP enrollment',
    fields: { name },
    answer: begun,
    refusals: ['already-enrolled', 'factors-max', 'step-up'],
    run: asking(
      startTotpRegistration,
      ({ userId, input }) => ({ userId, name: input.name, onlyNew: true }),
      (message) => (message.secretAlreadyShown ? alreadyShown : json(begunOf(message))),
    ),
  }),
  route({
    verb: 'POST',
    path: '/v1/users/me/mfa/totp/{id}/verify',
    summary: 'Confirm TOTP enrollment by the first code',
    fields: { code },
    answer: confirmed,
    refusals: ['wrong-code', 'not-found', 'already-enrolled', 'too-many-attempts', 'step-up'],
    run: asking(
      verifyTotpRegistration,
      ({ userId, input, params }) => ({ userId, totpId: params.id, code: input.code }),
      ({ totpId }) => json({ id: totpId, verified: true }),
    ),
  }),
  route({
    verb: 'POST',
    path: '/v1/users/me/mfa/verify',
    summary: 'Check a code, and spend it',
    fields: { code },
    answer: verified,
    refusals: ['wrong-code', 'code-already-used', 'not-found', 'factor-disabled', 'too-many-attempts'],
    run: asking(
      verifyTotp,
      ({ userId, input }) => ({ userId, code: input.code }),
      () => json({ verified: true }),
    ),
  }),
  route({
    verb: 'GET',
    path: '/v1/users/me/mfa',
    summary: 'List factors',
    fields: {},
    answer: factors,
    refusals: [],
    run: asking(
      listFactors,
      ({ userId }) => ({ userId }),
      (message) => json(factorsOf(message)),
    ),
  }),
  route({
    verb: 'DELETE',
    path: '/v1/users/me/mfa/totp/{id}',
    summary: 'Remove a factor',
    fields: { code: proof },
    answer: null,
    refusals: [
      'code-required',
      'wrong-code',
      'code-already-used',
      'not-found',
      'too-many-attempts',
      'step-up',
    ],
    run: asking(
      removeTotp,
      ({ userId, input, params }) => ({ userId, totpId: params.id ?? '', ...proofIn(input.code) }),
      () => nothing,
    ),
  }),
];
