// The key store's promises in their plainest form, for tests and as the reference of the other stores.

import type { KeyPage, KeyStore, KeyStoreError, WrappedKey } from '#secrets/key-store.js';

export class InMemoryKeyStore implements KeyStore {
  readonly #keys = new Map<string, WrappedKey>();
  #closed = false;

  async add(key: WrappedKey): Promise<boolean> {
    this.#refuseWhenClosed();
    if (this.#keys.has(key.subject)) return false;
    this.#keys.set(key.subject, copyOf(key));
    return true;
  }

  async get(subject: string): Promise<WrappedKey | null> {
    this.#refuseWhenClosed();
    const key = this.#keys.get(subject);
    return key === undefined ? null : copyOf(key);
  }

  async erase(subject: string): Promise<boolean> {
    this.#refuseWhenClosed();
    this.#keys.get(subject)?.wrapped.fill(0);
    return this.#keys.delete(subject);
  }

  async rewrap(from: WrappedKey, to: WrappedKey): Promise<boolean> {
    this.#refuseWhenClosed();
    const stored = this.#keys.get(from.subject);
    if (stored === undefined || !isSame(stored, from)) return false;
    stored.wrapped.fill(0);
    this.#keys.set(to.subject, copyOf(to));
    return true;
  }

  async notWrappedBy(masterKeyId: string, { after, limit }: KeyPage): Promise<readonly WrappedKey[]> {
    this.#refuseWhenClosed();
    return [...this.#keys.values()]
      .filter((key) => key.masterKeyId !== masterKeyId && (after === null || key.subject > after))
      .sort((left, right) => (left.subject < right.subject ? -1 : 1))
      .slice(0, limit)
      .map(copyOf);
  }

  async countByMasterKey(): Promise<ReadonlyMap<string, number>> {
    this.#refuseWhenClosed();
    const counts = new Map<string, number>();
    for (const { masterKeyId } of this.#keys.values())
      counts.set(masterKeyId, (counts.get(masterKeyId) ?? 0) + 1);
    return counts;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #refuseWhenClosed(): void {
    if (!this.#closed) return;
    const named: Pick<KeyStoreError, 'name' | 'code'> = { name: 'KeyStoreError', code: 'unavailable' };
    throw Object.assign(new Error('the key store is unavailable: it is closed'), named);
  }
}

function copyOf(key: WrappedKey): WrappedKey {
  return { ...key, wrapped: Buffer.from(key.wrapped) };
}

function isSame(stored: WrappedKey, from: WrappedKey): boolean {
  return (
    stored.keyId === from.keyId &&
    stored.masterKeyId === from.masterKeyId &&
    Buffer.from(from.wrapped).equals(stored.wrapped)
  );
}
