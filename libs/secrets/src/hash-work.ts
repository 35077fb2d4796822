// What a hash costs, paid where it is called: in a thread that has nothing else to do.

import { pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto';

import { hashSync, verifySync } from '@node-rs/argon2';
import { verifySync as verifyBcryptSync } from '@node-rs/bcrypt';

import { type Argon2Parameters, readStoredHash, type StoredHash } from '#secrets/stored-hash.js';

export type HashJob =
  | { readonly kind: 'hash'; readonly text: string; readonly parameters: Argon2Parameters }
  | { readonly kind: 'verify'; readonly stored: string; readonly text: string };

/** A PHC text, or whether it fits; null where the stored one cannot be read. */
export function workOff(job: HashJob): string | boolean | null {
  switch (job.kind) {
    case 'hash': {
      const { memoryKibibytes: memoryCost, passes: timeCost, parallelism } = job.parameters;
      return hashSync(job.text, { memoryCost, timeCost, parallelism });
    }
    case 'verify': {
      const stored = readStoredHash(job.stored);
      return stored === null ? null : fits(stored, job.text);
    }
  }
}

function fits(stored: StoredHash, text: string): boolean {
  switch (stored.kind) {
    case 'argon2':
      return verifySync(stored.text, text);
    case 'bcrypt':
      return verifyBcryptSync(text, stored.text);
    case 'scrypt': {
      const { cost, blockSize, parallelism, salt, hash } = stored;
      // What it needs by RFC 7914, which Node refuses above 32 MiB unless it is told.
      const maxmem = 128 * blockSize * (cost + parallelism + 2);
      const options = { cost, blockSize, parallelization: parallelism, maxmem };
      return timingSafeEqual(scryptSync(text, salt, hash.length, options), hash);
    }
    case 'pbkdf2': {
      const { digest, iterations, salt, hash } = stored;
      return timingSafeEqual(pbkdf2Sync(text, salt, iterations, hash.length, digest), hash);
    }
  }
}
