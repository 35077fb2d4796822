// What is asked for at which path, and which call of the contract answers it.

import type { FastifyRequest } from 'fastify';

import { QrKind } from '#contract/countersign/v1/factor_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import {
  backupCodes,
  disabled,
  enrolled,
  enrolledOf,
  loggedIn,
  state,
  stateOf,
  verified,
} from '#transport/dialects/mfa-enroll/answers.js';
import type { Cookies } from '#transport/dialects/mfa-enroll/cookie.js';
import {
  credentials,
  loggingIn,
  loggingOut,
  proofs,
  sessionTokenHeader,
  verifying,
} from '#transport/dialects/mfa-enroll/logins.js';
import { alreadyShown } from '#transport/plain/answers.js';
import { asking, json, type Route, route } from '#transport/plain/dialect.js';
import type { Fields } from '#transport/plain/fields.js';
import type { No, Reason } from '#transport/plain/no.js';
import { proofIn } from '#transport/plain/proof.js';

const { startTotpRegistration, verifyTotpRegistration, listFactors, removeFactors } = FactorService.method;

const path = '/api/auth';
const login = `${path}/login`;
const codesCount = 10;

const code = { required: true, description: 'Of the app.', example: '123456' } as const;

export const isLogin = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url === login;

export const routesOf = (cookies: Cookies): readonly Route[] => [...sessions(cookies), ...factors];

const sessions = (cookies: Cookies): readonly Route[] => [
  route({
    verb: 'POST',
    path: login,
    summary: 'Log in',
    fields: credentials,
    enters: true,
    answer: loggedIn,
    answerHeaders: { 'set-cookie': 'The token of the new session, for browsers to keep.' },
    refusals: ['unauthenticated', 'too-many-attempts'],
    run: loggingIn(cookies),
  }),
  route({
    verb: 'POST',
    path: `${path}/mfa/verify`,
    summary: 'Verify a second factor',
    fields: proofs,
    oneOf: ['code', 'backup_code'],
    answer: verified,
    answerHeaders: {
      'set-cookie': 'The new token of the session that called by its cookie. The old one is void.',
      [sessionTokenHeader]:
        'The new token of the session that called by a bearer token. The old one is void.',
    },
    refusals: ['wrong-code', 'code-already-used', 'not-found', 'factor-disabled', 'too-many-attempts'],
    run: naming((call) => (call.brings('backup_code') ? 'backup_code' : 'code'), verifying(cookies)),
  }),
  route({
    verb: 'POST',
    path: `${path}/logout`,
    summary: 'Log out',
    fields: {},
    answer: null,
    answerHeaders: { 'set-cookie': 'Takes away the cookie of whoever called by it.' },
    refusals: [],
    run: loggingOut(cookies),
  }),
];

/** What a code is refused for is told of the field that it stands in. */
function naming<Of extends Fields>(
  fieldOf: (call: Parameters<Route<Of>['run']>[0]) => string,
  run: Route<Of>['run'],
): Route<Of>['run'] {
  return async (call) => {
    const told = await run(call);
    return told.kind === 'no' && isOfCode.has(told.reason) ? inField(told, fieldOf(call)) : told;
  };
}

const isOfCode: ReadonlySet<Reason> = new Set(['wrong-code', 'code-already-used', 'malformed-code']);

const inField = (refused: No, field: string): No => ({
  ...refused,
  fields: [{ field, message: refused.message }],
});

const factors: readonly Route[] = [
  route({
    verb: 'POST',
    path: `${path}/mfa/enroll`,
    summary: 'Begin MFA enrollment',
    fields: {},
    answer: enrolled,
    refusals: ['already-enrolled', 'factors-max', 'step-up'],
    run: asking(
      startTotpRegistration,
      ({ userId }) => ({ userId, onlyNew: true, qr: QrKind.PNG }),
      (message) => (message.secretAlreadyShown ? alreadyShown : json(enrolledOf(message))),
    ),
  }),
  route({
    verb: 'POST',
    path: `${path}/mfa/enroll/confirm`,
    summary: 'Confirm MFA enrollment',
    fields: { code },
    answer: backupCodes,
    refusals: ['wrong-code', 'not-found', 'already-enrolled', 'too-many-attempts', 'step-up'],
    run: naming(
      () => 'code',
      asking<{ readonly code: typeof code }, typeof verifyTotpRegistration>(
        verifyTotpRegistration,
        ({ userId, input }) => ({ userId, code: input.code, recoveryCodes: codesCount }),
        ({ secretAlreadyShown, recoveryCodes }) =>
          secretAlreadyShown ? alreadyShown : json({ backup_codes: [...recoveryCodes] }),
      ),
    ),
  }),
  route({
    verb: 'GET',
    path: `${path}/mfa`,
    summary: 'Tell whether MFA is enabled',
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
    path: `${path}/mfa/disable`,
    summary: 'Disable MFA: the app and the backup codes go at once',
    fields: { code: { ...code, description: 'Of the app, or a backup code.' } },
    answer: disabled,
    refusals: ['wrong-code', 'code-already-used', 'not-found', 'too-many-attempts', 'step-up'],
    run: naming(
      () => 'code',
      asking<{ readonly code: typeof code }, typeof removeFactors>(
        removeFactors,
        ({ userId, input }) => ({ userId, ...proofIn(input.code) }),
        () => json({ enabled: false }),
      ),
    ),
  }),
];
