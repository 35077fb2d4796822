// A password for a name that nobody has: the same hash is computed, the same budget spent, the same append made and
// the same answer given as for somebody who has another password.

import type { Application } from '#application/application.js';
import type { Caller, Refused } from '#application/caller.js';
import type { NotExecuted } from '#application/execute.js';
import { guessPassword } from '#application/password/compare.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import { settingsFor } from '#application/session/sessions.js';
import { type Rejected, reject } from '#domain/decider.js';
import type { LoginKey, OrganizationId } from '#domain/ids.js';
import { passwordUncompared, refusePassword } from '#domain/login-name/decide.js';
import type { Settings } from '#domain/organization/settings.js';
import { type PasswordBoundRefusal, type PasswordWrong, passwordWrong } from '#domain/password/bounds.js';

export interface PasswordOfNobody<Ahead> {
  readonly key: LoginKey;
  readonly password: string;
  /** Whose settings hold; null stands for the instance's. */
  readonly organizationId: OrganizationId | null;
  readonly instanceId: string;
  readonly by: Caller;
  /** What would be refused whatever is shown: nothing is compared then, as of somebody. */
  readonly ahead: (settings: Settings) => Rejected<Ahead> | null;
}

type Refusal = PasswordBoundRefusal | PasswordWrong;

export async function refuseNobody<Ahead>(
  application: Application,
  { key, password, organizationId, instanceId, by, ahead }: PasswordOfNobody<Ahead>,
): Promise<Refused<Ahead | Refusal | NotExecuted | Busy>> {
  const settings = await settingsFor(application, organizationId);
  const guess = guessPassword(password, application.parts.secrets);
  const outcome = await unlessBusy(() =>
    application.loginNames.commands.execute<Ahead | Refusal, null>({
      stream: `login-${key}`,
      by,
      resourceOwner: organizationId ?? instanceId,
      isDear: true,
      decide: async (name, now) => {
        const refused = ahead(settings);
        if (refused !== null) return reject(refused.refusal);
        const refusal = passwordUncompared(name, { now, settings });
        if (refusal !== null) return reject(refusal);
        await guess.compare(null);
        return refusePassword(name, { now, settings });
      },
      recall: (_, { wrongPasswords }, now): Rejected<Refusal> => ({
        kind: 'rejected',
        refusal: passwordWrong(wrongPasswords, { now, settings }),
      }),
    }),
  );
  if (outcome.kind === 'accepted') throw new TypeError('nobody has a password that is right');
  return outcome;
}
