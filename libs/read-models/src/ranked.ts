// How a table knows its ranks: in each order of its lists, blocks of rows that follow one another, with how many there
// are in each. So a page is walked to from the block it lies in, and everything is counted by counting blocks.

import type { OrganizationId } from '#domain/ids.js';

/** That of adding, which has no keys: places alone. */
export const orderOfPlaces = 'place';

export function ranksName(table: string): string {
  return `${table}_ranks`;
}

/** Whose rows are counted; null for all. No organization has the name of all. */
export function rankedScope(organizationId: OrganizationId | string | null): string {
  return organizationId === null ? '' : `of ${organizationId}`;
}
