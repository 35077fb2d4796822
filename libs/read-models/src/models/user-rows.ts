// A row for each user, with everything that a list can be asked for. Texts stand there twice: as they are, and in
// lower case for searching and sorting without regard to case.

import type { Sealed } from '#domain/ids.js';
import type { UserEvent } from '#domain/user/events.js';
import { integer, lower, moved, openingText, orNull, text } from '#read-models/models/cells.js';
import type { Opening, Place, Projection, Row, RowChange, Table } from '#read-models/projection.js';

/** Offered to sort by. Who has no such text has an empty one there, and comes first. */
const sortable = [
  'username_lower',
  'given_name_lower',
  'family_name_lower',
  'nick_name_lower',
  'display_name_lower',
  'email_lower',
  'state',
  'kind',
] as const;

/** What lists are often narrowed by, and nearly everybody has in common. */
export const userFacets = ['state', 'kind'] as const;
const before = (...columns: readonly string[]) => ({
  columns: [...columns, ...userFacets.filter((facet) => !columns.includes(facet))],
});

/**
 * Each costs an added user as much as the row itself, so that one serves the whole instance and large organizations,
 * whose members are picked out of it by one of its last columns (ADR 35), as are those of a state and a kind (ADR 58).
 * The place is null in the row of whoever has no key any more: no list shows it.
 */
const sorted = sortable.map((column) => before(column, 'place', 'organization_id'));

const searchable = [
  'username_lower',
  'given_name_lower',
  'family_name_lower',
  'nick_name_lower',
  'display_name_lower',
  'email_lower',
  'phone_lower',
] as const;

export const usersTable: Table = {
  columns: {
    stream: text,
    organization_id: text,
    user_id: orNull(text),
    kind: text,
    state: text,
    username: orNull(text),
    username_lower: text,
    username_key: text,
    given_name: orNull(text),
    given_name_lower: text,
    family_name: orNull(text),
    family_name_lower: text,
    nick_name: orNull(text),
    nick_name_lower: text,
    display_name: orNull(text),
    display_name_lower: text,
    preferred_language: orNull(text),
    gender: orNull(text),
    machine_name: orNull(text),
    description: orNull(text),
    email: orNull(text),
    email_lower: text,
    email_key: orNull(text),
    is_email_verified: integer,
    phone: orNull(text),
    phone_lower: text,
    /** Null where there is none. */
    password_changed_at: orNull(integer),
    is_password_change_required: integer,
    created_at: integer,
    changed_at: integer,
    sequence: integer,
    /** Where the user was added to the log. */
    place: orNull(text),
  },
  key: ['stream'],
  indexes: [
    before('place'),
    before('organization_id', 'place'),
    ...sorted,
    { columns: ['phone_lower'] },
    ...searchable.map((column) => ({ contains: column })),
  ],
  ranked: sortable,
  facets: userFacets,
};

/** Nobody is known of whom nothing can be read. */
const unknown = { place: null };

const opening = (purpose: string, sealed: Sealed, cells: (opened: string) => Row): Opening =>
  openingText({ purpose, sealed }, (opened) => (opened === null ? unknown : cells(opened)));

const textColumns = [
  'username',
  'given_name',
  'family_name',
  'nick_name',
  'display_name',
  'email',
  'phone',
] as const;

/** Put together once: a replay asks for it some times for each user. */
const loweredNames = Object.fromEntries(textColumns.map((column) => [column, `${column}_lower`]));

const pair = (column: (typeof textColumns)[number], value: string | null): Row => ({
  [column]: value,
  [loweredNames[column] as string]: value === null ? '' : lower(value),
});

const openings = {
  userId: (sealed: Sealed) => opening('user-id', sealed, (opened) => ({ user_id: opened })),
  username: (sealed: Sealed) => opening('username', sealed, (opened) => pair('username', opened)),
  email: (sealed: Sealed) => opening('email', sealed, (opened) => pair('email', opened)),
  phone: (sealed: Sealed) => opening('phone', sealed, (opened) => pair('phone', opened)),
  person: (sealed: Sealed) => opening('profile', sealed, personCells),
  machine: (sealed: Sealed) => opening('profile', sealed, machineCells),
};

