import { accept, type Decision, reject } from '#domain/decider.js';
import { type NotFound, notFound } from '#domain/organization/decide.js';
import { isLiving, type OrganizationState } from '#domain/organization/state.js';
import type { QuotaReached } from '#domain/quota/events.js';

/** Each percentage is told once in a period, and none below one that was: whoever counts may begin anew at any time. */
export function noteQuotaReached(
  organization: OrganizationState,
  reached: Omit<QuotaReached, 'type'>,
): Decision<QuotaReached, NotFound> {
  if (!isLiving(organization)) return reject(notFound);
  const { quota, percent, periodStart } = reached;
  const told = organization.quotasReached;
  const isTold =
    periodStart < told.periodStart || (periodStart === told.periodStart && (told[quota] ?? 0) >= percent);
  return isTold ? accept() : accept({ type: 'org.quota.reached', ...reached });
}
