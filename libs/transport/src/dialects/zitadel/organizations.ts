import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Command } from '@nestjs/cqrs';

import type { Outcome } from '#application/caller.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { ReactivateOrganization } from '#application/organization/reactivate-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { RenameOrganization } from '#application/organization/rename-organization.js';
import { OrganizationState } from '#contract/zitadel/org/v2/org_pb.js';
import type {
  ListOrganizationsRequest,
  OrganizationService,
} from '#contract/zitadel/org/v2/org_service_pb.js';
import type { OrganizationId } from '#domain/ids.js';
import type { OrganizationAnswer, OrganizationSearch } from '#read-models/queries/organizations.js';
import { accepted, everyOrganization, type Scope } from '#read-models/queries/queries.js';
import { authorize } from '#transport/authorize.js';
import { detailsSince, listDetailsOf } from '#transport/dialects/zitadel/messages.js';
import { asksForFirst, organizationSearchOf } from '#transport/dialects/zitadel/organization-search.js';
import { listRefusal } from '#transport/dialects/zitadel/pages.js';
import { askingOf, type Dated, type Parts } from '#transport/dialects/zitadel/parts.js';
import { invalid } from '#transport/dialects/zitadel/violations.js';
import { answered, type Call, type MethodTable, refused, told } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

type Change = new (
  fields: Pick<RemoveOrganization, 'organizationId' | 'by'>,
) => Command<Outcome<null, CallRefusal>>;

interface Request {
  readonly organizationId: string;
}

/** By the request alone: an id that was left out must not stand for the organization that the caller acts in. */
const addressOf = ({ organizationId }: Request, { by }: Call) => ({
  organizationId: organizationId as OrganizationId,
  by,
});

const accessBy = (permission: 'org.write' | 'org.delete') =>
  ({ of: 'organization', permission, organizationId: 'organizationId' }) as const;

export function organizations(parts: Parts): MethodTable<typeof OrganizationService> {
  const { run } = parts;
  const changing = (Change: Change) => ({
    access: accessBy('org.write'),
    run: async (request: Request, call: Call) =>
      told(await run(new Change(addressOf(request, call))), inChangeDate),
  });
  return {
    updateOrganization: {
      access: accessBy('org.write'),
      run: async (request, call) => {
        const { name } = request;
        return told(await run(new RenameOrganization({ ...addressOf(request, call), name })), inChangeDate);
      },
    },
    deactivateOrganization: changing(DeactivateOrganization),
    activateOrganization: changing(ReactivateOrganization),
    deleteOrganization: {
      access: { ...accessBy('org.delete'), reachesGone: true },
      run: async (request, call) =>
        told(await run(new RemoveOrganization(addressOf(request, call))), ({ details }) => ({
          deletionDate: timestampFromMs(details.changeDate),
        })),
    },
    listOrganizations: {
      // Whoever may read none is answered none.
      access: { of: 'anyone', lists: 'org.read' },
      run: async (request, call) => {
        const first = await firstOf(parts, call, request);
        if (first.kind === 'rejected') return first;
        const search = organizationSearchOf(request, first.answer);
        if (!('filters' in search)) return refused(invalid(search));
        const found = await listed(parts, call, search);
        if (found.kind === 'rejected') return refused(listRefusal(found.refusal, 'queries'));
        const { items, total } = found.answer;
        return answered({
          details: listDetailsOf(total, parts.application.parts.clock()),
          sortingColumn: request.sortingColumn,
          result: items.map(organizationMessage),
        });
      },
    },
  };
}

const inChangeDate = ({ details }: Dated) => ({ changeDate: timestampFromMs(details.changeDate) });

/** Looked up where it is asked for. */
async function firstOf({ queries }: Parts, call: Call, request: ListOrganizationsRequest) {
  return asksForFirst(request) ? queries.firstOrganization(askingOf(call)) : accepted(null);
}

async function listed(parts: Parts, call: Call, search: OrganizationSearch) {
  const scope = await visibleTo(parts, call);
  const filters = scope === null ? [{ kind: 'ids' as const, ids: [] }] : search.filters;
  return parts.queries.listOrganizations(
    scope ?? call.organizationId,
    { ...search, filters },
    askingOf(call),
  );
}

/** Every organization for who reads those of the instance, else the one that the caller acts in; null is none. */
async function visibleTo({ application }: Parts, call: Call): Promise<Scope | null> {
  const { principal, organizationId, incoming } = call;
  const chosen = incoming.organization ? organizationId : null;
  const asking = { application, principal, chosen };
  const ofAll = await authorize(asking, { of: 'instance', permission: 'org.read' });
  if (ofAll.kind === 'allowed') return chosen ?? everyOrganization;
  const asked = { of: 'organization', permission: 'org.read', organizationId } as const;
  return (await authorize(asking, asked)).kind === 'allowed' ? organizationId : null;
}

const states = {
  active: OrganizationState.ACTIVE,
  inactive: OrganizationState.INACTIVE,
} as const satisfies Record<OrganizationAnswer['state'], OrganizationState>;

const organizationMessage = (organization: OrganizationAnswer) => ({
  id: organization.organizationId,
  name: organization.name,
  state: states[organization.state],
  details: detailsSince(organization.details, organization.createdAt),
});
