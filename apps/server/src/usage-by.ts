import type { CountUsage } from '#application/quota/quotas.js';
import { unavailable } from '#event-log/errors.js';
import type { Queries } from '#read-models/queries/open-queries.js';

/** Counts in rows, once these show all that was acknowledged. Rejects as unavailable where they do not yet. */
export const usageBy =
  (queries: Pick<Queries, 'usageOf'>, signal: AbortSignal): CountUsage =>
  async (organizationId, period) => {
    const found = await queries.usageOf(organizationId, period, { position: null, signal });
    if (found.kind === 'rejected') throw unavailable('rows do not show yet what was used');
    return found.answer;
  };
