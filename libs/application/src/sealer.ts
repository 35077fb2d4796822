// Seals and opens what belongs to one user, under that user's data key. What is sealed for one purpose or
// one factor does not open for another.

import type { Secrets } from '#application/parts.js';
import type { OrganizationId, Sealed } from '#domain/ids.js';
import type { DataKey } from '#secrets/data-keys.js';

export type Purpose =
  | 'user-id'
  | 'username'
  | 'profile'
  | 'email'
  | 'email-code'
  | 'phone'
  | 'metadata-key'
  | 'metadata-value'
  | 'reason'
  | 'token-name'
  | 'totp-name'
  | 'totp-secret'
  | 'totp-purpose'
  | 'password-hash'
  | 'password-code'
  | 'session-user-agent'
  | 'session-metadata';

/** A device, a token, a session or the hash of a metadata key; empty for what belongs to the user as a whole. */
type Factor = string;

export class Sealer {
  readonly #secrets: Pick<Secrets, 'seal' | 'open' | 'openText'>;
  readonly #key: DataKey;
  readonly #organizationId: OrganizationId;

  constructor(
    secrets: Pick<Secrets, 'seal' | 'open' | 'openText'>,
    key: DataKey,
    organizationId: OrganizationId,
  ) {
    this.#secrets = secrets;
    this.#key = key;
    this.#organizationId = organizationId;
  }

  seal(purpose: Purpose, plaintext: string | Uint8Array, factor: Factor = ''): Sealed {
    return this.#secrets.seal(this.#key, this.#context(purpose, factor), plaintext);
  }

  sealNullable(purpose: Purpose, plaintext: string | null, factor: Factor = ''): Sealed | null {
    return plaintext === null ? null : this.seal(purpose, plaintext, factor);
  }

  /** The present text where it says the same already: sealing it again would look like a change. */
  sealChanged(purpose: Purpose, plaintext: string, present: Sealed): Sealed {
    return this.openText(purpose, present) === plaintext ? present : this.seal(purpose, plaintext);
  }

  open(purpose: Purpose, sealed: Sealed, factor: Factor = ''): Buffer {
    return this.#secrets.open(this.#key, this.#context(purpose, factor), sealed);
  }

  openText(purpose: Purpose, sealed: Sealed, factor: Factor = ''): string {
    return this.#secrets.openText(this.#key, this.#context(purpose, factor), sealed);
  }

  #context(purpose: Purpose, factor: Factor) {
    return { organizationId: this.#organizationId, subject: this.#key.subject, factor, purpose };
  }
}
