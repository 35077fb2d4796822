import { isFieldSet } from '@bufbuild/protobuf';
import { durationMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';

import { refusals } from '#application/refusals.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { RefusalDetailSchema } from '#contract/countersign/v1/refusal_pb.js';
import { BadRequestSchema, RetryInfoSchema } from '#contract/google/rpc/error_details_pb.js';
import { ErrorDetailSchema } from '#contract/zitadel/message_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { statusCodes } from '#transport/call.js';
import { type CallRefusal, operatorRefusals, pipelineRefusals, queryRefusals } from '#transport/refusals.js';
import { sayings } from '#transport/status-table.js';
import { retryAfterMsOf, statusOf } from '#transport/statuses.js';
import { detailIn, refusalIn } from '#transport/testing/status.js';

const now = Date.UTC(2030, 0, 1);
const { registerTOTP, verifyTOTPRegistration } = UserService.method;
const known = { ...refusals, ...queryRefusals, ...operatorRefusals, ...pipelineRefusals };
const allCodes = Object.keys(known).toSorted();
/** By details that are not ours. */
const toldElsewhere = new Set<string>([
  'failures',
  'figures',
  'notices',
  'quota',
  'retryAfterMs',
  'violations',
]);
const samples: Readonly<Record<string, unknown>> = {
  attemptsLeft: 1,
  behindMs: 1,
  digits: [6],
  failures: 1,
  field: 'idempotency-key',
  figures: { turns: { used: 1, ceiling: 1 }, relationships: { used: 0, ceiling: null }, resetAt: now },
  guessesLeft: 1,
  hint: 'clock-drift',
  maxAgeSeconds: 600,
  maximum: 1,
  method: 'RegisterPasskey',
  minimum: 1,
  missing: 'password',
  name: 'issuer',
  nextAttemptAt: now,
  notices: [],
  quota: 'turns',
  retryAfterMs: 1,
  retryAt: now,
  role: 'ORG_OWNER',
  scope: 'factors.write',
  violations: [],
};
const allSayings = Object.entries(sayings);

describe('every refusal', () => {
  it('has a status', () => {
    expect(Object.keys(sayings).toSorted()).toEqual(allCodes);
  });

  it.each(allSayings)('%s is a no of gRPC, with an id and a sentence', (_, { code, id, text }) => {
    expect(Object.values(statusCodes)).toContain(code);
    expect(code).not.toBe(statusCodes.unknown);
    expect(id).toMatch(/^[A-Z0-9]+-[A-Za-z0-9-]+$/);
    expect(text).toMatch(/^[A-Z].*[^.]$/);
  });

  it.each(Object.entries(known))('%s tells what it carries', (code, { carries }) => {
    const carried = Object.fromEntries(carries.map((name) => [name, samples[name]]));
    const detail = refusalIn(statusOf({ code, ...carried } as CallRefusal, registerTOTP, now));
    const told = RefusalDetailSchema.fields.filter((field) => isFieldSet(detail, field));
    const ours = carries.filter((name) => !toldElsewhere.has(name));
    expect(told.map(({ localName }) => localName).toSorted()).toEqual(['code', ...ours].toSorted());
  });

  it('that ZITADEL does not know is named after its code', () => {
    const ours = allSayings.filter(([, { id }]) => id.startsWith('CSIGN-'));
    expect(ours.map(([, { id }]) => id)).toEqual(ours.map(([code]) => `CSIGN-${code}`));
  });

  it('shares its id only with what the same id means to a client of ZITADEL', () => {
    const shared = Map.groupBy(allSayings, ([, { id }]) => id);
    const together = [...shared.values()]
      .filter((same) => same.length > 1)
      .map((same) => same.map(([c]) => c));
    expect(together).toEqual([
      ['code-already-used', 'malformed-code', 'wrong-code'],
      ['malformed-recovery-code', 'wrong-recovery-code'],
      ['authentication-required', 'second-factor-required', 'enrolment-required'],
    ]);
  });

  it('says otherwise only in methods that there are', () => {
    const methods = new Set(
      [...UserService.methods, ...FactorService.methods, ...SessionService.methods]
        .map(({ name }) => name)
        .concat('VerifyRecoveryCode'),
    );
    const named = allSayings.flatMap(([, saying]) => Object.keys(saying.in ?? {}));
    expect(named.filter((name) => !methods.has(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });
});

describe('a status', () => {
  it.each([
    ['totp-already-ready', 'registerTOTP', 6, 'COMMAND-do9se'],
    ['totp-already-ready', 'verifyTOTPRegistration', 6, 'COMMAND-qx4ls'],
    ['totp-not-found', 'verifyTOTPRegistration', 5, 'COMMAND-3Mif9s'],
    ['totp-not-found', 'removeTOTP', 5, 'COMMAND-Hd9sd'],
    ['user-not-found', 'registerTOTP', 5, 'COMMAND-SqyJz'],
    ['user-not-found', 'verifyTOTPRegistration', 5, 'COMMAND-4g3xq'],
    ['user-not-found', 'lockUser', 5, 'COMMAND-450yxuqrh1'],
    ['user-not-found', 'getUserByID', 5, 'QUERY-Dfbg2'],
    ['user-not-found', 'removeTOTP', 5, 'QUERY-Dfbg2'],
    ['unauthenticated', 'registerTOTP', 16, 'AUTH-7fs1e'],
    ['permission-denied', 'registerTOTP', 7, 'AUTH-AWfge'],
  ] as const)('of %s in %s has the code and id of ZITADEL', (code, method, grpc, id) => {
    const status = statusOf({ code }, UserService.method[method], now);
    const { text } = { ...sayings[code] };
    expect(status).toMatchObject({ code: grpc, message: `${text} (${id})` });
    expect(detailIn(status, ErrorDetailSchema)).toMatchObject({ id, message: text });
    expect(refusalIn(status).code).toBe(code);
  });

  it('of a wrong code tells all that the refusal carries', () => {
    const refusal = {
      code: 'wrong-code',
      attemptsLeft: 3,
      nextAttemptAt: now + 1_500,
      hint: 'clock-drift',
    } as const;
    const status = statusOf(refusal, verifyTOTPRegistration, now);
    expect(status).toMatchObject({
      code: statusCodes.invalidArgument,
      message: 'Invalid code (EVENT-8isk2)',
    });
    const { nextAttemptAt, ...told } = refusalIn(status);
    expect(told).toMatchObject({ code: 'wrong-code', attemptsLeft: 3, hint: 'clock-drift' });
    expect(nextAttemptAt && timestampMs(nextAttemptAt)).toBe(now + 1_500);
    expect(detailIn(status, RetryInfoSchema)).toBeNull();
  });

  it.each<[CallRefusal, object]>([
    [{ code: 'password-composition', missing: ['digit', 'symbol'] }, { missing: ['digit', 'symbol'] }],
    [{ code: 'authentication-required', missing: 'password' }, { missing: ['password'] }],
    [{ code: 'step-up-required', maxAgeSeconds: 0 }, { maxAgeSeconds: 0n }],
  ])('of %j tells what has to be brought', (refusal, told) => {
    expect(refusalIn(statusOf(refusal, registerTOTP, now))).toMatchObject(told);
  });

  it('leaves out what the refusal does not know', () => {
    const refusal = { code: 'wrong-code', attemptsLeft: 0, nextAttemptAt: null, hint: null } as const;
    const { attemptsLeft, nextAttemptAt, hint } = refusalIn(statusOf(refusal, verifyTOTPRegistration, now));
    expect({ attemptsLeft, nextAttemptAt, hint }).toEqual({
      attemptsLeft: 0,
      nextAttemptAt: undefined,
      hint: '',
    });
  });

  it.each<[CallRefusal, number]>([
    [{ code: 'attempts-delayed', nextAttemptAt: now + 30_000, attemptsLeft: 4 }, 30_000],
    [{ code: 'totp-exhausted', nextAttemptAt: now + 86_400_001 }, 86_400_001],
    [{ code: 'totp-exhausted', nextAttemptAt: now - 1 }, 0],
    [{ code: 'login-name-claimed', retryAt: now + 60_000 }, 60_000],
    [{ code: 'rate-limited', retryAfterMs: 7 }, 7],
    [{ code: 'busy', retryAfterMs: 1_500 }, 1_500],
  ])('of %j says how long to wait', (refusal, retryAfterMs) => {
    const { retryDelay } = detailIn(statusOf(refusal, registerTOTP, now), RetryInfoSchema) ?? {};
    expect(retryDelay && durationMs(retryDelay)).toBe(retryAfterMs);
    expect(retryAfterMsOf(refusal, now)).toBe(retryAfterMs);
  });

  it.each(['attempts-delayed', 'totp-exhausted', 'rate-limited'] as const)(
    'of %s is of an exhausted resource',
    (code) => {
      expect(sayings[code].code).toBe(statusCodes.resourceExhausted);
    },
  );

  it('of input that breaks rules names each field with its rule', () => {
    const violations = [{ field: 'user_id', rule: 'id', message: 'must be 1 to 200 characters' }];
    const status = statusOf({ code: 'invalid-input', violations }, registerTOTP, now);
    expect(status.code).toBe(statusCodes.invalidArgument);
    expect(detailIn(status, BadRequestSchema)?.fieldViolations).toMatchObject([
      { field: 'user_id', reason: 'id', description: 'must be 1 to 200 characters' },
    ]);
  });

  it('of a setting out of range says which, and between what', () => {
    const refusal = { code: 'setting-out-of-range', name: 'stepsPast', minimum: 0, maximum: 1 } as const;
    expect(refusalIn(statusOf(refusal, registerTOTP, now))).toMatchObject({
      name: 'stepsPast',
      minimum: 0n,
      maximum: 1n,
    });
  });

  it('that carries nothing is made once', () => {
    const first = statusOf({ code: 'user-locked' }, registerTOTP, now);
    expect(statusOf({ code: 'user-locked' }, registerTOTP, now + 1)).toBe(first);
    expect(statusOf({ code: 'user-locked' }, UserService.method.removeRecoveryCodes, now)).not.toBe(first);
  });
});
