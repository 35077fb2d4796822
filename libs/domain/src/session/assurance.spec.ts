import { describe, expect, test } from '@jest/globals';

import type { AccountEvent } from '#domain/account/events.js';
import type { SessionId } from '#domain/ids.js';
import { type Assurance, assuranceOf, hasSecondFactor } from '#domain/session/assurance.js';
import type { SessionEvent } from '#domain/session/events.js';
import { evolveSession, noSession, type SessionState } from '#domain/session/state.js';
import {
  acme,
  anotherOrganization,
  codeSpent,
  removed as deviceRemoved,
  disabled,
  enrolled,
  factorsReset,
  generated,
  imported,
  added as pending,
  person,
  phone,
} from '#domain/testing/factors.js';
import { deactivated, erased, locked, removed, sealed, unlocked } from '#domain/testing/people.js';
import { accountOf, circumstances, now } from '#domain/testing/specification.js';

const sessionId = 'kitchen' as SessionId;
const office = 'office' as SessionId;
const begunAt = now - 3_600_000;

const added: SessionEvent = { type: 'session.added', userAgent: null, fingerprintKey: null };
const userChecked = (generation = 0, organizationId = acme): SessionEvent => ({
  type: 'session.user.checked',
  user: 'anna',
  userId: sealed('id of anna'),
  organizationId,
  generation,
  at: null,
});
const passwordChecked: SessionEvent = { type: 'session.password.checked', at: null };
const totpChecked: SessionEvent = { type: 'session.totp.checked', at: null };
const recoveryCodeChecked: SessionEvent = { type: 'session.recoveryCode.checked', at: null };
const terminated: SessionEvent = { type: 'session.terminated' };
const byPassword = [added, userChecked(), passwordChecked];
const ended = (except: SessionId | null = null): AccountEvent => ({ type: 'user.sessions.ended', except });

/** Each event a second after the one before. */
const sessionOf = (...past: readonly SessionEvent[]): SessionState =>
  past.reduce<SessionState>(
    (state, event, index) => evolveSession(state, event, begunAt + index * 1_000),
    noSession,
  );

interface Present {
  readonly account?: readonly AccountEvent[];
  readonly facts?: Parameters<typeof circumstances>[0];
}

const assurance = (past: readonly SessionEvent[], { account = [], facts = {} }: Present = {}): Assurance =>
  assuranceOf({ sessionId, state: sessionOf(...past) }, accountOf(person, ...account), circumstances(facts));

const missing = (what: string) => ({ level: 'none', missing: what });
const authenticated = (factorAt: number | null = null) => ({
  level: 'authenticated',
  passwordAt: begunAt + 2_000,
  factorAt,
});

describe('a session', () => {
  test('that never was, or was ended, is worth nothing', () => {
    expect(assurance([])).toEqual(missing('session'));
    expect(assurance([...byPassword, terminated])).toEqual(missing('session'));
  });

  test('is of nobody before its user is checked', () => {
    expect(assurance([added])).toEqual(missing('user'));
  });

  test('takes a password', () => {
    expect(assurance([added, userChecked()])).toEqual(missing('password'));
    expect(assurance(byPassword)).toEqual(authenticated());
  });

  test('that has expired is worth nothing', () => {
    const short: SessionEvent = { type: 'session.lifetime.set', lifetimeSeconds: 60 };
    expect(assurance([...byPassword, short])).toEqual(missing('session'));
    const settings = { sessionLifetimeSecondsMax: 3_599 };
    expect(assurance(byPassword, { facts: { settings } })).toEqual(missing('session'));
  });
});

