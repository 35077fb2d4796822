import type { Sealed } from '#domain/ids.js';

export interface NewSigningKey {
  readonly keyId: string;
  /** As it is served to whoever verifies. */
  readonly publicKey: string;
  readonly privateKey: Sealed;
}

export type SigningKeyEvent = {
  readonly type: 'instance.signing.key.added';
  /** What was signed by earlier ones is to be believed no longer, and this one signs at once. */
  readonly withdrawsEarlier: boolean;
} & NewSigningKey;
