import type { AccessTokenId, Instant, Sealed } from '#domain/ids.js';

export type AccessTokenEvent =
  | {
      readonly type: 'user.pat.added';
      readonly tokenId: AccessTokenId;
      readonly name: Sealed;
      readonly scopes: readonly string[];
      readonly expiresAt: Instant | null;
      /** SHA-256 of the secret, which has 256 random bits, in base64url. */
      readonly hash: string;
    }
  | { readonly type: 'user.pat.removed'; readonly tokenId: AccessTokenId };
