// Where data keys are kept: wrapped by a master key, one for each subject, and forgotten for good when
// the subject is erased. Each promise made here is checked by the suite in contract/, on every store.

export interface WrappedKey {
  /** Whose data it protects: the name of a stream. */
  readonly subject: string;
  /** Differs for every data key ever made, also of one subject. */
  readonly keyId: string;
  readonly masterKeyId: string;
  readonly wrapped: Uint8Array;
}

export interface KeyPage {
  /** Exclusive; null for the first page. */
  readonly after: string | null;
  readonly limit: number;
}

export interface KeyStore {
  /** Durable when it resolves. False when the subject has a key already: then nothing changed. */
  add(key: WrappedKey): Promise<boolean>;
  get(subject: string): Promise<WrappedKey | null>;
  /** When it resolves, the key is in no byte of what the store keeps. False when there was none. */
  erase(subject: string): Promise<boolean>;
  /** Puts `to` in the place of `from`; false when that is no longer what is stored. Durable when it resolves. */
  rewrap(from: WrappedKey, to: WrappedKey): Promise<boolean>;
  /** In the order of their subjects, those that another master key wraps. */
  notWrappedBy(masterKeyId: string, page: KeyPage): Promise<readonly WrappedKey[]>;
  /** How many keys each master key wraps; none of them is zero. */
  countByMasterKey(): Promise<ReadonlyMap<string, number>>;
  /** Finishes what was accepted. */
  close(): Promise<void>;
}

/** The outside broke. As a type alone, since a store knows nothing else of this room. */
export interface KeyStoreError extends Error {
  readonly name: 'KeyStoreError';
  /**
   * `unavailable`: it may or may not have been done; the same call again finds out.
   * `damaged`: what is stored is not what was written; no retry will help.
   */
  readonly code: 'unavailable' | 'damaged';
}
