import { describe, it } from '@jest/globals';

import { removeFactors } from '#domain/account/remove-factors.js';
import {
  acme,
  added,
  anotherOrganization,
  codeSpent,
  codesRemoved,
  enrolled,
  failed,
  generated,
  imported,
  person,
  phone,
  removed,
  succeeded,
  tablet,
  watch,
} from '#domain/testing/factors.js';
import { given, now } from '#domain/testing/specification.js';

type Proof = Parameters<typeof removeFactors>[1]['proof'];

const removal = (proof: Proof) => ({ organizationId: acme, proof });
const byCode = (...steps: readonly number[]): Proof => ({
  by: 'totp',
  digits: 6,
  comparisons: [
    { totpId: phone, steps: [] },
    { totpId: watch, steps },
  ],
});
const byRecoveryCode: Proof = { by: 'recovery-code', selector: 'aa', matches: true };
const twoApps = [person, ...enrolled(phone), imported(watch)];
const everything = [...twoApps, generated(['aa', 'bb']), added(tablet, now + 1)];

describe('removing all factors', () => {
  it('takes a code of any app, which is spent, and leaves nothing', () => {
    given(...everything)
      .when(removeFactors, removal(byCode(101)))
      .then(succeeded(watch, 101), removed(phone), removed(watch), removed(tablet), codesRemoved);
  });

  it('takes a recovery code, which is spent', () => {
    given(...everything)
      .when(removeFactors, removal(byRecoveryCode))
      .then(codeSpent('aa'), removed(phone), removed(watch), removed(tablet), codesRemoved);
  });

  it('leaves out codes that there are none of', () => {
    given(...twoApps)
      .when(removeFactors, removal(byCode(101)))
      .then(succeeded(watch, 101), removed(phone), removed(watch));
  });

  it('takes codes away that wait for an app, too', () => {
    given(...twoApps, added(tablet, now + 1), generated(['aa'], tablet))
      .when(removeFactors, removal(byCode(101)))
      .then(succeeded(watch, 101), removed(phone), removed(watch), removed(tablet), codesRemoved);
  });

  it('is refused without a proof', () => {
    given(...everything)
      .when(removeFactors, removal(null))
      .thenRejected({ code: 'proof-required' });
  });

  it('leaves everything for a wrong code, which is counted', () => {
    given(...everything)
      .when(removeFactors, removal(byCode()))
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 14, nextAttemptAt: now, hint: null },
        failed([phone, watch]),
      );
  });

  it('finds nothing where nothing counts yet', () => {
    given(person, added(phone, now + 1), generated(['aa'], phone))
      .when(removeFactors, removal(null))
      .thenRejected({ code: 'totp-not-found' });
  });

  it('takes recovery codes alone', () => {
    given(person, generated(['aa', 'bb']))
      .when(removeFactors, removal(byRecoveryCode))
      .then(codeSpent('aa'), codesRemoved);
  });

  it('knows nobody of another organization', () => {
    given(...everything)
      .when(removeFactors, { organizationId: anotherOrganization, proof: byCode(101) })
      .thenRejected({ code: 'user-not-found' });
  });
});
