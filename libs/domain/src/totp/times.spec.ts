import { describe, expect, test } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import {
  added,
  disabled,
  failed,
  imported,
  person,
  phone,
  resynced,
  succeeded,
  verified,
  watch,
} from '#domain/testing/factors.js';
import { accountOf, at, now, type Timed } from '#domain/testing/specification.js';

const timesOf = (...past: readonly Timed<AccountEvent>[]) =>
  accountOf(person, ...past).totp.devices.map(({ totpId, createdAt, lastUsedAt }) => ({
    totpId,
    createdAt,
    lastUsedAt,
  }));
const begun = at(now, added(phone));
const confirmed = at(now + 1, verified(phone, 100));

describe('since when a device is there, and when it was last used', () => {
  test('a device is there since its enrolment began, and used since its first code', () => {
    expect(accountOf(person, begun).totp.pending).toMatchObject({ totpId: phone, createdAt: now });
    expect(timesOf(begun, confirmed)).toStrictEqual([{ totpId: phone, createdAt: now, lastUsedAt: now + 1 }]);
  });

  test('a device that came with its seed is unused', () => {
    const device = { totpId: phone, createdAt: now, lastUsedAt: null };
    expect(timesOf(at(now, imported(phone)))).toStrictEqual([device]);
  });

  test.each([
    ['a right code', succeeded(phone, 101)],
    ['two codes that set its clock', resynced(phone, 2, 101)],
  ])('%s is a use of it, and of no other', (_, use) => {
    const unused = { totpId: watch, createdAt: now, lastUsedAt: null };
    expect(timesOf(begun, confirmed, at(now, imported(watch)), at(now + 9, use))).toStrictEqual([
      { totpId: phone, createdAt: now, lastUsedAt: now + 9 },
      unused,
    ]);
  });

  test.each([
    ['a wrong code', failed([phone])],
    ['its end', disabled(phone)],
  ])('%s is no use', (_, event) => {
    expect(timesOf(begun, confirmed, at(now + 9, event))).toMatchObject([{ lastUsedAt: now + 1 }]);
  });
});
