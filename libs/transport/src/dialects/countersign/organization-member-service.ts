import type { Refused } from '#application/caller.js';
import { AddOrganizationMember } from '#application/organization/add-organization-member.js';
import { ChangeOrganizationMember } from '#application/organization/change-organization-member.js';
import { RemoveOrganizationMember } from '#application/organization/remove-organization-member.js';
import {
  type AddOrganizationMemberRequest,
  OrganizationMemberService,
} from '#contract/countersign/v1/organization_member_service_pb.js';
import { askerOf } from '#transport/asked.js';
import { authorize } from '#transport/authorize.js';
import { detailsOf, inDetails } from '#transport/dialects/countersign/messages.js';
import { addressOf, askingOf, type Parts } from '#transport/dialects/countersign/parts.js';
import {
  answered,
  type Call,
  type Implemented,
  implement,
  type MethodTable,
  refused,
  told,
} from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

const changing = {
  of: 'organization',
  permission: 'org.member.write',
  organizationId: 'organizationId',
} as const;

type Methods = MethodTable<typeof OrganizationMemberService>;

export const organizationMemberService = (parts: Parts): readonly Implemented[] =>
  implement(OrganizationMemberService, { ...changes(parts), ...lists(parts) });

const changes = (parts: Parts): Methods => ({
  addOrganizationMember: {
    access: changing,
    run: async (request, call) => {
      const unseen = await maySee(parts, call, request);
      if (unseen !== null) return unseen;
      const { roles } = request;
      return told(
        await parts.run(new AddOrganizationMember({ ...addressOf(request, call), roles })),
        inDetails,
      );
    },
  },
  changeOrganizationMember: {
    access: changing,
    run: async (request, call) => {
      const { roles } = request;
      return told(
        await parts.run(new ChangeOrganizationMember({ ...addressOf(request, call), roles })),
        inDetails,
      );
    },
  },
  removeOrganizationMember: {
    access: changing,
    run: async (request, call) =>
      told(await parts.run(new RemoveOrganizationMember(addressOf(request, call))), inDetails),
  },
});

const askedToSee = askerOf<AddOrganizationMemberRequest>({
  of: 'user',
  permission: 'user.read',
  self: true,
  userId: 'userId',
});

/**
 * A member may be of any organization. Whoever could add somebody whom it may not read would learn by it who is
 * there.
 */
async function maySee(
  { application }: Parts,
  { principal }: Call,
  request: AddOrganizationMemberRequest,
): Promise<Refused<CallRefusal> | null> {
  const asked = askedToSee(request);
  if ('code' in asked) return refused(asked);
  const authorized = await authorize({ application, principal, chosen: null }, asked);
  return authorized.kind === 'rejected' ? authorized : null;
}

const lists = (parts: Parts): Methods => ({
  listOrganizationMembers: {
    access: { of: 'organization', permission: 'org.member.read', organizationId: 'organizationId' },
    run: async (_, call) => {
      const asking = askingOf(call);
      const organization = await parts.queries.getOrganization(call.organizationId, asking);
      if (organization.kind === 'rejected') return organization;
      const found = await parts.queries.listMembers(call.organizationId, asking);
      if (found.kind === 'rejected') return found;
      const members = found.answer.map(({ userId, roles }) => ({ userId, roles: [...roles] }));
      return answered({ details: detailsOf(organization.answer.details), members });
    },
  },
});
