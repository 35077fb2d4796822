import { describe, expect, test } from '@jest/globals';

import type { FingerprintKey } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import {
  addSession,
  changeSession,
  type NewSession,
  noteTotp,
  runningSession,
  type SessionChanges,
  type SessionFactor,
  type SessionFacts,
  sessionExpiry,
  terminateSession,
} from '#domain/session/decide.js';
import type { SealedOf, SessionEvent } from '#domain/session/events.js';
import { type ActiveSession, evolveSession, noSession, type SessionState } from '#domain/session/state.js';
import { here, sealed } from '#domain/testing/people.js';
import { at, before, now, specificationOf, type Timed } from '#domain/testing/specification.js';

const facts: SessionFacts = { now, settings: defaultSettings };
const given = specificationOf({ initial: noSession, evolve: evolveSession, circumstances: facts });

const { organizationId } = here;
const anna = { user: 'anna', userId: sealed('id of anna'), organizationId, generation: 3 };
const bert = { ...anna, user: 'bert', userId: sealed('id of bert') };
const ofAnna = (text: string): SealedOf => ({ user: 'anna', organizationId, sealed: sealed(text) });
const checkedAt = (time: number | null, ...factors: readonly SessionFactor[]) =>
  factors.map((factor) => ({ factor, at: time }));
const justNow = (...factors: readonly SessionFactor[]) => checkedAt(null, ...factors);
const nothing: SessionChanges = {
  user: null,
  checked: [],
  metadata: null,
  lifetimeSeconds: null,
  tokenHash: 'hash 2',
};
const empty: NewSession = { ...nothing, userAgent: null, fingerprintKey: null, tokenHash: 'hash 1' };

const added: SessionEvent = { type: 'session.added', userAgent: null, fingerprintKey: null };
const userChecked = { type: 'session.user.checked', ...anna, at: null } as const;
const passwordChecked = { type: 'session.password.checked', at: null } as const;
const totpChecked = { type: 'session.totp.checked', at: null } as const;
const recoveryCodeChecked = { type: 'session.recoveryCode.checked', at: null } as const;
const tokenSet = (hash: string): SessionEvent => ({ type: 'session.token.set', hash });
const lifetimeSet = (lifetimeSeconds: number): SessionEvent => ({
  type: 'session.lifetime.set',
  lifetimeSeconds,
});
const metadataSet = (text: string): SessionEvent => ({
  type: 'session.metadata.set',
  metadata: ofAnna(text),
});
const terminated: SessionEvent = { type: 'session.terminated' };
const oneHour = 3_600;
const begunAt = now - 1_000;

const begun = [at(begunAt, added), at(begunAt, userChecked), at(begunAt, lifetimeSet(oneHour))];

describe('a new session', () => {
  test('lasts as long as the organization says, and has a token', () => {
    given().when(addSession, empty).then(added, lifetimeSet(43_200), tokenSet('hash 1'));
  });

  test('holds what was checked, in its order, and what else is known', () => {
    const fingerprintKey = 'fingerprint' as FingerprintKey;
    const userAgent = ofAnna('a browser');
    given()
      .when(addSession, {
        user: { ...anna, at: null },
        checked: justNow('password', 'totp', 'recovery-code'),
        metadata: ofAnna('why'),
        lifetimeSeconds: 60,
        userAgent,
        fingerprintKey,
        tokenHash: 'hash 1',
      })
      .then(
        { type: 'session.added', userAgent, fingerprintKey },
        userChecked,
        passwordChecked,
        totpChecked,
        recoveryCodeChecked,
        metadataSet('why'),
        lifetimeSet(60),
        tokenSet('hash 1'),
      );
  });

  test('holds what was checked some time ago as of then', () => {
    given()
      .when(addSession, {
        ...empty,
        user: { ...anna, at: before },
        checked: checkedAt(before, 'password', 'totp'),
      })
      .then(
        added,
        { ...userChecked, at: before },
        { ...passwordChecked, at: before },
        { ...totpChecked, at: before },
        lifetimeSet(43_200),
        tokenSet('hash 1'),
      );
  });

  test('is not made of another one', () => {
    const refusal = { code: 'session-already-exists' } as const;
    given(added).when(addSession, empty).thenRejected(refusal);
    given(added, terminated).when(addSession, empty).thenRejected(refusal);
  });

  test.each([
    ['password', { checked: justNow('password', 'totp') }],
    ['totp', { checked: justNow('totp') }],
    ['recovery-code', { checked: justNow('recovery-code') }],
    ['metadata', { metadata: ofAnna('why') }],
    ['user-agent', { userAgent: ofAnna('a browser') }],
  ] as const)('has nothing about nobody: %s', (field, changes) => {
    given()
      .when(addSession, { ...empty, ...changes })
      .thenRejected({ code: 'session-user-missing', field });
  });
});

