import type { Instant } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';

/** What a decision about a user depends on beside the user's own stream. */
export interface Circumstances {
  readonly now: Instant;
  /** Of the user's organization, with what the instance says for the rest. */
  readonly settings: Settings;
  readonly organization: 'active' | 'inactive' | 'removed' | 'unknown';
}
