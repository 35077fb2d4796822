// What users a list is asked for: every way of asking that ZITADEL has, and what each means.

import type { OrganizationId, UserId } from '#domain/ids.js';
import type { LivingUser } from '#domain/user/state.js';
import type { ListRefusal, TextMatch } from '#read-models/queries/queries.js';

export type TextField =
  | 'username'
  | 'login-name'
  | 'given-name'
  | 'family-name'
  | 'nick-name'
  | 'display-name'
  | 'email'
  | 'phone';

export type UserFilter =
  | { readonly kind: 'text'; readonly field: TextField; readonly text: TextMatch }
  | { readonly kind: 'state'; readonly state: LivingUser['status'] }
  | { readonly kind: 'type'; readonly type: LivingUser['kind'] }
  | { readonly kind: 'ids'; readonly ids: readonly UserId[] }
  /** The whole address, in whatever case. */
  | { readonly kind: 'emails'; readonly emails: readonly string[] }
  | { readonly kind: 'organization'; readonly organizationId: OrganizationId }
  /** Some entry has this key and this value; null stands for any. */
  | { readonly kind: 'metadata'; readonly key: TextMatch | null; readonly value: Uint8Array | null }
  /** Of none, every user. */
  | { readonly kind: 'and'; readonly of: readonly UserFilter[] }
  /** Of none, no user. */
  | { readonly kind: 'or'; readonly of: readonly UserFilter[] }
  | { readonly kind: 'not'; readonly of: UserFilter };

/** Nobody nests deeper by hand, and a program can ask in another way. */
export const filterDepthMax = 20;
/** Each part is held against each user that is looked at. */
export const filterPartsMax = 100;
/** As many as a page has. */
export const filterValuesMax = 1_000;

export function refusedFilter(filter: UserFilter): ListRefusal | null {
  let [parts, depth] = [0, 0];
  let level: readonly UserFilter[] = [filter];
  // Level by level, so that what is nested beyond all measure is not followed.
  while (level.length > 0) {
    depth += 1;
    parts += level.length;
    if (depth > filterDepthMax) return { code: 'filter-too-deep', maximum: filterDepthMax };
    if (parts > filterPartsMax) return { code: 'filter-too-large', maximum: filterPartsMax };
    if (level.some((part) => valuesIn(part) > filterValuesMax))
      return { code: 'filter-too-large', maximum: filterValuesMax };
    level = level.flatMap(partsOf);
  }
  return null;
}

/** Of which each must hold. */
export function conjunctsOf(filter: UserFilter | null): readonly UserFilter[] {
  if (filter === null) return [];
  return filter.kind === 'and' ? filter.of.flatMap(conjunctsOf) : [filter];
}

function partsOf(filter: UserFilter): readonly UserFilter[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of;
    case 'not':
      return [filter.of];
    case 'text':
    case 'state':
    case 'type':
    case 'ids':
    case 'emails':
    case 'organization':
    case 'metadata':
      return [];
  }
}

function valuesIn(filter: UserFilter): number {
  if (filter.kind === 'ids') return filter.ids.length;
  return filter.kind === 'emails' ? filter.emails.length : 1;
}