describe('a lifetime', () => {
  const refusal = { code: 'session-lifetime-out-of-range', minimum: 1, maximum: 86_400 } as const;

  test.each([0, -1, 86_401])('of %d seconds is out of range', (lifetimeSeconds) => {
    given()
      .when(addSession, { ...empty, lifetimeSeconds })
      .thenRejected(refusal);
    given(...begun)
      .when(changeSession, { ...nothing, lifetimeSeconds })
      .thenRejected(refusal);
  });

  test.each([1, 86_400])('of %d seconds is in it', (lifetimeSeconds) => {
    given(...begun)
      .when(changeSession, { ...nothing, lifetimeSeconds })
      .then(lifetimeSet(lifetimeSeconds), tokenSet('hash 2'));
  });

  test('counts from when it was set, and never beyond the longest from the beginning', () => {
    const expiryOf = (...past: readonly Timed<SessionEvent>[]) => sessionExpiry(active(...past), facts);
    expect(expiryOf(at(begunAt, added), at(now, lifetimeSet(60)))).toBe(now + 60_000);
    expect(expiryOf(at(begunAt, added), at(now, lifetimeSet(86_400)))).toBe(begunAt + 86_400_000);
    expect(expiryOf(at(begunAt, added))).toBe(begunAt + 86_400_000);
  });

  test('is over at its end, and not before', () => {
    const past = [at(now - 60_000, added), at(now - 60_000, lifetimeSet(60))];
    given(...past)
      .when(changeSession, nothing)
      .thenRejected({ code: 'session-expired' });
    given(...past)
      .when(changeSession, nothing, { ...facts, now: now - 1 })
      .then();
  });

  test('cannot be prolonged once the longest is over', () => {
    given(at(now - 86_400_000, added), at(now - 1, lifetimeSet(oneHour)))
      .when(changeSession, { ...nothing, lifetimeSeconds: oneHour })
      .thenRejected({ code: 'session-expired' });
  });
});

describe('changing a session', () => {
  test('notes each thing down, and makes another token', () => {
    given(...begun)
      .when(changeSession, { ...nothing, checked: justNow('totp') })
      .then(totpChecked, tokenSet('hash 2'));
    given(...begun)
      .when(changeSession, { ...nothing, metadata: ofAnna('why') })
      .then(metadataSet('why'), tokenSet('hash 2'));
  });

  test('notes what was checked some time ago as of then', () => {
    given(at(begunAt, added))
      .when(changeSession, {
        ...nothing,
        user: { ...anna, at: begunAt + 1 },
        checked: [...checkedAt(begunAt + 2, 'password'), ...justNow('totp')],
      })
      .then(
        { ...userChecked, at: begunAt + 1 },
        { ...passwordChecked, at: begunAt + 2 },
        totpChecked,
        tokenSet('hash 2'),
      );
  });

  test('never notes it over what was checked since', () => {
    const past = [...begun, at(begunAt + 2, totpChecked)];
    for (const time of [begunAt, begunAt + 2])
      given(...past)
        .when(changeSession, { ...nothing, checked: checkedAt(time, 'totp') })
        .then();
    given(...past)
      .when(changeSession, { ...nothing, checked: checkedAt(begunAt + 3, 'totp') })
      .then({ ...totpChecked, at: begunAt + 3 }, tokenSet('hash 2'));
    given(...past)
      .when(changeSession, { ...nothing, checked: checkedAt(begunAt, 'recovery-code') })
      .then({ ...recoveryCodeChecked, at: begunAt }, tokenSet('hash 2'));
  });

  test('by nothing leaves the token', () => {
    given(...begun)
      .when(changeSession, nothing)
      .then();
  });

  test('may name its user, and the same one again', () => {
    given(at(begunAt, added))
      .when(changeSession, { ...nothing, user: { ...anna, at: null }, checked: justNow('password') })
      .then(userChecked, passwordChecked, tokenSet('hash 2'));
    given(...begun)
      .when(changeSession, { ...nothing, user: { ...anna, at: null } })
      .then(userChecked, tokenSet('hash 2'));
  });

  test('never puts another user in the place of the one who was checked', () => {
    const refusal = { code: 'session-user-change' } as const;
    given(...begun)
      .when(changeSession, { ...nothing, user: { ...bert, at: null } })
      .thenRejected(refusal);
    given(...begun, passwordChecked, totpChecked)
      .when(changeSession, { ...nothing, user: { ...bert, at: null }, checked: justNow('password') })
      .thenRejected(refusal);
  });

  test('checks nothing about nobody', () => {
    given(at(begunAt, added))
      .when(changeSession, { ...nothing, checked: justNow('totp') })
      .thenRejected({ code: 'session-user-missing', field: 'totp' });
  });

  test('takes one that is there, and goes on', () => {
    given().when(changeSession, nothing).thenRejected({ code: 'session-not-found' });
    given(...begun, terminated)
      .when(changeSession, { ...nothing, checked: justNow('totp') })
      .thenRejected({ code: 'session-terminated' });
  });
});