describe('a user with a second factor', () => {
  const factors: readonly (readonly [string, readonly AccountEvent[]])[] = [
    ['a device', enrolled(phone)],
    ['a device whose seed came from elsewhere', [imported(phone)]],
    ['a device that is disabled', [...enrolled(phone), disabled(phone)]],
    ['recovery codes', [generated(['7K'])]],
  ];

  test.each(factors)('is not authenticated before it is checked: %s', (_title, account) => {
    expect(assurance(byPassword, { account })).toEqual(missing('second-factor'));
    expect(assurance([...byPassword, totpChecked], { account })).toEqual(authenticated(begunAt + 3_000));
    expect(assurance([...byPassword, recoveryCodeChecked], { account })).toEqual(
      authenticated(begunAt + 3_000),
    );
  });

  test.each(factors)('whatever the settings: %s', (_title, account) => {
    for (const secondFactorRequired of [true, false])
      expect(assurance(byPassword, { account, facts: { settings: { secondFactorRequired } } })).toEqual(
        missing('second-factor'),
      );
  });

  test('showed it when it was checked, though that was noted later', () => {
    const noted: SessionEvent = { type: 'session.totp.checked', at: begunAt + 1 };
    expect(assurance([...byPassword, noted], { account: enrolled(phone) })).toEqual(
      authenticated(begunAt + 1),
    );
  });

  test('needs the password all the same', () => {
    expect(assurance([added, userChecked(), totpChecked], { account: enrolled(phone) })).toEqual(
      missing('password'),
    );
  });

  test('who enrolled it in this session still has to show it', () => {
    expect(assurance(byPassword, { account: enrolled(phone) })).toEqual(missing('second-factor'));
  });

  test('showed it when the later of both was checked', () => {
    const account = [...enrolled(phone), generated(['7K'])];
    const one = [...byPassword, totpChecked, recoveryCodeChecked];
    const other = [...byPassword, recoveryCodeChecked, totpChecked];
    expect(assurance(one, { account })).toEqual(authenticated(begunAt + 4_000));
    expect(assurance(other, { account })).toEqual(authenticated(begunAt + 4_000));
  });
});

describe('a user without a second factor', () => {
  const none: readonly (readonly [string, readonly AccountEvent[]])[] = [
    ['who never had one', []],
    ['whose device still waits for its first code', [pending(phone)]],
    ['whose recovery codes wait with it', [pending(phone), generated(['7K'], phone)]],
    ['who spent the last recovery code', [generated(['7K']), codeSpent('7K')]],
    ['who removed it', [...enrolled(phone), deviceRemoved(phone)]],
  ];

  test.each(none)('needs none: %s', (_title, account) => {
    expect(hasSecondFactor(accountOf(person, ...account))).toBe(false);
    expect(assurance(byPassword, { account })).toEqual(authenticated());
  });

  test.each(none)('may enrol one where one is required, and nothing else: %s', (_title, account) => {
    const facts = { settings: { secondFactorRequired: true } };
    expect(assurance(byPassword, { account, facts })).toEqual({ level: 'may-enrol' });
    expect(assurance([...byPassword, totpChecked], { account, facts })).toEqual({ level: 'may-enrol' });
    expect(assurance([added, userChecked()], { account, facts })).toEqual(missing('password'));
  });
});

describe('a user whose second factors were taken away', () => {
  const taken: readonly AccountEvent[] = [...enrolled(phone), generated(['7K']), factorsReset];
  const later = [added, userChecked(1), passwordChecked];

  test('has none, and no session from before: not even one that showed them', () => {
    expect(hasSecondFactor(accountOf(person, ...taken))).toBe(false);
    expect(assurance(byPassword, { account: taken })).toEqual(missing('session'));
    expect(assurance([...byPassword, totpChecked], { account: taken })).toEqual(missing('session'));
  });

  test('begins anew, and enrols one where one is required', () => {
    expect(assurance(later, { account: taken })).toEqual(authenticated());
    const facts = { settings: { secondFactorRequired: true } };
    expect(assurance(later, { account: taken, facts })).toEqual({ level: 'may-enrol' });
  });
});

describe('a session is over with its user', () => {
  test.each<readonly [string, readonly AccountEvent[]]>([
    ['locked', [locked]],
    ['locked and unlocked', [locked, unlocked]],
    ['deactivated', [deactivated]],
    ['removed', [removed]],
    ['erased', [removed, erased]],
    ['whose sessions were ended', [ended()]],
    ['whose sessions were ended but for another one', [ended(office)]],
  ])('%s', (_title, account) => {
    expect(assurance(byPassword, { account })).toEqual(missing('session'));
  });

  test('but not where it was kept', () => {
    expect(assurance(byPassword, { account: [ended(sessionId)] })).toEqual(authenticated());
  });

  test('and a later one is not', () => {
    expect(assurance([added, userChecked(1), passwordChecked], { account: [ended()] })).toEqual(
      authenticated(),
    );
  });

  test('of another organization', () => {
    const state = sessionOf(added, userChecked(0, anotherOrganization), passwordChecked);
    expect(assuranceOf({ sessionId, state }, accountOf(person), circumstances())).toEqual(missing('session'));
  });

  test.each(['inactive', 'removed', 'unknown'] as const)('of an organization that is %s', (organization) => {
    expect(assurance(byPassword, { facts: { organization } })).toEqual(missing('session'));
  });
});
