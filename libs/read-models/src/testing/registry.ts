// A small projection for tests of what carries projections: organizations, their members and people, with what is
// sealed of them; and the same told by a fold, in another way.

import type { LoginKey, OrganizationId, Sealed, UserId } from '#domain/ids.js';
import type { DomainEvent } from '#event-catalog/catalogue.js';
import { encodeEvent } from '#event-catalog/catalogue.js';
import type { NewEvent } from '#event-log/event-log.js';
import type { Opener } from '#read-models/opener.js';
import type { Place, Projection } from '#read-models/projection.js';

const organizationOf = ({ stream }: Place): string => stream.replace(/^organization-/, '');

export const registry: Projection = {
  name: 'registry',
  version: 1,
  tables: {
    organizations: {
      columns: {
        id: { kind: 'text' },
        name: { kind: 'text' },
        state: { kind: 'text' },
        changes: { kind: 'integer' },
      },
      key: ['id'],
      indexes: [{ contains: 'name' }],
    },
    members: {
      columns: { organization: { kind: 'text' }, user: { kind: 'text' }, roles: { kind: 'text' } },
      key: ['organization', 'user'],
    },
    people: {
      columns: {
        stream: { kind: 'text' },
        email: { kind: 'text', nullable: true },
        name: { kind: 'text', nullable: true },
      },
      key: ['stream'],
    },
  },
  onEach: (event, place) =>
    event.type.startsWith('org.') && event.type !== 'org.added' && event.type !== 'org.removed'
      ? [
          {
            change: 'set',
            table: 'organizations',
            where: { id: organizationOf(place) },
            cells: { changes: place.revision },
          },
        ]
      : [],
  on: {
    'org.added': ({ name }, place) => [
      {
        change: 'put',
        table: 'organizations',
        row: { id: organizationOf(place), name, state: 'active', changes: place.revision },
      },
    ],
    'org.changed': ({ name }, place) => [setOf(place, { name })],
    'org.deactivated': (_, place) => [setOf(place, { state: 'inactive' })],
    'org.reactivated': (_, place) => [setOf(place, { state: 'active' })],
    'org.removed': (_, place) => [
      { change: 'remove', table: 'organizations', where: { id: organizationOf(place) } },
      { change: 'remove', table: 'members', where: { organization: organizationOf(place) } },
    ],
    'org.member.added': ({ userId, roles }, place) => [
      {
        change: 'put',
        table: 'members',
        row: { organization: organizationOf(place), user: userId, roles: roles.join() },
      },
    ],
    'org.member.removed': ({ userId }, place) => [
      { change: 'remove', table: 'members', where: { organization: organizationOf(place), user: userId } },
    ],
    'user.human.added': ({ email, profile }, place) => [
      {
        change: 'put',
        table: 'people',
        row: { stream: place.stream },
        openings: [
          { sealed: email, purpose: 'email', factor: '', cells: (opened) => ({ email: textOf(opened) }) },
          { sealed: profile, purpose: 'profile', factor: '', cells: (opened) => ({ name: textOf(opened) }) },
        ],
      },
    ],
    'user.human.email.changed': ({ email }, place) => [
      {
        change: 'set',
        table: 'people',
        where: { stream: place.stream },
        cells: {},
        openings: [
          { sealed: email, purpose: 'email', factor: '', cells: (opened) => ({ email: textOf(opened) }) },
        ],
      },
    ],
  },
};

function setOf(place: Place, cells: Readonly<Record<string, string>>) {
  return { change: 'set', table: 'organizations', where: { id: organizationOf(place) }, cells } as const;
}

function textOf(opened: Buffer | null): string | null {
  return opened === null ? null : opened.toString();
}

/** In the form of what is sealed, with the text behind it in clear. */
const sealedPrefix = `1.key.${'-'.repeat(38)}`;

export const plainOpener: Opener = {
  open: (_, { sealed }) => Buffer.from(sealed.slice(sealedPrefix.length)),
};

export const seal = (text: string): Sealed => `${sealedPrefix}${text}` as Sealed;

const key = 'k'.repeat(43) as LoginKey;

let made = 0;

export function newEvent(event: DomainEvent): NewEvent {
  made += 1;
  const id = `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
  const metadata = { time: '2026-01-02T03:04:05.678Z', organization: 'o', editor: 'e', call: 'c' };
  return { id, ...encodeEvent(event), metadata };
}

export const added = (name: string): DomainEvent => ({
  type: 'org.added',
  organizationId: null as OrganizationId | null,
  name,
});
export const renamed = (name: string): DomainEvent => ({ type: 'org.changed', name });
export const joined = (user: string, ...roles: string[]): DomainEvent => ({
  type: 'org.member.added',
  userId: user as UserId,
  roles,
});
export const left = (user: string): DomainEvent => ({ type: 'org.member.removed', userId: user as UserId });
export const person = (email: string, name: string): DomainEvent => ({
  type: 'user.human.added',
  userId: null,
  organizationId: 'o' as OrganizationId,
  username: seal(email),
  usernameKey: key,
  profile: seal(name),
  email: seal(email),
  emailKey: key,
  emailVerified: true,
  phone: null,
});

/** Throws for a new name that is in the set, for as long as it is. */
export function registryFailingFor(names: ReadonlySet<string>): Projection {
  const renaming = registry.on['org.changed'];
  return {
    ...registry,
    on: {
      ...registry.on,
      'org.changed': (event, place) => {
        if (names.has(event.name)) throw new Error(`no rows for ${event.name}`);
        return renaming?.(event, place) ?? [];
      },
    },
  };
}
