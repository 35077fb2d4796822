// Opens the secrets of devices and holds a code against them. The domain is told which steps it fits, and
// never sees either.

import type { Secrets } from '#application/parts.js';
import type { UserContext } from '#application/users.js';
import type { Comparison, TotpTarget } from '#domain/totp/guess.js';

/** It is not as many digits as a device of the user shows. It was compared with nothing, and costs nothing. */
export interface MalformedCode {
  readonly code: 'malformed-code';
  readonly digits: readonly number[];
}

/** The digits that were meant, if some of the devices shows so many. */
export function readCode(
  text: string,
  targets: readonly TotpTarget[],
  { canonicalDigits }: Pick<Secrets, 'canonicalDigits'>,
): string | MalformedCode {
  const digits = canonicalDigits(text);
  if (digits !== null && targets.some(({ parameters }) => parameters.digits === digits.length)) return digits;
  const shown = new Set(targets.map(({ parameters }) => parameters.digits));
  return { code: 'malformed-code', digits: [...shown].sort() };
}

/** @param code canonical digits */
export function compare(
  { totpId, secret, ...window }: TotpTarget,
  code: string,
  { context, secrets }: { readonly context: UserContext; readonly secrets: Pick<Secrets, 'matchingSteps'> },
): Comparison {
  const key = context.sealer.open('totp-secret', secret, totpId);
  const steps = secrets.matchingSteps({ ...window, key, code, at: context.now });
  key.fill(0);
  return { totpId, steps };
}
