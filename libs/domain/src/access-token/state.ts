import type { AccessTokenEvent } from '#domain/access-token/events.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { AccessTokenId, Instant, Sealed } from '#domain/ids.js';

export interface AccessToken {
  readonly tokenId: AccessTokenId;
  readonly name: Sealed;
  readonly scopes: readonly string[];
  readonly expiresAt: Instant | null;
  readonly hash: string;
  readonly createdAt: Instant;
}

/** Whatever was added and not removed, the expired ones too; the oldest first. */
export type AccessTokensState = readonly AccessToken[];

export const noAccessTokens: AccessTokensState = [];

export function evolveAccessTokens(
  state: AccessTokensState,
  event: AccountEvent,
  at: Instant,
): AccessTokensState {
  switch (event.type) {
    case 'user.pat.added': {
      const { tokenId, name, scopes, expiresAt, hash } = event;
      return [...without(state, tokenId), { tokenId, name, scopes, expiresAt, hash, createdAt: at }];
    }
    case 'user.pat.removed':
      return without(state, event.tokenId);
    // Nobody is left whom they could stand for.
    case 'user.removed':
    case 'user.erased':
      return noAccessTokens;
    default:
      // What other nouns tell changes nothing here; an event of this noun that is forgotten does not compile.
      event satisfies Exclude<AccountEvent, AccessTokenEvent>;
      return state;
  }
}

function without(state: AccessTokensState, tokenId: AccessTokenId): AccessTokensState {
  return state.some((token) => token.tokenId === tokenId)
    ? state.filter((token) => token.tokenId !== tokenId)
    : state;
}
