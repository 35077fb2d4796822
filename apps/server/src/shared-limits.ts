// What callers may ask is counted in PostgreSQL where other servers may count the same: they share a log, and the
// database that is there anyway. A server alone counts in its memory.

import { defaultRateLimits, type Limit, limitsOf } from '#access/rate-limits.js';
import { SharedBuckets } from '#access/shared-buckets.js';
import { type CountInLog, SharedQuotas } from '#access/shared-quotas.js';
import type { SharedUse } from '#application/quota/quotas.js';
import type { Log } from '#server/log.js';
import type { ReadModelsChoice } from '#server/setting-values.js';
import type { SharedBuckets as SharedByClass } from '#transport/call-limits.js';

export interface SharedLimits {
  readonly buckets: SharedByClass;
  readonly quotas: SharedUse;
  close(): Promise<void>;
}

interface Sharing {
  readonly readModels: ReadModelsChoice;
  readonly soleWriter: boolean;
  readonly log: Log;
  readonly count: CountInLog;
}

/** Null where nobody else can be there. */
export function sharedLimits({ readModels, soleWriter, log, count }: Sharing): SharedLimits | null {
  if (readModels.engine === 'embedded' || soleWriter) return null;
  const onTrouble = (reason: string) => log.warn({ reason }, 'limits are counted by this server alone');
  const onQuotaTrouble = (reason: string) => log.warn({ reason }, 'quotas are counted anew from the log');
  const quotas = new SharedQuotas({ url: readModels.url, count, onTrouble: onQuotaTrouble });
  const shared = new SharedBuckets({ url: readModels.url, clock: Date.now, onTrouble });
  const { call, guess, hash } = limitsOf(null, defaultRateLimits);
  const of = (kind: string, limit: Limit) => shared.bucketsOf(kind, limit);
  return {
    buckets: {
      login: of('login', defaultRateLimits.login),
      call: of('call', call),
      guess: of('guess', guess),
      hash: of('hash', hash),
    },
    quotas,
    close: async () => {
      await Promise.all([shared.close(), quotas.close()]);
    },
  };
}
