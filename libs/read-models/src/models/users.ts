// Users as they are listed, with all that is theirs. Whoever is removed or erased leaves no row, and neither do
// the users of an organization that is removed.

import { moved, ofUser } from '#read-models/models/cells.js';
import { factorChanges, factorTables } from '#read-models/models/factors.js';
import { belongingsChanges, belongingsTables } from '#read-models/models/user-belongings.js';
import { userChanges, usersTable } from '#read-models/models/user-rows.js';
import type { Place, Projection, Removal, Row, RowChange } from '#read-models/projection.js';

const belongings = { ...factorTables, ...belongingsTables };
const tables = { users: usersTable, ...belongings };

function withoutUser(place: Place): readonly RowChange[] {
  const where = ofUser(place);
  return [
    { change: 'remove', table: 'users', where: { stream: place.stream } },
    ...Object.keys(belongings).map((table) => ({ change: 'remove' as const, table, where })),
  ];
}

/** Of all its users, or of one of them. */
function withoutOrganization({ organizationId }: Place, user: Row = {}): readonly Removal[] {
  const where = { organization_id: organizationId ?? '', ...user };
  return Object.keys(tables).map((table) => ({ change: 'remove', table, where }));
}

/** What every event moves is in these rows already. */
const wholeRows: ReadonlySet<string> = new Set(['user.human.added', 'user.machine.added']);

export const users: Projection = {
  name: 'users',
  version: 4,
  tables,
  onEach: ({ type }, place) =>
    place.stream.startsWith('user-') && !wholeRows.has(type)
      ? [{ change: 'set', table: 'users', where: { stream: place.stream }, cells: moved(place) }]
      : [],
  on: {
    ...userChanges,
    ...factorChanges,
    ...belongingsChanges,
    'user.removed': (_, place) => withoutUser(place),
    'user.erased': (_, place) => withoutUser(place),
    'org.removed': (_, place) => withoutOrganization(place),
  },
  endings: ['user.removed', 'user.erased', 'org.removed'],
  erasures: ['user.erased'],
  reaches: { 'org.removed': (_, place, stream) => withoutOrganization(place, { stream }) },
};
