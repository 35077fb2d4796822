// Passwords: what people choose, so hashed at the price of a guess that OWASP asks for.

import { type HashLane, passwordWorkFactor } from '#secrets/hash-lane.js';

export function hashPassword(lane: HashLane, password: string): Promise<string> {
  return lane.hash(asTyped(password), passwordWorkFactor);
}

/** Null where there is no password: that takes as long as a wrong one. */
export function verifyPassword(lane: HashLane, stored: string | null, password: string): Promise<boolean> {
  if (stored === null) return lane.verifyDummy(asTyped(password), passwordWorkFactor);
  return lane.verify(stored, asTyped(password));
}

/** Made with less than is asked for now. Ask after a right password, which is the only time to make it anew. */
export function needsRehash(stored: string): boolean {
  const made = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(stored);
  if (made === null) return true;
  const [, memoryKibibytes, passes] = made;
  return (
    Number(memoryKibibytes) < passwordWorkFactor.memoryKibibytes || Number(passes) < passwordWorkFactor.passes
  );
}

/** Keyboards differ in how they put a letter together (NIST SP 800-63B section 3.1.1.2). */
const asTyped = (password: string) => password.normalize('NFKC');
