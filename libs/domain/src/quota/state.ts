import type { Instant } from '#domain/ids.js';
import type { QuotaReached } from '#domain/quota/events.js';
import type { Quota } from '#domain/quota/usage.js';

/** What was told in the latest period in which anything was: of each quota the highest percentage. */
export interface QuotasReached extends Partial<Readonly<Record<Quota, number>>> {
  readonly periodStart: Instant;
}

export const noQuotasReached: QuotasReached = { periodStart: 0 };

export function evolveQuotasReached(state: QuotasReached, event: QuotaReached): QuotasReached {
  const { quota, percent, periodStart } = event;
  if (periodStart < state.periodStart) return state;
  return { ...(periodStart === state.periodStart ? state : {}), periodStart, [quota]: percent };
}
