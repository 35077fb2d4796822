// Whoever finds a session open must not bind an app of its own, nor take one away. So a session does to its own user
// what is marked `stepUp` only with a second factor that was shown a short while ago, or is shown with the call.
// Programs cannot show one: their tokens have a scope for it.

import { scopeAllowsStepUp } from '#access/permissions.js';
import type { CallerProof } from '#application/caller.js';
import { isTextOf } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import type { InvalidInput, Violation } from '#application/violations.js';
import type { Instant } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import type { Incoming } from '#transport/call.js';
import type { Principal, ProofGiven, StepUp } from '#transport/implementation.js';

export const codeHeader = 'x-countersign-code';
export const recoveryCodeHeader = 'x-countersign-recovery-code';

export type StepUpRefusal =
  /** The caller's session: its factor may be so old, in seconds. */
  | { readonly code: 'step-up-required'; readonly maxAgeSeconds: number }
  | { readonly code: 'scope-required'; readonly scope: string };

const settingOf = {
  factors: 'stepUpSecondsFactors',
  recoveryCodes: 'stepUpSecondsRecoveryCodes',
  tokens: 'stepUpSecondsTokens',
  password: 'stepUpSecondsPassword',
} as const satisfies Record<StepUp, keyof Settings>;

interface SteppingUp {
  readonly stepUp: StepUp;
  /** Whether a proof comes with the call, which the command will look at. */
  readonly proves: boolean;
  readonly settings: Settings;
  readonly now: Instant;
}

/** Null for who may go on to change its own user. */
export function refusedStepUp(
  principal: Principal,
  { stepUp, proves, settings, now }: SteppingUp,
): StepUpRefusal | null {
  if (principal.via === 'token')
    return scopeAllowsStepUp(principal.scopes) ? null : { code: 'scope-required', scope: 'factors.write' };
  if (proves || !principal.hasFactor) return null;
  const maxAgeSeconds = settings[settingOf[stepUp]];
  if (isWithin(principal.factorAt, now, maxAgeSeconds)) return null;
  return { code: 'step-up-required', maxAgeSeconds };
}

/** A time far ahead was told by a clock that was wrong: as good as one long ago. */
const isWithin = (at: Instant | null, now: Instant, seconds: number): boolean =>
  at !== null && Math.abs(now - at) < seconds * 1_000;

/** The proof that stands in headers, if any; or what is wrong with it. */
export function proofInHeaders(
  { code, recoveryCode }: Pick<Incoming, 'code' | 'recoveryCode'>,
  inMessage: ProofGiven,
): CallerProof | null | InvalidInput {
  if (code === null && recoveryCode === null) return null;
  const violations = [
    ...brokenHeader(codeHeader, code),
    ...brokenHeader(recoveryCodeHeader, recoveryCode),
    ...tooMany({ code, recoveryCode }, inMessage),
  ];
  return violations.length === 0 ? { code, recoveryCode } : { code: 'invalid-input', violations };
}

export const proofIsGiven = ({ code, recoveryCode }: ProofGiven): boolean =>
  code !== undefined || recoveryCode !== undefined;

/** A code is its owner's. Held against somebody else's factors it would count as a guess there. */
export const proofOfAnother = ({ code }: CallerProof): InvalidInput => ({
  code: 'invalid-input',
  violations: [
    {
      field: code === null ? recoveryCodeHeader : codeHeader,
      rule: 'own',
      message: 'is for what is done to the user who calls',
    },
  ],
});

function brokenHeader(field: string, text: string | null): readonly Violation[] {
  if (text === null || isTextOf(text, 1, codeCharactersMax)) return [];
  const message = `must be 1 to ${codeCharactersMax} characters, none of them a control character`;
  return [{ field, rule: 'text', message }];
}

/** One of them would be left out of account, and a recovery code that its owner believes spent would not be. */
function tooMany({ code, recoveryCode }: CallerProof, inMessage: ProofGiven): readonly Violation[] {
  const one = code === null ? recoveryCodeHeader : codeHeader;
  if (proofIsGiven(inMessage))
    return [{ field: one, rule: 'one-of', message: 'must not come together with a proof in the message' }];
  if (code === null || recoveryCode === null) return [];
  return [{ field: recoveryCodeHeader, rule: 'one-of', message: 'must not come together with a code' }];
}
