// What a change answers, in the one form for both ways.

import type { Details } from '#application/caller.js';
import type { Json } from '#cli/service-api.js';

export interface Changed {
  readonly sequence: number;
  readonly changeDate: string;
  readonly resourceOwner: string;
}

export const changedHere = ({ sequence, changeDate, resourceOwner }: Details): Changed => ({
  sequence,
  changeDate: new Date(changeDate).toISOString(),
  resourceOwner,
});

export function changedThere({ details }: Json): Changed {
  const { sequence, changeDate, resourceOwner } = (details ?? {}) as Json;
  return {
    sequence: Number(sequence ?? 0),
    changeDate: String(changeDate ?? ''),
    resourceOwner: String(resourceOwner ?? ''),
  };
}

export const changedText = (what: string, { sequence, changeDate }: Changed): string =>
  `${what} at ${changeDate}; its stream has ${sequence} events`;
