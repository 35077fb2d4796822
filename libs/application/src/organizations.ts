// What every command on one organization has in common.

import type { Application } from '#application/application.js';
import type { Caller, Outcome } from '#application/caller.js';
import { acceptAgain, type NotExecuted } from '#application/execute.js';
import type { InvalidInput } from '#application/violations.js';
import type { Decision } from '#domain/decider.js';
import type { OrganizationId } from '#domain/ids.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import type { OrganizationState } from '#domain/organization/state.js';

export interface OrganizationCommand {
  readonly organizationId: OrganizationId;
  readonly by: Caller;
}

export type OrganizationOutcome<Refusal> = Outcome<null, Refusal | NotExecuted | InvalidInput>;

export function executeForOrganization<Refusal>(
  application: Application,
  { organizationId, by }: OrganizationCommand,
  decide: (
    organization: OrganizationState,
  ) => Decision<OrganizationEvent, Refusal> | Promise<Decision<OrganizationEvent, Refusal>>,
): Promise<Outcome<null, Refusal | NotExecuted>> {
  return application.organizations.commands.execute<Refusal, null>({
    stream: application.organizationStream(organizationId),
    by,
    resourceOwner: organizationId,
    decide,
    recall: acceptAgain,
  });
}
