import { describe, expect, test } from '@jest/globals';

import type { AccountEvent } from '#domain/account/events.js';
import type { SessionId } from '#domain/ids.js';
import { factorsReset } from '#domain/testing/factors.js';
import { deactivated, erased, humanAdded, locked, removed, unlocked } from '#domain/testing/people.js';
import { accountOf } from '#domain/testing/specification.js';
import { goesOn, sessionsEnded } from '#domain/user-sessions/decide.js';
import { evolveUserSessions, noSessions } from '#domain/user-sessions/state.js';

const kitchen = 'kitchen' as SessionId;
const office = 'office' as SessionId;
const ended = (except: SessionId | null = null): AccountEvent => ({ type: 'user.sessions.ended', except });
const sessionsAfter = (...past: readonly AccountEvent[]) => accountOf(humanAdded, ...past).sessions;
const begun = (sessionId: SessionId, generation: number) => ({ sessionId, generation });

describe('sessions of a user', () => {
  test('go on while nothing ends them', () => {
    expect(goesOn(sessionsAfter(), begun(kitchen, 0))).toBe(true);
  });

  test.each<readonly [string, AccountEvent]>([
    ['they are ended', ended()],
    ['the user is locked', locked],
    ['the user is deactivated', deactivated],
    ['the user is removed', removed],
    ['the user is erased', erased],
    ['its second factors are taken away', factorsReset],
  ])('are over once %s, and later ones go on', (_title, event) => {
    expect(goesOn(sessionsAfter(event), begun(kitchen, 0))).toBe(false);
    expect(goesOn(sessionsAfter(event), begun(kitchen, 1))).toBe(true);
  });

  test('are not back when the user is unlocked', () => {
    expect(goesOn(sessionsAfter(locked, unlocked), begun(kitchen, 0))).toBe(false);
  });

  test('are over but for the one that is kept, again and again', () => {
    const sessions = sessionsAfter(ended(kitchen), ended(kitchen));
    expect(goesOn(sessions, begun(kitchen, 0))).toBe(true);
    expect(goesOn(sessions, begun(office, 0))).toBe(false);
    expect(goesOn(sessions, begun(office, 1))).toBe(false);
    expect(goesOn(sessions, begun(office, 2))).toBe(true);
  });

  test('are over, the kept one too, with whatever comes next', () => {
    expect(goesOn(sessionsAfter(ended(kitchen), ended()), begun(kitchen, 0))).toBe(false);
    expect(goesOn(sessionsAfter(ended(kitchen), ended(office)), begun(kitchen, 0))).toBe(false);
    expect(goesOn(sessionsAfter(ended(kitchen), locked), begun(kitchen, 0))).toBe(false);
    expect(goesOn(sessionsAfter(ended(kitchen), factorsReset), begun(kitchen, 0))).toBe(false);
  });
});

describe('ending sessions', () => {
  test('ends all of them', () => {
    expect(sessionsEnded(noSessions, null)).toStrictEqual(ended());
  });

  test('keeps the one in which it is done', () => {
    expect(sessionsEnded(sessionsAfter(), begun(kitchen, 0))).toStrictEqual(ended(kitchen));
    expect(sessionsEnded(sessionsAfter(ended(kitchen)), begun(kitchen, 0))).toStrictEqual(ended(kitchen));
  });

  test('keeps none that is over: nobody brings one back', () => {
    expect(sessionsEnded(sessionsAfter(ended(office)), begun(kitchen, 0))).toStrictEqual(ended());
    expect(sessionsEnded(sessionsAfter(locked, unlocked), begun(kitchen, 0))).toStrictEqual(ended());
  });
});

test('what is no business of sessions leaves them the same object', () => {
  const sessions = sessionsAfter(ended(kitchen));
  expect(evolveUserSessions(sessions, unlocked)).toBe(sessions);
});
