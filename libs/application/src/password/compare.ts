// Holds a password against the one hash that there is. A hash is made to be dear: each guess costs one, whatever
// it is decided on and however often.

import type { Secrets } from '#application/parts.js';
import { unlessBusy } from '#application/recovery-codes/compare.js';

export interface PasswordGuessing {
  /** @param stored in the PHC text form; null where there is none, which takes as long */
  compare(stored: string | null): Promise<ComparedPassword>;
}

export interface ComparedPassword {
  readonly matches: boolean;
  /** Of the same password, where its hash is not made as hashes are made now. */
  readonly rehashed: string | null;
}

const no: ComparedPassword = { matches: false, rehashed: null };

export function guessPassword(
  password: string,
  { passwords }: { readonly passwords: Pick<Secrets['passwords'], 'verify' | 'hash' | 'needsRehash'> },
): PasswordGuessing {
  const compared = new Map<string | null, ComparedPassword>();
  return { compare: async (stored) => compared.get(stored) ?? (await compareAnew(stored)) };

  async function compareAnew(stored: string | null): Promise<ComparedPassword> {
    const matches = await passwords.verify(stored, password);
    const isWeak = matches && stored !== null && passwords.needsRehash(stored);
    const made = matches ? { matches, rehashed: isWeak ? await hashAnew() : null } : no;
    compared.set(stored, made);
    return made;
  }

  /** Null where too much is being hashed: the password is right all the same, and a later login makes it anew. */
  async function hashAnew(): Promise<string | null> {
    const made = await unlessBusy(() => passwords.hash(password));
    return typeof made === 'string' ? made : null;
  }
}
