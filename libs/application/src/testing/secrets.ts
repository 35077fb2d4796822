// The real secrets, over keys that are kept in memory, or wherever a spec keeps them.

import { randomBytes } from 'node:crypto';

import type { Secrets } from '#application/parts.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import type { KeyStore } from '#secrets/key-store.js';
import { type MasterKeys, parseMasterKeys } from '#secrets/master-keys.js';
import { secretsOver } from '#server/secrets-over.js';

export const masterKeys = parseMasterKeys(`test ${randomBytes(32).toString('base64')}`);

export function realSecrets(
  store: KeyStore = new InMemoryKeyStore(),
  keysBy: MasterKeys = masterKeys,
): Promise<Secrets> {
  return secretsOver(store, keysBy);
}
