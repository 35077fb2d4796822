// What callers may ask is counted in PostgreSQL where other servers may count the same: they share a log, and the
// database that is there anyway. A server alone counts in its memory.

import { defaultRateLimits, type Limit, limitsOf } from '#access/rate-limits.js';
import { SharedBuckets } from '#access/shared-buckets.js';
import { SharedTurns } from '#access/shared-turns.js';
import type { Exclusively } from '#application/quota/quotas.js';
import type { Log } from '#server/log.js';
import type { ReadModelsChoice } from '#server/setting-values.js';
import type { SharedBuckets as SharedByClass } from '#transport/call-limits.js';

export interface SharedLimits {
  readonly buckets: SharedByClass;
  /** What organizations use is counted by one server at a time. */
  readonly exclusively: Exclusively;
  close(): Promise<void>;
}

interface Sharing {
  readonly readModels: ReadModelsChoice;
  readonly soleWriter: boolean;
  readonly log: Log;
}

/** Null where nobody else can be there. */
export function sharedLimits({ readModels, soleWriter, log }: Sharing): SharedLimits | null {
  if (readModels.engine === 'embedded' || soleWriter) return null;
  const { url } = readModels;
  const turns = new SharedTurns({
    url,
    onTrouble: (reason) => log.warn({ reason }, 'a connection by which servers take turns was lost'),
  });
  const shared = new SharedBuckets({
    url,
    clock: Date.now,
    onTrouble: (reason) => log.warn({ reason }, 'limits are counted by this server alone'),
  });
  const { call, guess, hash } = limitsOf(null, defaultRateLimits);
  const of = (kind: string, limit: Limit) => shared.bucketsOf(kind, limit);
  return {
    buckets: {
      login: of('login', defaultRateLimits.login),
      call: of('call', call),
      guess: of('guess', guess),
      hash: of('hash', hash),
    },
    exclusively: (organizationId) => turns.take(organizationId),
    close: async () => {
      await Promise.all([shared.close(), turns.close()]);
    },
  };
}
