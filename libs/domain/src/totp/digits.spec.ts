import { describe, expect, it } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import type { TotpId } from '#domain/ids.js';
import {
  acme,
  disabled,
  failed,
  imported,
  person,
  phone,
  succeeded,
  tablet,
  times,
  watch,
} from '#domain/testing/factors.js';
import { accountOf, at, circumstances, given, now } from '#domain/testing/specification.js';
import { totpTargets, verifyTotp } from '#domain/totp/decide.js';

/** The phone and the tablet show six digits, the watch eight. */
const mixed = [person, imported(phone), imported(watch, 8), imported(tablet)];
const address = (digits: number | null, totpId: TotpId | null = null) => ({
  organizationId: acme,
  totpId,
  digits,
});
const guess = (
  digits: number | null,
  ...comparisons: readonly { totpId: TotpId; steps: readonly number[] }[]
) => ({
  ...address(digits),
  comparisons,
  purpose: null,
});
const wrong = (totpId: TotpId) => ({ totpId, steps: [] });
const right = (totpId: TotpId, step: number) => ({ totpId, steps: [step] });
const told = { nextAttemptAt: now, hint: null };

describe('a code is compared with the devices that show so many digits', () => {
  const targetsOf = (past: readonly AccountEvent[], asked: ReturnType<typeof address>) =>
    totpTargets(accountOf(...past), asked, circumstances());
  const only = (...totpIds: readonly TotpId[]) => ({
    kind: 'targets',
    targets: totpIds.map((totpId) => ({ totpId })),
  });

  it('and with no others', () => {
    expect(targetsOf(mixed, address(6))).toMatchObject(only(phone, tablet));
    expect(targetsOf(mixed, address(8))).toMatchObject(only(watch));
    expect(targetsOf(mixed, address(8, watch))).toMatchObject(only(watch));
  });

  it('or with all of them, where nothing is said of digits', () => {
    expect(targetsOf(mixed, address(null))).toMatchObject(only(phone, watch, tablet));
  });

  it('and counts against these alone', () => {
    given(...mixed)
      .when(verifyTotp, guess(6, wrong(phone), wrong(tablet)))
      .thenRejected({ code: 'wrong-code', attemptsLeft: 14, ...told }, failed([phone, tablet]));
    given(...mixed)
      .when(verifyTotp, guess(8, wrong(watch)))
      .thenRejected({ code: 'wrong-code', attemptsLeft: 19, ...told }, failed([watch]));
  });

  it('disables none that it was not compared with', () => {
    given(...mixed, ...times(19, failed([phone, watch], 'used')))
      .when(verifyTotp, guess(8, wrong(watch)))
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 0, nextAttemptAt: null, hint: null },
        failed([watch]),
        disabled(watch),
      );
  });

  it('and spends a step of the one that shows it', () => {
    given(...mixed)
      .when(verifyTotp, guess(8, right(watch, 101)))
      .thenAnswers({ totpId: watch }, succeeded(watch, 101));
  });

  it.each([
    { comparisons: [wrong(phone), wrong(watch), wrong(tablet)] },
    { comparisons: [wrong(phone)] },
    { comparisons: [wrong(watch), wrong(phone)] },
  ])('takes comparisons with others for a bug (%#)', ({ comparisons }) => {
    expect(() => given(...mixed).when(verifyTotp, guess(6, ...comparisons))).toThrow(TypeError);
  });
});

describe('a code that was not compared is no guess', () => {
  it.each([
    { asked: address(7), digits: [6, 8] },
    { asked: address(0), digits: [6, 8] },
    { asked: address(6, watch), digits: [8] },
    { asked: address(8, phone), digits: [6] },
  ])('a code of a length that no device shows is refused without an event (%j)', ({ asked, digits }) => {
    const refusal = { code: 'malformed-code', digits } as const;
    given(...mixed)
      .when(verifyTotp, { ...asked, comparisons: [], purpose: null })
      .thenRejected(refusal);
    expect(totpTargets(accountOf(...mixed), asked, circumstances())).toEqual({ kind: 'rejected', refusal });
  });

  it('tells the lengths in their order, each once', () => {
    given(person, imported(watch, 8), imported(phone), imported(tablet))
      .when(verifyTotp, guess(7))
      .thenRejected({ code: 'malformed-code', digits: [6, 8] });
  });

  it('one of the length of a disabled device is refused for that', () => {
    given(...mixed, disabled(watch))
      .when(verifyTotp, guess(8))
      .thenRejected({ code: 'totp-disabled' });
  });

  it('one that comes too early is told of the devices that show it', () => {
    given(...mixed, ...times(5, at(now, failed([watch]))))
      .when(verifyTotp, guess(8))
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt: now + 30_000, attemptsLeft: 15 });
  });

  it('nothing is said of a user who may not verify', () => {
    given(...mixed, { type: 'user.locked' })
      .when(verifyTotp, guess(7))
      .thenRejected({ code: 'user-locked' });
  });
});