describe('a code that was shown in a session, and is known to its user’s stream', () => {
  const note = (state: SessionState, since: number | null) => noteTotp(state, since);

  test('is noted, and leaves the token as it is', () => {
    given(...begun)
      .when(note, null)
      .then(totpChecked);
    given(...begun)
      .when(note, begunAt)
      .then({ ...totpChecked, at: begunAt });
  });

  test('is not noted over a later one', () => {
    given(...begun, at(now, totpChecked))
      .when(note, begunAt)
      .then();
  });

  test('is nothing to one that has ended', () => {
    given(...begun, terminated)
      .when(note, null)
      .then();
    given().when(note, null).then();
  });
});

describe('ending a session', () => {
  const end = (state: SessionState) => terminateSession(state);

  test('ends it, once', () => {
    given(...begun)
      .when(end, null)
      .then(terminated);
    given(...begun, terminated)
      .when(end, null)
      .then();
  });

  test('takes one that ever was', () => {
    given().when(end, null).thenRejected({ code: 'session-not-found' });
  });
});

describe('folding', () => {
  test('each check has its own time, and the last one counts', () => {
    const state = active(
      at(before, added),
      at(before + 1, userChecked),
      at(before + 2, passwordChecked),
      at(before + 3, totpChecked),
      at(before + 4, recoveryCodeChecked),
      at(before + 5, metadataSet('why')),
      at(before + 6, lifetimeSet(60)),
      at(before + 7, tokenSet('hash 1')),
      at(before + 8, totpChecked),
      at(before + 9, tokenSet('hash 2')),
    );
    expect(state).toStrictEqual({
      status: 'active',
      createdAt: before,
      user: { ...anna, checkedAt: before + 1 },
      passwordAt: before + 2,
      totpAt: before + 8,
      recoveryCodeAt: before + 4,
      tokenHash: 'hash 2',
      metadata: ofAnna('why'),
      expiresAt: before + 60_006,
    });
  });

  test('what was checked some time ago counts from then', () => {
    const state = active(
      at(before, added),
      at(before + 4, { ...userChecked, at: before + 1 }),
      at(before + 4, { ...passwordChecked, at: before + 1 }),
      at(before + 4, { ...totpChecked, at: before + 2 }),
      at(before + 4, { ...recoveryCodeChecked, at: before + 3 }),
    );
    expect(state).toMatchObject({
      user: { checkedAt: before + 1 },
      passwordAt: before + 1,
      totpAt: before + 2,
      recoveryCodeAt: before + 3,
    });
  });

  test('whose session has ended is still known, and nothing else', () => {
    const past = [...begun, at(now, passwordChecked), at(now, terminated)];
    expect(folded(...past)).toStrictEqual({ status: 'terminated', user: { ...anna, checkedAt: begunAt } });
    expect(folded(...past, at(now, tokenSet('hash 2')))).toStrictEqual(folded(...past));
  });

  test('nothing can be checked in what was never begun', () => {
    expect(folded(at(now, passwordChecked))).toBe(noSession);
  });
});

function folded(...past: readonly Timed<SessionEvent>[]): SessionState {
  return past.reduce<SessionState>(
    (state, { at: time, event }) => evolveSession(state, event, time),
    noSession,
  );
}

/** As it is while it goes on. */
function active(...past: readonly Timed<SessionEvent>[]): ActiveSession {
  const running = runningSession(folded(...past), { ...facts, now: before });
  if (running.kind === 'rejected') throw new Error(running.refusal.code);
  return running.session;
}