function personCells(profile: string): Row {
  const {
    givenName = null,
    familyName = null,
    nickName = null,
    displayName = null,
    preferredLanguage = null,
    gender = null,
  } = JSON.parse(profile) as Partial<Record<string, string | null>>;
  return {
    ...pair('given_name', givenName),
    ...pair('family_name', familyName),
    ...pair('nick_name', nickName),
    ...pair('display_name', displayName ?? `${givenName} ${familyName}`),
    preferred_language: preferredLanguage,
    gender,
  };
}

function machineCells(profile: string): Row {
  const { name = null, description = null } = JSON.parse(profile) as Partial<Record<string, string | null>>;
  return { machine_name: name, description };
}

type Added = Extract<UserEvent, { type: 'user.human.added' | 'user.machine.added' }>;

/** What is there of nobody of whom nothing was opened. */
const unopened: Row = {
  kind: 'machine',
  state: 'active',
  ...Object.assign({}, ...textColumns.map((column) => pair(column, null))),
  preferred_language: null,
  gender: null,
  machine_name: null,
  description: null,
  email_key: null,
  is_email_verified: 0,
  is_password_change_required: 0,
};

/** Before anything of it is opened. */
function newRow({ organizationId, usernameKey }: Added, place: Place): Row {
  return {
    ...unopened,
    stream: place.stream,
    organization_id: organizationId,
    user_id: place.stream.slice('user-'.length),
    username_key: usernameKey,
    created_at: place.time,
    ...moved(place),
    place: place.position,
  };
}

/** An id that was brought along before ids were written down is lost: what is left of it is its hash. */
const openingsOfAdded = ({ userId, username }: Added): readonly Opening[] => [
  ...(userId === null ? [] : [openings.userId(userId)]),
  openings.username(username),
];

const set = ({ stream }: Place, cells: Row, opened: readonly Opening[] = []): readonly RowChange[] => [
  { change: 'set', table: 'users', where: { stream }, cells, openings: opened },
];

const stateIs = (state: 'active' | 'inactive' | 'locked') => (_: unknown, place: Place) =>
  set(place, { state });

export const userChanges: Projection['on'] = {
  'user.human.added': (event, place) => {
    const { email, emailKey, emailVerified, phone, profile } = event;
    const verified = { is_email_verified: emailVerified ? 1 : 0 };
    const row = { ...newRow(event, place), kind: 'human', email_key: emailKey, ...verified };
    const opened = [
      ...openingsOfAdded(event),
      openings.person(profile),
      openings.email(email),
      ...(phone === null ? [] : [openings.phone(phone)]),
    ];
    return [{ change: 'put', table: 'users', row, openings: opened }];
  },
  'user.machine.added': (event, place) => {
    const opened = [...openingsOfAdded(event), openings.machine(event.profile)];
    return [{ change: 'put', table: 'users', row: newRow(event, place), openings: opened }];
  },
  'user.username.changed': ({ username, usernameKey }, place) =>
    set(place, { username_key: usernameKey }, [openings.username(username)]),
  'user.human.profile.changed': ({ profile }, place) => set(place, {}, [openings.person(profile)]),
  'user.machine.changed': ({ profile }, place) => set(place, {}, [openings.machine(profile)]),
  'user.human.email.changed': ({ email, emailKey, verified }, place) =>
    set(place, { email_key: emailKey, is_email_verified: verified ? 1 : 0 }, [openings.email(email)]),
  // Whatever was verified before: a new code is about an address that is not.
  'user.human.email.code.added': (_, place) => set(place, { is_email_verified: 0 }),
  'user.human.email.verified': (_, place) => set(place, { is_email_verified: 1 }),
  'user.human.phone.changed': ({ phone }, place) => set(place, {}, [openings.phone(phone)]),
  'user.human.phone.removed': (_, place) => set(place, pair('phone', null)),
  'user.human.password.changed': ({ changeRequired }, place) =>
    set(place, {
      password_changed_at: place.time,
      is_password_change_required: changeRequired ? 1 : 0,
    }),
  'user.deactivated': stateIs('inactive'),
  'user.reactivated': stateIs('active'),
  'user.locked': stateIs('locked'),
  'user.unlocked': stateIs('active'),
};
