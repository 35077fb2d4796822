// Passwords of people, and what they cost, for specs.

import type { Secrets } from '#application/parts.js';
import { PasswordShown, type PasswordWay } from '#application/password/changing.js';
import { NewPasswordFields } from '#application/password/chosen.js';
import { SetPassword } from '#application/password/set-password.js';
import { by } from '#application/testing/house.js';
import { realSecrets } from '#application/testing/secrets.js';
import { her } from '#application/testing/sent.js';
import { HashLane } from '#secrets/hash-lane.js';
import { Passwords } from '#secrets/passwords.js';

export const herPassword = 'correct horse battery';
export const anotherPassword = 'staple 42 Uhr';

export const passwordOf = (value: string, more: Partial<NewPasswordFields> = {}) =>
  new NewPasswordFields({ value, ...more });

export function setPasswordBy(
  way: PasswordWay,
  text: string,
  password: string | NewPasswordFields = anotherPassword,
): SetPassword {
  const fields = typeof password === 'string' ? passwordOf(password) : password;
  return new SetPassword({ ...her, password: fields, shown: new PasswordShown({ way, text }), by });
}

/** Hashes are cheap here, and it is counted how often passwords are hashed or compared. One everybody tries first. */
export async function countedSecrets() {
  const secrets = await realSecrets();
  const lane = new HashLane({ concurrent: 2, waitingMax: 1_000 });
  const passwords = new Passwords({ lane, workFactor: { memoryKibibytes: 8, passes: 1 } });
  const counts = { hashed: 0, compared: 0 };
  const counting: Secrets['passwords'] = {
    busyForMs: () => passwords.busyForMs(),
    hash: (password) => {
      counts.hashed += 1;
      return passwords.hash(password);
    },
    verify: (stored, password) => {
      counts.compared += 1;
      return passwords.verify(stored, password);
    },
    needsRehash: (stored) => passwords.needsRehash(stored),
    canVerify: (stored) => passwords.canVerify(stored),
    isCommon: (password) => password.toLowerCase() === 'password1',
  };
  return { secrets: { ...secrets, passwords: counting }, counts };
}
