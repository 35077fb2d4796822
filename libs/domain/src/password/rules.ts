// What an organization asks of a new password. The text itself does not come here: what is known of it does.

import type { Rejected } from '#domain/decider.js';
import type { Settings } from '#domain/organization/settings.js';

/** Beyond, there is nothing to gain, and a text to hash that only costs. NIST SP 800-63B asks for 64 at least. */
const passwordCharactersMax = 200;

export const characterKinds = ['uppercase', 'lowercase', 'digit', 'symbol'] as const;
export type CharacterKind = (typeof characterKinds)[number];

/** What is known of a password that somebody chose. */
export interface PasswordTraits {
  /** Code points, after normalization. */
  readonly characters: number;
  readonly kinds: readonly CharacterKind[];
  /** It stands on a list of those that are tried first, or is a name of its user. */
  readonly isCommon: boolean;
}

export type PasswordRuleRefusal =
  /** It has fewer characters than the organization asks for. */
  | { readonly code: 'password-too-short'; readonly minimum: number }
  /** It has more characters than anybody needs. */
  | { readonly code: 'password-too-long'; readonly maximum: number }
  /** The organization asks for kinds of characters that it does not have. */
  | { readonly code: 'password-composition'; readonly missing: readonly CharacterKind[] }
  /** It is among those that are guessed first, or is the user's own name. */
  | { readonly code: 'password-too-common' };

/** @param traits null for one that came as a hash, of which nothing is known */
export function refusedByRules(
  traits: PasswordTraits | null,
  settings: Settings,
): Rejected<PasswordRuleRefusal> | null {
  if (traits === null) return null;
  const { characters, kinds, isCommon } = traits;
  const minimum = settings.passwordCharactersMin;
  if (characters < minimum) return refused({ code: 'password-too-short', minimum });
  if (characters > passwordCharactersMax) {
    return refused({ code: 'password-too-long', maximum: passwordCharactersMax });
  }
  const missing = requiredKinds(settings).filter((kind) => !kinds.includes(kind));
  if (missing.length > 0) return refused({ code: 'password-composition', missing });
  return isCommon ? refused({ code: 'password-too-common' }) : null;
}

function requiredKinds(settings: Settings): readonly CharacterKind[] {
  const isRequired: Record<CharacterKind, boolean> = {
    uppercase: settings.passwordRequiresUppercase,
    lowercase: settings.passwordRequiresLowercase,
    digit: settings.passwordRequiresDigit,
    symbol: settings.passwordRequiresSymbol,
  };
  return characterKinds.filter((kind) => isRequired[kind]);
}

const refused = (refusal: PasswordRuleRefusal): Rejected<PasswordRuleRefusal> => ({
  kind: 'rejected',
  refusal,
});
