// What all queries have in common: how they are asked, answered and refused. Nothing here decides anything, and no
// command may ask here.

import type { Accepted, Rejected } from '#domain/decider.js';
import type { Instant, OrganizationId, Sealed } from '#domain/ids.js';
import type { Reading } from '#read-models/store.js';

export interface Sources {
  readonly reading: Reading;
  readonly now: Instant;
  /** What stands in the name of a stream for an id. */
  readonly streamId: (id: string) => string;
  /** What stands in a row for what a browser or app is told apart by. */
  readonly fingerprintKey: (fingerprint: string) => string;
  readonly open: OpenSealed;
}

/** Of what stays sealed in a row. */
export interface SealedCell {
  readonly userStream: string;
  readonly organizationId: OrganizationId;
  readonly purpose: string;
  /** What the text was bound to beside its user. */
  readonly factor: string;
  readonly sealed: Sealed;
}

/** Null where the key is gone. */
export type OpenSealed = (cell: SealedCell) => Buffer | null | Promise<Buffer | null>;

export type Answer<Value, Refusal> = Accepted<Value> | Rejected<Refusal>;

/** For who may read the whole instance. No text, since an organization may be called anything. */
export const everyOrganization = Symbol('every organization');
export type Scope = OrganizationId | typeof everyOrganization;

export interface Page {
  readonly offset: number;
  /** Null, and it is `pageDefault`. */
  readonly limit: number | null;
}

export const pageDefault = 100;
/** More is no page that anybody reads, and a message of megabytes. */
export const pageMax = 1_000;

export interface Listed<Item> {
  readonly items: readonly Item[];
  /** How many there are, on whatever page. */
  readonly total: number;
  /** There are more than `total`: it costs too much to count all of them. */
  readonly isMore: boolean;
}

/** What every change of what is answered has moved. */
export interface Details {
  /** Events in the stream so far. */
  readonly sequence: number;
  /** The time of the last of them. */
  readonly changeDate: Instant;
  readonly resourceOwner: string;
}

export interface UserNotFound {
  /** Unknown, removed, erased, or of another organization: nobody can tell which. */
  readonly code: 'user-not-found';
}

export interface OrganizationNotFound {
  /** There is no such organization, or not any more. */
  readonly code: 'organization-not-found';
}

/** What was written is not known here yet; the same call may succeed soon. */
export interface NotYet {
  readonly code: 'not-yet';
  /** For how long the oldest write that is missing has been missing. */
  readonly behindMs: number;
}

export type ListRefusal =
  | NotYet
  /** Neither offset nor limit may be negative or broken, and a page has its limit. */
  | { readonly code: 'page-invalid'; readonly maximum: number }
  /** More would have to be looked at than one query may. */
  | { readonly code: 'list-too-long'; readonly maximum: number }
  /** The filter is nested too deeply. */
  | { readonly code: 'filter-too-deep'; readonly maximum: number }
  /** The filter has too many parts, or too many values in one of them. */
  | { readonly code: 'filter-too-large'; readonly maximum: number };

export const rejected = <Refusal>(refusal: Refusal): Rejected<Refusal> => ({ kind: 'rejected', refusal });
export const accepted = <Value>(answer: Value): Accepted<Value> => ({ kind: 'accepted', answer });

export function refusedPage({ offset, limit }: Page): ListRefusal | null {
  const isWhole = Number.isSafeInteger(offset) && offset >= 0;
  const isLimit = limit === null || (Number.isSafeInteger(limit) && limit > 0 && limit <= pageMax);
  return isWhole && isLimit ? null : { code: 'page-invalid', maximum: pageMax };
}

export interface TextMatch {
  readonly value: string;
  readonly method: 'equals' | 'starts-with' | 'contains' | 'ends-with';
  readonly ignoreCase: boolean;
}

/** For what is at hand as a whole. */
export function matchesText({ value, method, ignoreCase }: TextMatch, text: string | null): boolean {
  if (text === null) return false;
  const [sought, within] = ignoreCase ? [value.toLowerCase(), text.toLowerCase()] : [value, text];
  switch (method) {
    case 'equals':
      return within === sought;
    case 'starts-with':
      return within.startsWith(sought);
    case 'contains':
      return within.includes(sought);
    case 'ends-with':
      return within.endsWith(sought);
  }
}

/** By code units, so that the order is the same on every machine. */
export function compareKeys<Key extends string | number>(one: Key, other: Key): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
