// How a table knows its ranks: in each order of its lists, blocks of rows that follow one another, with how many there
// are in each. So a page is walked to from the block it lies in, and everything is counted by counting blocks.

import type { OrganizationId } from '#domain/ids.js';

/** That of adding, which has no keys: places alone. */
export const orderOfPlaces = 'place';

/** To find a row and sort it costs as much as to pass so many by in an index. */
export const sortingCosts = 16;

export function ranksName(table: string): string {
  return `${table}_ranks`;
}

/** Whose rows are counted; null for all. No organization has the name of all. */
export function rankedScope(organizationId: OrganizationId | string | null): string {
  return organizationId === null ? '' : `of ${organizationId}`;
}

/** By which rows of a block are counted apart. No text has the character that stands between two. */
export const facetOf = (cells: readonly string[]): string => cells.join('\0');
export const cellsOfFacet = (facet: string): readonly string[] => facet.split('\0');
