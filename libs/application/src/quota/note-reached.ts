// That a quota was reached stands in the stream of the organization, where whoever delivers notices finds it. Nobody
// waits for it: a few appends a month, beside the calls.

import type { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { executeForOrganization } from '#application/organizations.js';
import type { OrganizationId } from '#domain/ids.js';
import { noteQuotaReached } from '#domain/quota/decide.js';
import type { QuotaReached } from '#domain/quota/events.js';

const by: Caller = { editor: 'quotas', callId: 'quotas', traceId: null };

/** Never rejects: what failed is told by the next one that is reached, or by the next start. */
export async function noteReached(
  application: Application,
  organizationId: OrganizationId,
  reached: Omit<QuotaReached, 'type'>,
): Promise<void> {
  try {
    await executeForOrganization(application, { organizationId, by }, (organization) =>
      noteQuotaReached(organization, reached),
    );
  } catch (error) {
    application.parts.onTrouble(error);
  }
}
