import type { AccountEvent } from '#domain/account/events.js';
import type { Instant, MetadataKeyHash, Sealed } from '#domain/ids.js';
import type { UserMetadataEvent } from '#domain/user-metadata/events.js';

export interface MetadataEntry {
  readonly keyHash: MetadataKeyHash;
  readonly key: Sealed;
  readonly value: Sealed;
  readonly createdAt: Instant;
  /** When its value was set last. */
  readonly changedAt: Instant;
}

/** In the order in which their keys were first set. */
export type UserMetadataState = readonly MetadataEntry[];

export const noMetadata: UserMetadataState = [];

export function evolveUserMetadata(
  state: UserMetadataState,
  event: AccountEvent,
  at: Instant,
): UserMetadataState {
  switch (event.type) {
    case 'user.metadata.set':
      return set(state, event, at);
    case 'user.metadata.removed':
      return state.some(({ keyHash }) => keyHash === event.keyHash)
        ? state.filter(({ keyHash }) => keyHash !== event.keyHash)
        : state;
    case 'user.metadata.removed.all':
    // Nobody is left whom they could describe.
    case 'user.removed':
    case 'user.erased':
      return noMetadata;
    default:
      // What other nouns tell changes nothing here; an event of this noun that is forgotten does not compile.
      event satisfies Exclude<AccountEvent, UserMetadataEvent>;
      return state;
  }
}

type MetadataSet = Extract<UserMetadataEvent, { type: 'user.metadata.set' }>;

function set(state: UserMetadataState, { keyHash, key, value }: MetadataSet, at: Instant): UserMetadataState {
  const index = state.findIndex((entry) => entry.keyHash === keyHash);
  const present = state[index];
  const entry = { keyHash, key, value, createdAt: present?.createdAt ?? at, changedAt: at };
  return present === undefined ? [...state, entry] : state.with(index, entry);
}
