// What all queries have in common. For now they are answered from streams; what replaces that, replaces this
// folder (ADR 0027). Nothing here decides anything, and no command may ask here.

import type { Application } from '#application/application.js';
import type { Directory, NotYet } from '#application/queries/directory.js';
import type { Slices } from '#application/queries/slices.js';
import type { Accepted, Rejected } from '#domain/decider.js';
import type { OrganizationId } from '#domain/ids.js';
import type { Position } from '#event-log/event-log.js';

export interface Sources {
  readonly application: Application;
  readonly directory: Directory;
  /** What the answer has to show; null for what this process was last told that it wrote. */
  readonly position: Position | null;
  /** Aborted when nobody waits for the answer any more: the query then rejects with its reason. */
  readonly signal: AbortSignal;
}

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
}

export interface UserNotFound {
  /** Unknown, removed, erased, or of another organization: nobody can tell which. */
  readonly code: 'user-not-found';
}

export interface OrganizationNotFound {
  /** There is no such organization, or not any more. */
  readonly code: 'organization-not-found';
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

export function pageOf<Item>(items: readonly Item[], { offset, limit }: Page): readonly Item[] {
  return items.slice(offset, offset + (limit ?? pageDefault));
}

/** Reads under way for one query: enough to keep a disk busy, too few to keep commands from it. */
const readsMax = 32;

/** What is found by these keys, in their order; null stands for what is not, or is not wanted. */
export async function lookedUp<Found>(
  keys: readonly string[],
  look: (key: string) => Found | null | Promise<Found | null>,
  slices: Slices,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let from = 0; from < keys.length; from += readsMax) {
    const some = await Promise.all(keys.slice(from, from + readsMax).map(look));
    for (const one of some) if (one !== null) found.push(one);
    await slices.pause();
  }
  return found;
}

export interface TextMatch {
  readonly value: string;
  readonly method: 'equals' | 'starts-with' | 'contains' | 'ends-with';
  readonly ignoreCase: boolean;
}

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
