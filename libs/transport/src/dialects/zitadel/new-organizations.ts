// An organization with whoever shall be its members. These are several streams: where one of the members cannot
// be, the organization is taken back with all who came, whose login names are free again.

import type { Caller, Details } from '#application/caller.js';
import { idOfNew, partOf, unkeyed } from '#application/idempotency.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { AddOrganizationMember } from '#application/organization/add-organization-member.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { busyWithPasswords } from '#application/recovery-codes/compare.js';
import type { Violation } from '#application/violations.js';
import type {
  AddOrganizationRequest,
  AddOrganizationRequest_Admin,
  OrganizationService,
} from '#contract/zitadel/org/v2/org_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { showsCode } from '#transport/dialects/zitadel/contacts.js';
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
      shows: ({ admins }) =>
        admins.some(
          ({ userType }) => userType.case === 'human' && showsCode(userType.value.email?.verification),
        ),
      run: async (request, { by }) => {
        const violations = requestViolations(request);
        if (violations.length > 0) return refused(invalid(violations));
        const organizationId = idIn(request, by, parts);
        const busy = busyWithAdmins(request, parts);
        if (busy !== null && !(await mayBeRepeat(parts, organizationId, by))) return busy;
        const added = await parts.run(new AddOrganization({ organizationId, name: request.name, by }));
        if (added.kind === 'rejected') return added;
        const createdAdmins: CreatedAdmin[] = [];
        const refusal = await addAdmins(parts, { request, organizationId, by, createdAdmins });
        if (refusal !== null) {
          // What is there since an earlier call may be in use by now.
          if (!added.repeated) await parts.run(new RemoveOrganization({ organizationId, by: unkeyed(by) }));
          return refused(refusal);
        }
        const message = { details: detailsOfNew(added.details), organizationId, createdAdmins };
        return answered(message, added.repeated === true);
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

/** Asked before the organization is there: it would be taken back with the first of them who is refused. */
const busyWithAdmins = ({ admins }: AddOrganizationRequest, { application }: Parts) =>
  admins.some(hasPassword) ? busyWithPasswords(application.parts.secrets) : null;

/** What is sent again needs no hash for whom it added before; for anybody else, it is refused as anybody is. */
async function mayBeRepeat(
  { application }: Parts,
  organizationId: OrganizationId,
  { idempotency = null }: Caller,
): Promise<boolean> {
  if (idempotency === null) return false;
  const stream = application.organizationStream(organizationId);
  const { state } = await application.organizations.streams.current(stream);
  return state.status !== 'unknown';
}

const hasPassword = ({ userType }: AddOrganizationRequest_Admin): boolean =>
  userType.case === 'human' && userType.value.passwordType.case === 'password';

interface CreatedAdmin {
  readonly userId: UserId;
  readonly emailCode?: string;
}

interface Adding {
  readonly request: AddOrganizationRequest;
  readonly organizationId: OrganizationId;
  readonly by: Caller;
  /** Who came so far. */
  readonly createdAdmins: CreatedAdmin[];
}

async function addAdmins(parts: Parts, adding: Adding): Promise<CallRefusal | null> {
  for (const [index, admin] of adding.request.admins.entries()) {
    const refusal = await addAdmin(parts, adding, { admin, part: partOf(adding.by, `admin-${index}`) });
    if (refusal !== null) return inWordsOf({ fields: adminFields(admin, index) }, refusal);
  }
  return null;
}

interface Part {
  readonly admin: AddOrganizationRequest_Admin;
  /** Of the call, for this one alone. */
  readonly part: Caller;
}

async function addAdmin(
  { run }: Parts,
  { organizationId, createdAdmins }: Adding,
  { admin: { userType, roles }, part: by }: Part,
): Promise<CallRefusal | null> {
  let userId = userType.value as UserId;
  if (userType.case === 'human') {
    const human = { ...namesOf(userType.value), ...humanIn(userType.value) };
    const added = await run(newHuman(human, { organizationId, by }));
    if (added.kind === 'rejected') return added.refusal;
    ({ userId } = added.answer);
    createdAdmins.push({ userId, ...codeOf(added.answer) });
  }
  const member = { organizationId, userId, roles: roles.length > 0 ? roles : ['ORG_OWNER'], by };
  const joined = await run(new AddOrganizationMember(member));
  return joined.kind === 'rejected' ? joined.refusal : null;
}

function adminFields({ userType }: AddOrganizationRequest_Admin, index: number) {
  const admin = `admins[${index}]`;
  const human = `${admin}.human.`;
  return {
    ...humanFields(human),
    username: `${human}username`,
    metadata: `${human}metadata`,
    userId: userType.case === 'human' ? `${human}user_id` : `${admin}.user_id`,
    roles: `${admin}.roles`,
  };
}

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
