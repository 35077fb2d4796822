// What may be done, which role may do it, and how the scopes of an access token narrow it.

import type { InstanceRole, OrganizationRole } from '#domain/organization/members.js';

/** ZITADEL's words where it has them. Everybody may do some of it to oneself without any role: see `judge`. */
export const permissions = [
  'user.read',
  'user.write',
  'user.delete',
  /** Factors and recovery codes: made, renamed, taken away. */
  'user.credential.write',
  /** Whether a code is right that somebody else gave, as a service asks that lets its users in. */
  'user.factor.verify',
  /** What guessing has closed is opened again, or all factors go, so that their owner can begin anew. */
  'user.factor.reset',
  'user.token.write',
  /** No way back: not even the log shows who it was. */
  'user.erase',
  'session.read',
  /** Made, and checked further, as a service does that lets its users in. */
  'session.write',
  'session.delete',
  'org.read',
  'org.write',
  'org.create',
  'org.delete',
  'org.member.read',
  'org.member.write',
  /** How much it used of what it may use. */
  'org.quota.read',
  'policy.read',
  'policy.write',
  /** How fast an organization may ask, and how much. */
  'instance.limit.write',
  'instance.member.read',
  'instance.member.write',
  /** How far rows and replays are. */
  'instance.projection.read',
  'instance.projection.write',
  /** What happened to everybody, whichever organization they are of. */
  'instance.event.read',
  'instance.key.read',
  'instance.key.write',
] as const;

export type Permission = (typeof permissions)[number];

export type Role = OrganizationRole | InstanceRole;

const ofUserReaders = ['user.read', 'org.read', 'policy.read'] as const;

const ofSessions = ['session.read', 'session.write', 'session.delete'] as const;

const ofUserManagers = [
  ...ofUserReaders,
  ...ofSessions,
  'user.write',
  'user.delete',
  'user.credential.write',
  'user.factor.verify',
  'user.factor.reset',
  'user.token.write',
] as const;

/** Every role that may do anything may read users and organizations: see `judge`. */
const granted = {
  ORG_OWNER: [
    ...ofUserManagers,
    'user.erase',
    'org.write',
    'org.delete',
    'org.member.read',
    'org.member.write',
    'org.quota.read',
    'policy.write',
  ],
  ORG_USER_MANAGER: ofUserManagers,
  ORG_USER_READER: ofUserReaders,
  INSTANCE_OWNER: permissions,
  INSTANCE_VIEWER: [...ofUserReaders, 'org.member.read', 'org.quota.read', 'instance.member.read'],
  INSTANCE_LOGIN_CLIENT: [...ofUserReaders, ...ofSessions],
} as const satisfies Record<Role, readonly Permission[]>;

/** A bit for each role, so that a set of them is a number, in whatever order they stand. */
const bits = new Map<string, number>(Object.keys(granted).map((role, index) => [role, 1 << index]));

/** By those numbers: as many as there are sets of roles, each made when it is first asked for. */
const made = new Map<number, ReadonlySet<Permission>>();

/** Roles that are not known grant nothing. */
export function permissionsOf(roles: readonly string[]): ReadonlySet<Permission> {
  let all = 0;
  for (const role of roles) all |= bits.get(role) ?? 0;
  return made.get(all) ?? make(all);
}

function make(all: number): ReadonlySet<Permission> {
  const these = Object.entries(granted).filter(([role]) => (all & (bits.get(role) ?? 0)) !== 0);
  const set = new Set(these.flatMap(([, permitted]): readonly Permission[] => permitted));
  made.set(all, set);
  return set;
}

/** Whatever its user may do. */
const everything = 'all';

/** Whatever its user may do to itself, and nothing that its roles allow. */
const oneself = 'self';

/** A program cannot show a code: a token of it that may change what its user logs in with has to say so. */
const ofFactors = 'factors.write';

/** Of what everybody may do to oneself, a part. */
const partsOfOneself: ReadonlyMap<string, readonly Permission[]> = new Map([
  [ofFactors, ['user.credential.write']],
]);

const known = new Set<string>([everything, oneself, ...partsOfOneself.keys(), ...permissions]);

/** Whether a token that has these scopes may do what a role of its user allows. */
export const scopeAllows = (scopes: readonly string[], permission: Permission): boolean =>
  scopes.includes(everything) || scopes.includes(permission);

/** Whether it may do to its own user what everybody may do to oneself. */
export const scopeAllowsSelf = (scopes: readonly string[], permission: Permission): boolean =>
  scopeAllows(scopes, permission) ||
  scopes.includes(oneself) ||
  scopes.some((scope) => partsOfOneself.get(scope)?.includes(permission));

/** Whether it may do to its own user what a session does with a second factor alone. */
export const scopeAllowsStepUp = (scopes: readonly string[]): boolean =>
  scopes.includes(everything) || scopes.includes(ofFactors);

/** A scope that nobody knows would be a promise that is never kept. */
export const scopesKnown = (scopes: readonly string[]): boolean => scopes.every((scope) => known.has(scope));

/**
 * Whether a token may hand these scopes on to another one. A narrow token that made a wide one would be wide
 * itself.
 */
export const scopesCover = (held: readonly string[], wanted: readonly string[]): boolean =>
  held.includes(everything) || wanted.every((scope) => held.includes(scope) || isPartOfSelf(held, scope));

const isPartOfSelf = (held: readonly string[], scope: string) =>
  held.includes(oneself) && partsOfOneself.has(scope);
