import { randomBytes, randomUUID } from 'node:crypto';

import type { WrappedKey } from '#secrets/key-store.js';

/** As long as those that wrapping makes. */
export const wrappedBytes = 61;

export function sampleKey(changes: Partial<WrappedKey> = {}): WrappedKey {
  return {
    subject: `user-${randomUUID()}`,
    keyId: randomBytes(16).toString('base64url'),
    masterKeyId: 'm1',
    wrapped: randomBytes(wrappedBytes),
    ...changes,
  };
}
