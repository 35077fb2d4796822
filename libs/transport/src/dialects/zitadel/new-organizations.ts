// An organization with whoever shall be its members. These are several streams: where one of the members cannot
// be, the organization is taken back, and nobody is told of it.

import type { Caller, Details, Refused } from '#application/caller.js';
import { idOfNew, partOf, undoing } from '#application/idempotency.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { AddOrganizationMember } from '#application/organization/add-organization-member.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import type { Violation } from '#application/violations.js';
import type {
  AddOrganizationRequest,
  AddOrganizationRequest_Admin,
  OrganizationService,
} from '#contract/zitadel/org/v2/org_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { detailsSince } from '#transport/dialects/zitadel/messages.js';
import {
  codeOf,
  humanFields,
  humanIn,
  humanRequestViolations,
  namesOf,
  newHuman,
} from '#transport/dialects/zitadel/new-users.js';
import type { Parts } from '#transport/dialects/zitadel/parts.js';
import { broken, invalid, notBuilt, unset } from '#transport/dialects/zitadel/violations.js';
import { inWordsOf } from '#transport/field-paths.js';
import { answered, type MethodTable, refused } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

/** One call must not be many: who has more adds them one by one. */
const adminsMax = 20;

export function newOrganizations(parts: Parts): MethodTable<typeof OrganizationService> {
  return {
    addOrganization: {
      access: { of: 'instance', permission: 'org.create' },
      run: async (request, { by }) => {
        const violations = requestViolations(request);
        if (violations.length > 0) return refused(invalid(violations));
        const organizationId = idIn(request, by, parts);
        const added = await parts.run(new AddOrganization({ organizationId, name: request.name, by }));
        if (added.kind === 'rejected') return added;
        const createdAdmins: CreatedAdmin[] = [];
        for (const [index, admin] of request.admins.entries()) {
          const made = await addAdmin(parts, { admin, index, organizationId, by });
          if (made.kind === 'rejected') {
            await parts.run(new RemoveOrganization({ organizationId, by: undoing(by) }));
            return refused(inWordsOf({ fields: adminFields(index) }, made.refusal));
          }
          if (made.created !== null) createdAdmins.push(made.created);
        }
        return answered({ details: detailsOfNew(added.details), organizationId, createdAdmins });
      },
    },
  };
}

const detailsOfNew = (details: Details) => detailsSince(details, details.changeDate);

const idIn = (
  { organizationId, orgId }: AddOrganizationRequest,
  by: Caller,
  { application }: Parts,
): OrganizationId =>
  (organizationId ?? orgId ?? idOfNew(by, 'organization', application.parts.secrets)) as OrganizationId;

interface CreatedAdmin {
  readonly userId: UserId;
  readonly emailCode?: string;
}

interface Adding {
  readonly admin: AddOrganizationRequest_Admin;
  readonly index: number;
  readonly organizationId: OrganizationId;
  readonly by: Caller;
}

type Made = { readonly kind: 'made'; readonly created: CreatedAdmin | null } | Refused<CallRefusal>;

async function addAdmin({ run }: Parts, { admin, index, organizationId, by }: Adding): Promise<Made> {
  const { userType } = admin;
  const part = partOf(by, `admin-${index}`);
  let userId = userType.value as UserId;
  let created: CreatedAdmin | null = null;
  if (userType.case === 'human') {
    const human = { ...namesOf(userType.value), ...humanIn(userType.value) };
    const added = await run(newHuman(human, { organizationId, by: part }));
    if (added.kind === 'rejected') return added;
    ({ userId } = added.answer);
    created = { userId, ...codeOf(added.answer) };
  }
  const roles = admin.roles.length > 0 ? admin.roles : ['ORG_OWNER'];
  const member = await run(new AddOrganizationMember({ organizationId, userId, roles, by: part }));
  return member.kind === 'rejected' ? member : { kind: 'made', created };
}

const adminFields = (index: number) => ({
  ...Object.fromEntries(
    ['profile', 'email', 'phone', 'username', 'userId', 'totpSecret', 'metadata'].map((name) => [
      name,
      `admins[${index}].human.${name}`,
    ]),
  ),
  ...humanFields(`admins[${index}].human.`),
  userId: `admins[${index}].user_id`,
  roles: `admins[${index}].roles`,
});

function requestViolations({ admins }: AddOrganizationRequest): readonly Violation[] {
  const tooMany = { field: 'admins', rule: 'maximum', message: `must be at most ${adminsMax}` };
  return [
    ...broken([admins.length > adminsMax, tooMany]),
    ...admins.flatMap(({ userType }, index) => {
      const field = `admins[${index}]`;
      if (userType.case === undefined) return [unset(field)];
      if (userType.case === 'userId') return broken([userType.value === '', unset(`${field}.user_id`)]);
      const { organization } = userType.value;
      return [
        ...broken([
          organization?.org.case === 'orgId',
          notBuilt(`${field}.human.organization`, 'is the organization that is being made'),
        ]),
        ...humanRequestViolations(userType.value, `${field}.human.`),
      ];
    }),
  ];
}
