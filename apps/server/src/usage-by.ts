import type { AppendKey, CountUsage } from '#application/quota/quotas.js';
import type { OrganizationId } from '#domain/ids.js';
import type { Period, Usage } from '#domain/quota/usage.js';
import { unavailable } from '#event-log/errors.js';
import type { Queries } from '#read-models/queries/open-queries.js';

type Asked = Pick<Queries, 'usageOf' | 'appendsInLog'>;

/** Counts in rows, once these show all that was acknowledged. Rejects as unavailable where they do not yet. */
export const usageBy =
  (queries: Pick<Queries, 'usageOf'>, signal: AbortSignal): CountUsage =>
  async (organizationId, period) =>
    answerOf(await queries.usageOf(organizationId, period, { position: null, signal }));

/**
 * Counts while servers append. Rows of two projections move apart from each other, so what is under way is looked for
 * before and after: what is found both times is in what was counted, and what neither time is not.
 */
export const usageBesides =
  (queries: Asked, signal: AbortSignal) =>
  async (organizationId: OrganizationId, period: Period, keys: readonly AppendKey[]): Promise<Counted> => {
    const asking = { position: null, signal };
    const look = async () =>
      keys.length === 0 ? [] : answerOf(await queries.appendsInLog(organizationId, keys, asking));
    for (let looks = 0, inLog = await look(); looks <= keys.length; looks += 1) {
      const usage = answerOf(await queries.usageOf(organizationId, period, asking));
      const after = await look();
      if (after.every((isThere, index) => isThere === inLog[index])) return { usage, inLog };
      inLog = after;
    }
    throw unavailable('what was used changed while it was counted');
  };

interface Counted {
  readonly usage: Usage;
  readonly inLog: readonly boolean[];
}

function answerOf<Answer>(
  found:
    | { readonly kind: 'accepted'; readonly answer: Answer }
    | { readonly kind: 'rejected'; readonly refusal: unknown },
): Answer {
  if (found.kind === 'rejected') throw unavailable('rows do not show yet what was used');
  return found.answer;
}
