// What several answers have in common.

import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';

import type { Details } from '#application/caller.js';
import type { Instant } from '#domain/ids.js';

export interface DetailsMessage {
  readonly sequence: bigint;
  readonly changeDate: Timestamp;
  readonly resourceOwner: string;
}

export const detailsOf = ({ sequence, changeDate, resourceOwner }: Details): DetailsMessage => ({
  sequence: BigInt(sequence),
  changeDate: timestampFromMs(changeDate),
  resourceOwner,
});

export const detailsSince = (details: Details, createdAt: Instant) => ({
  ...detailsOf(details),
  creationDate: timestampFromMs(createdAt),
});

export const inDetails = ({ details }: { readonly details: Details }) => ({ details: detailsOf(details) });

/** Of a list that was read just now, and saw everything that was answered before. */
export const listDetailsOf = (total: number, now: Instant) => ({
  totalResult: BigInt(total),
  timestamp: timestampFromMs(now),
});
