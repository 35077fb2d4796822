// Opens the secrets of devices and holds a code against them. The domain is told which steps it fits, and
// never sees either.

import type { Secrets } from '#application/parts.js';
import type { UserContext } from '#application/users.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { ResyncTotp } from '#domain/totp/decide.js';
import type { Comparison, Hint, TotpTarget } from '#domain/totp/guess.js';

/** The digits that were meant: none where it is no number, and no device shows a code of none. */
export function readCode(text: string, { canonicalDigits }: Pick<Secrets, 'canonicalDigits'>): string {
  return canonicalDigits(text) ?? '';
}

export interface Means<Names extends keyof Secrets> {
  readonly context: UserContext;
  readonly secrets: Pick<Secrets, Names>;
}

/** @param code canonical digits */
export function compare(
  { totpId, secret, ...window }: TotpTarget,
  code: string,
  { context, secrets }: Means<'matchingSteps'>,
): Comparison {
  const key = context.sealer.open('totp-secret', secret, totpId);
  const steps = secrets.matchingSteps({ ...window, key, code, at: context.now });
  key.fill(0);
  return { totpId, steps };
}

/** Apps that overlook the parameters of a registration show so many digits whatever was chosen. */
export function mayBeFirstCode(code: string, { parameters }: TotpTarget): boolean {
  return code.length === parameters.digits || code.length === defaultSettings.totpParameters.digits;
}

/** Of a wrong first code the likely cause is looked for: nobody has seen this device work yet. */
export function compareFirst(
  target: TotpTarget,
  code: string,
  { context, secrets }: Means<'matchingSteps' | 'diagnose'>,
): { readonly comparison: Comparison; readonly hint: Hint | null } {
  const comparison = compare(target, code, { context, secrets });
  if (comparison.steps.length > 0) return { comparison, hint: null };
  const { totpId, secret, parameters } = target;
  const key = context.sealer.open('totp-secret', secret, totpId);
  const hint = secrets.diagnose({ key, parameters, code, at: context.now });
  key.fill(0);
  return { comparison, hint };
}

/** Where in the target's window two codes in a row are those of the device. */
export function findMatch(
  { totpId, secret, parameters, driftSteps, stepsPast }: TotpTarget,
  codes: readonly [string, string],
  { context, secrets }: Means<'findConsecutive'>,
): ResyncTotp['match'] {
  const key = context.sealer.open('totp-secret', secret, totpId);
  const search = { key, parameters, codes, driftSteps, stepsMax: stepsPast, at: context.now };
  const match = secrets.findConsecutive(search);
  key.fill(0);
  return match;
}
