import type { UserId } from '#domain/ids.js';

/** Who may do something here, beside what everybody may; of an organization, or of the instance. */
export interface Member {
  readonly userId: UserId;
  readonly roles: readonly string[];
}

export type Members = readonly Member[];

export const noMembers: Members = [];

export const organizationRoles = ['ORG_OWNER', 'ORG_USER_MANAGER', 'ORG_USER_READER'] as const;
export const instanceRoles = ['INSTANCE_OWNER', 'INSTANCE_VIEWER', 'INSTANCE_LOGIN_CLIENT'] as const;

export type OrganizationRole = (typeof organizationRoles)[number];
export type InstanceRole = (typeof instanceRoles)[number];

/** Of whoever may do everything on the instance. */
export const ownerRole: InstanceRole = 'INSTANCE_OWNER';

export const rolesOf = (members: Members, userId: UserId): readonly string[] | null =>
  members.find((member) => member.userId === userId)?.roles ?? null;

export function withMember(members: Members, { userId, roles }: Member): Members {
  return [...withoutMember(members, userId), { userId, roles }];
}

export function withoutMember(members: Members, userId: UserId): Members {
  return members.filter((member) => member.userId !== userId);
}
