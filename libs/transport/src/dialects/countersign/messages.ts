// What several answers have in common.

import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';

import type { Details } from '#application/caller.js';
import type { Instant } from '#domain/ids.js';

interface DetailsMessage {
  readonly sequence: bigint;
  readonly changeDate: Timestamp;
  readonly resourceOwner: string;
}

export const detailsOf = ({ sequence, changeDate, resourceOwner }: Details): DetailsMessage => ({
  sequence: BigInt(sequence),
  changeDate: timestampFromMs(changeDate),
  resourceOwner,
});

export const inDetails = ({ details }: { readonly details: Details }) => ({ details: detailsOf(details) });

/** Left out where there is none. */
export const momentOf = (at: Instant | null): Timestamp | undefined =>
  at === null ? undefined : timestampFromMs(at);
