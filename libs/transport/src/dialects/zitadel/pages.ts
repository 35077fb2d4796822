// Pages of lists, and how the queries' refusals are told: in the fields of the request.

import type { Violation } from '#application/violations.js';
import { type ListRefusal, type Page, pageDefault, pageMax } from '#read-models/queries/queries.js';
import { broken, invalid } from '#transport/dialects/zitadel/violations.js';
import type { CallRefusal } from '#transport/refusals.js';

interface AskedPage {
  readonly offset: bigint;
  /** 0 is left out. */
  readonly limit: number;
}

export const pageOf = (asked: AskedPage | undefined): Page => ({
  offset: Number(asked?.offset ?? 0n),
  limit: asked?.limit || null,
});

export const appliedLimit = ({ limit }: Page): bigint => BigInt(limit ?? pageDefault);

/** @param field what the page is called in the request */
export function pageViolations({ offset, limit }: Page, field: string): readonly Violation[] {
  return broken(
    [
      !Number.isSafeInteger(offset),
      { field: `${field}.offset`, rule: 'whole-number', message: 'must be less than 2^53' },
    ],
    [
      limit !== null && limit > pageMax,
      { field: `${field}.limit`, rule: 'whole-number', message: `must be at most ${pageMax}` },
    ],
  );
}

export function listRefusal(refusal: ListRefusal, field: string): CallRefusal {
  switch (refusal.code) {
    case 'not-yet':
      return refusal;
    case 'page-invalid':
      return tooMuch('query', `must have at most ${refusal.maximum} items`);
    case 'list-too-long':
      return tooMuch(
        field,
        `would have to be held against more than ${refusal.maximum}: name an organization, ids or a login name`,
      );
    case 'filter-too-deep':
      return tooMuch(field, `must be nested at most ${refusal.maximum} deep`);
    case 'filter-too-large':
      return tooMuch(field, `must have at most ${refusal.maximum} parts`);
  }
}

const tooMuch = (field: string, message: string) => invalid([{ field, rule: 'maximum', message }]);

/** For what is at hand as a whole. */
export const pageOfAll = <Item>(items: readonly Item[], { offset, limit }: Page): readonly Item[] =>
  items.slice(offset, offset + (limit ?? pageDefault));
