// The password that somebody is added with. It is looked at and hashed before a name is claimed for it.

import type { Refused } from '#application/caller.js';
import type { Secrets } from '#application/parts.js';
import {
  choosePassword,
  type NewPasswordFields,
  type PasswordHashUnreadable,
} from '#application/password/chosen.js';
import type { Busy } from '#application/recovery-codes/compare.js';
import type { Sealer } from '#application/sealer.js';
import type { Settings } from '#domain/organization/settings.js';
import type { NewPassword } from '#domain/password/decide.js';
import { type PasswordRuleRefusal, refusedByRules } from '#domain/password/rules.js';

export interface FirstPassword {
  readonly kind: 'first';
  prepare(settings: Settings): Promise<PasswordRuleRefusal | null>;
  sealedBy(sealer: Sealer): Promise<NewPassword | null>;
}

const none: FirstPassword = { kind: 'first', prepare: async () => null, sealedBy: async () => null };

/** @param names of who is added */
export function firstPassword(
  fields: NewPasswordFields | null,
  names: readonly string[],
  secrets: Pick<Secrets, 'passwords'>,
): FirstPassword | Refused<PasswordHashUnreadable | Busy> {
  if (fields === null) return none;
  const chosen = choosePassword(fields, secrets);
  if (chosen.kind === 'rejected') return chosen;
  const wanted = { traits: chosen.traits(names), changeRequired: chosen.changeRequired };
  return {
    kind: 'first',
    prepare: async (settings) => {
      const refused = refusedByRules(wanted.traits, settings);
      if (refused !== null) return refused.refusal;
      await chosen.hash();
      return null;
    },
    sealedBy: async (sealer) => ({ ...wanted, hash: sealer.seal('password-hash', await chosen.hash()) }),
  };
}
