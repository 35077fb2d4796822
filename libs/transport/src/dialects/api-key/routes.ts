// What is asked for at which path, and which call of the contract answers it.

import { QrKind } from '#contract/countersign/v1/factor_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import {
  disabled,
  enabled,
  setUp,
  setUpOf,
  state,
  stateOf,
  valid,
} from '#transport/dialects/api-key/answers.js';
import { alreadyShown } from '#transport/plain/answers.js';
import { asking, json, type Route, route } from '#transport/plain/dialect.js';
import { proofIn } from '#transport/plain/proof.js';

const { startTotpRegistration, verifyTotpRegistration, verifyTotp, listFactors, removeFactors } =
  FactorService.method;

const path = '/auth/v1/users/current/totp';

const code = { required: true, description: 'Of the app.', example: '123456' } as const;
const proof = { ...code, description: 'Of the app, or a recovery code.' } as const;

export const routes: readonly Route[] = [
  route({
    verb: 'POST',
    path: `${path}/setup`,
    summary: 'Begin TOTP setup',
    fields: {},
    answer: setUp,
    picture: true,
    refusals: ['already-enrolled', 'factors-max', 'step-up'],
    run: asking(
      startTotpRegistration,
      ({ userId }, { wantsSvg }) => ({ userId, onlyNew: true, qr: wantsSvg ? QrKind.SVG : QrKind.PNG }),
      (message, { wantsSvg }) => {
        if (message.secretAlreadyShown) return alreadyShown;
        return wantsSvg ? { kind: 'svg', svg: message.qr } : json(setUpOf(message));
      },
    ),
  }),
  route({
    verb: 'POST',
    path: `${path}/enable`,
    summary: 'Enable TOTP by the first code',
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
    fields: { code },
    answer: valid,
    refusals: ['wrong-code', 'code-already-used', 'not-found', 'factor-disabled', 'too-many-attempts'],
    run: asking(
      verifyTotp,
      ({ userId, input }) => ({ userId, code: input.code }),
      () => json({ valid: true }),
    ),
  }),
  route({
    verb: 'GET',
    path,
    summary: 'Tell whether TOTP is enabled',
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
    path: `${path}/disable`,
    summary: 'Disable TOTP: all apps and recovery codes go at once',
    fields: { code: proof },
    answer: disabled,
    refusals: ['wrong-code', 'code-already-used', 'not-found', 'too-many-attempts', 'step-up'],
    run: asking(
      removeFactors,
      ({ userId, input }) => ({ userId, ...proofIn(input.code) }),
      () => json({ enabled: false }),
    ),
  }),
];
