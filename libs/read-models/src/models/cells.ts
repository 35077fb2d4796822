// What the tables of all models have in common.

import type { Sealed } from '#domain/ids.js';
import type { Column, Opening, Place, Row } from '#read-models/projection.js';

export const text = { kind: 'text' } as const satisfies Column;
export const integer = { kind: 'integer' } as const satisfies Column;
export const bytes = { kind: 'bytes' } as const satisfies Column;
export const orNull = <Of extends Column>(column: Of) => ({ ...column, nullable: true }) as const;

/** How texts are held against each other where case does not count: engines do it each in its own way. */
export const lower = (of: string): string => of.toLowerCase();

interface SealedText {
  readonly purpose: string;
  readonly sealed: Sealed;
  readonly factor?: string;
}

export const openingText = (
  { purpose, sealed, factor = '' }: SealedText,
  cells: (opened: string | null) => Row,
): Opening => ({
  purpose,
  sealed,
  factor,
  cells: (opened) => cells(opened === null ? null : opened.toString('utf8')),
});

/** The organization comes first in each key, so that it can be removed as a whole. */
export const ofUser = ({ organizationId, stream }: Place) => ({
  organization_id: organizationId ?? '',
  stream,
});

/** What every event of a stream moves. */
export const moved = ({ revision, time }: Place) => ({ sequence: revision + 1, changed_at: time });
