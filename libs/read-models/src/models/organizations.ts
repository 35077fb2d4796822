// Organizations, who may do something there, and what they and the instance chose. What holds is reckoned from
// both when it is asked for.

import type { SettingName, Settings } from '#domain/organization/settings.js';
import { integer, lower, moved, text } from '#read-models/models/cells.js';
import type { Place, Projection, Row, RowChange, Table } from '#read-models/projection.js';

const organizationsTable: Table = {
  columns: {
    stream: text,
    organization_id: text,
    name: text,
    name_lower: text,
    state: text,
    created_at: integer,
    changed_at: integer,
    sequence: integer,
    /** Where it was added to the log. */
    place: text,
  },
  key: ['stream'],
  indexes: [
    { columns: ['organization_id'] },
    { columns: ['place'] },
    { columns: ['name_lower', 'place'] },
    { columns: ['state', 'place'] },
    { contains: 'name_lower' },
  ],
};

const member = { user_id: text, roles: text, place: text };
/** The number tells those of one event apart. */
const setting = { name: text, value: text, place: text, number: integer };

const membersTable: Table = {
  columns: { organization_id: text, ...member },
  key: ['organization_id', 'user_id'],
};
const instanceMembersTable: Table = { columns: member, key: ['user_id'] };
const settingsTable: Table = {
  columns: { organization_id: text, ...setting },
  key: ['organization_id', 'name'],
};
const instanceSettingsTable: Table = { columns: setting, key: ['name'] };

const instancesTable: Table = {
  columns: { stream: text, instance_id: text, changed_at: integer, sequence: integer },
  key: ['stream'],
};

const tables = {
  organizations: organizationsTable,
  members: membersTable,
  settings: settingsTable,
  instances: instancesTable,
  instance_members: instanceMembersTable,
  instance_settings: instanceSettingsTable,
};

type TableName = keyof typeof tables;

const ofOrganization = ({ organizationId }: Place) => ({ organization_id: organizationId ?? '' });
const nowhere = () => ({});
type Of = (place: Place) => Row;

const put = (table: TableName, row: Row, keeps: readonly string[] = []): RowChange => ({
  change: 'put',
  table,
  row,
  keeps,
});
const set = (table: TableName, { stream }: Place, cells: Row): RowChange => ({
  change: 'set',
  table,
  where: { stream },
  cells,
});
const remove = (table: TableName, where: Row): RowChange => ({ change: 'remove', table, where });

const memberPut =
  (table: TableName, of: Of) =>
  ({ userId, roles }: { readonly userId: string; readonly roles: readonly string[] }, place: Place) => [
    put(table, { ...of(place), user_id: userId, roles: JSON.stringify(roles), place: place.position }),
  ];

const memberRemoved =
  (table: TableName, of: Of) =>
  ({ userId }: { readonly userId: string }, place: Place) => [
    remove(table, { ...of(place), user_id: userId }),
  ];

/** One that was chosen before keeps its place among the others. */
const settingsChanged =
  (table: TableName, of: Of) =>
  ({ changed }: { readonly changed: Partial<Settings> }, place: Place) =>
    Object.entries(changed).map(([name, value], number) => {
      const row = { ...of(place), name, value: JSON.stringify(value), place: place.position, number };
      return put(table, row, ['place', 'number']);
    });

const settingsReset =
  (table: TableName, of: Of) =>
  ({ names }: { readonly names: readonly SettingName[] }, place: Place) =>
    names.map((name) => remove(table, { ...of(place), name }));

const stateIs = (state: 'active' | 'inactive') => (_: unknown, place: Place) => [
  set('organizations', place, { state }),
];

export const organizations: Projection = {
  name: 'organizations',
  version: 1,
  tables,
  onEach: (_, place) => {
    if (place.stream.startsWith('organization-')) return [set('organizations', place, moved(place))];
    return place.stream === 'instance' ? [set('instances', place, moved(place))] : [];
  },
  on: {
    'org.added': ({ organizationId, name }, place) => [
      put('organizations', {
        stream: place.stream,
        organization_id: organizationId ?? place.organizationId ?? '',
        name,
        name_lower: lower(name),
        state: 'active',
        created_at: place.time,
        ...moved(place),
        place: place.position,
      }),
    ],
    'org.changed': ({ name }, place) => [set('organizations', place, { name, name_lower: lower(name) })],
    'org.deactivated': stateIs('inactive'),
    'org.reactivated': stateIs('active'),
    'org.removed': (_, place) => [
      remove('organizations', { stream: place.stream }),
      remove('members', ofOrganization(place)),
      remove('settings', ofOrganization(place)),
    ],
    'org.member.added': memberPut('members', ofOrganization),
    'org.member.changed': memberPut('members', ofOrganization),
    'org.member.removed': memberRemoved('members', ofOrganization),
    'org.settings.changed': settingsChanged('settings', ofOrganization),
    'org.settings.reset': settingsReset('settings', ofOrganization),
    'instance.added': ({ instanceId }, place) => [
      put('instances', { stream: place.stream, instance_id: instanceId, ...moved(place) }),
    ],
    'instance.member.added': memberPut('instance_members', nowhere),
    'instance.member.changed': memberPut('instance_members', nowhere),
    'instance.member.removed': memberRemoved('instance_members', nowhere),
    'instance.settings.changed': settingsChanged('instance_settings', nowhere),
    'instance.settings.reset': settingsReset('instance_settings', nowhere),
  },
  endings: ['org.removed'],
};
