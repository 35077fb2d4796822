import { describe, expect, it } from '@jest/globals';

import { permissions } from '#access/permissions.js';
import type { Instant } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { Principal, ProofGiven, StepUp } from '#transport/implementation.js';
import { proofInHeaders, refusedStepUp } from '#transport/step-up.js';

const now = Date.UTC(2030, 0, 1);
const stepUps: readonly StepUp[] = ['factors', 'recoveryCodes', 'tokens', 'password'];

const session = (hasFactor: boolean, factorAt: Instant | null) =>
  ({ via: 'session', hasFactor, factorAt, scopes: ['self'] }) as unknown as Principal;
const token = (...scopes: string[]) => ({ via: 'token', scopes }) as unknown as Principal;

const ask = (principal: Principal, stepUp: StepUp, proves = false, seconds = 600) =>
  refusedStepUp(principal, {
    stepUp,
    proves,
    settings: {
      ...defaultSettings,
      stepUpSecondsFactors: 1,
      stepUpSecondsRecoveryCodes: 1,
      stepUpSecondsTokens: 1,
      stepUpSecondsPassword: 1,
      [settingOf[stepUp]]: seconds,
    },
    now,
  });

const settingOf = {
  factors: 'stepUpSecondsFactors',
  recoveryCodes: 'stepUpSecondsRecoveryCodes',
  tokens: 'stepUpSecondsTokens',
  password: 'stepUpSecondsPassword',
} as const;

const required = (maxAgeSeconds: number) => ({ code: 'step-up-required', maxAgeSeconds });
const lacking = { code: 'scope-required', scope: 'factors.write' };

const ages = [
  { age: 'never', factorAt: null, recent: false },
  { age: 'now', factorAt: now, recent: true },
  { age: '599 seconds ago', factorAt: now - 599_999, recent: true },
  { age: '600 seconds ago', factorAt: now - 600_000, recent: false },
  { age: 'an hour ago', factorAt: now - 3_600_000, recent: false },
  { age: 'an instant ahead, by another clock', factorAt: now + 1_000, recent: true },
  { age: 'far ahead, by a clock that was wrong', factorAt: now + 3_600_000, recent: false },
];

const cases = stepUps.flatMap((stepUp) =>
  ages.flatMap((age) => [true, false].map((proves) => ({ ...age, stepUp, proves }))),
);

describe('a session', () => {
  it.each(cases)('of a user with a factor, shown $age, may change $stepUp: proof $proves', (row) => {
    const { stepUp, factorAt, recent, proves } = row;
    expect(ask(session(true, factorAt), stepUp, proves)).toEqual(recent || proves ? null : required(600));
  });

  it.each(cases)(
    'of a user without a factor, shown $age, may change $stepUp',
    ({ stepUp, factorAt, proves }) => {
      expect(ask(session(false, factorAt), stepUp, proves)).toBeNull();
    },
  );

  it.each(stepUps)('shows a code each time where the age is 0: %s', (stepUp) => {
    expect(ask(session(true, now), stepUp, false, 0)).toEqual(required(0));
    expect(ask(session(true, now), stepUp, true, 0)).toBeNull();
  });
});

describe('an access token', () => {
  it.each(stepUps)('needs its scope, and no code stands in for it: %s', (stepUp) => {
    for (const proves of [true, false]) {
      expect(ask(token('self'), stepUp, proves)).toEqual(lacking);
      expect(ask(token(...permissions), stepUp, proves)).toEqual(lacking);
      expect(ask(token('self', 'factors.write'), stepUp, proves)).toBeNull();
      expect(ask(token('all'), stepUp, proves)).toBeNull();
    }
  });
});

describe('a proof in headers', () => {
  const fieldsOf = (code: string | null, recoveryCode: string | null, inMessage: ProofGiven = {}) => {
    const read = proofInHeaders({ code, recoveryCode }, inMessage);
    return read !== null && 'violations' in read ? read.violations.map(({ field }) => field) : read;
  };

  it('is one of the two, and goes on as it is', () => {
    expect(fieldsOf(null, null)).toBeNull();
    expect(fieldsOf('123 456', null)).toEqual({ code: '123 456', recoveryCode: null });
    expect(fieldsOf(null, '7K-...')).toEqual({ code: null, recoveryCode: '7K-...' });
  });

  it('leaves the message to its own proof', () => {
    expect(fieldsOf(null, null, { code: '123456' })).toBeNull();
  });

  it.each([
    ['both', '123456', '7K', {}, ['x-countersign-recovery-code']],
    ['one beside that of the message', '123456', null, { recoveryCode: '7K' }, ['x-countersign-code']],
    ['the other one', null, '7K', { code: '1' }, ['x-countersign-recovery-code']],
    ['none in it', '', null, {}, ['x-countersign-code']],
    ['too much in it', null, 'x'.repeat(65), {}, ['x-countersign-recovery-code']],
    ['what no text is', '12\u0000', null, {}, ['x-countersign-code']],
  ] as const)('is refused by its name: %s', (_, code, recoveryCode, inMessage, fields) => {
    expect(fieldsOf(code, recoveryCode, inMessage)).toEqual(fields);
  });
});
