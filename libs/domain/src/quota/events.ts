import type { Instant } from '#domain/ids.js';
import type { Quota, WarningPercent } from '#domain/quota/usage.js';

/** In the stream of the organization. */
export interface QuotaReached {
  readonly type: 'org.quota.reached';
  readonly quota: Quota;
  readonly percent: WarningPercent;
  readonly used: number;
  readonly ceiling: number;
  /** When the period began in which it was reached. */
  readonly periodStart: Instant;
}
