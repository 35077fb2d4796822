import { type EventLog, logStart } from '#event-log/event-log.js';
import type { UserColumn, UserSearch } from '#read-models/queries/list-users.js';
import {
  type Answer,
  accepted,
  compareKeys,
  everyOrganization,
  type Listed,
  matchesText,
  pageDefault,
  type Scope,
} from '#read-models/queries/queries.js';
import type { TextField, UserFilter } from '#read-models/queries/user-filter.js';
import type { UserAnswer } from '#read-models/queries/users.js';
import { type KnownUser, knownByStream } from '#read-models/testing/folded/known-user.js';
import type { FoldedSources } from '#read-models/testing/folded/sources.js';
import { metadataEntries, userAnswer } from '#read-models/testing/folded/users.js';

/** Texts in lower case; who has none comes first. Equals stay in the order in which they were added. */
export async function listUsers(
  scope: Scope,
  { filter, column, isAscending, page, withMetadata }: UserSearch,
  { application }: FoldedSources,
): Promise<Answer<Listed<UserAnswer>, never>> {
  const streams = await streamsOfUsers(application.parts.log);
  const known = await Promise.all(streams.map((stream) => knownByStream(application, stream)));
  const meant = known
    .filter((user) => user !== null)
    .filter(({ organizationId }) => scope === everyOrganization || organizationId === scope)
    .filter((user) => filter === null || matchesUser(filter, user))
    .map((user, place) => ({ user, key: keyOf(user, column) ?? place }));
  const sign = isAscending ? 1 : -1;
  const sorted = meant.toSorted((one, other) => sign * compareKeys(one.key, other.key));
  const onPage = sorted.slice(page.offset, page.offset + (page.limit ?? pageDefault));
  const items = onPage.map(({ user }) => userAnswer(user, withMetadata));
  return accepted({ items, total: sorted.length, isMore: false });
}

const pageOfEvents = 500;
const added = ['user.human.added', 'user.machine.added'];

/** In the order in which they were added for the last time. */
async function streamsOfUsers(log: EventLog): Promise<readonly string[]> {
  const streams = new Set<string>();
  let after = logStart;
  for (let count = pageOfEvents; count === pageOfEvents; ) {
    const events = await log.readAll({ direction: 'forward', after, limit: pageOfEvents });
    for (const { stream } of events.filter(({ type }) => added.includes(type))) {
      streams.delete(stream);
      streams.add(stream);
    }
    after = events.at(-1)?.position ?? after;
    count = events.length;
  }
  return [...streams];
}

const states: readonly KnownUser['user']['status'][] = ['active', 'inactive', 'locked'];

/** Null for the place. */
function keyOf(user: KnownUser, column: UserColumn): string | number | null {
  switch (column) {
    case 'creation-date':
      return null;
    case 'state':
      return states.indexOf(user.user.status);
    case 'type':
      return user.user.kind;
    case 'username':
      return user.username.toLowerCase();
    case 'given-name':
      return lower(user.profile.givenName);
    case 'family-name':
      return lower(user.profile.familyName);
    case 'nick-name':
      return lower(user.profile.nickName);
    case 'display-name':
      return lower(user.displayName);
    case 'email':
      return lower(user.email);
  }
}

const lower = (text: string | null | undefined): string => text?.toLowerCase() ?? '';

function matchesUser(filter: UserFilter, user: KnownUser): boolean {
  switch (filter.kind) {
    case 'text':
      return textsOf(filter.field, user).some((text) => matchesText(filter.text, text));
    case 'state':
      return user.user.status === filter.state;
    case 'type':
      return user.user.kind === filter.type;
    case 'ids':
      return filter.ids.includes(user.userId);
    case 'emails': {
      const email = user.email?.toLowerCase();
      return email !== undefined && filter.emails.some((one) => one.toLowerCase() === email);
    }
    case 'organization':
      return user.organizationId === filter.organizationId;
    case 'metadata':
      return hasMetadata(filter, user);
    case 'and':
      return filter.of.every((part) => matchesUser(part, user));
    case 'or':
      return filter.of.some((part) => matchesUser(part, user));
    case 'not':
      return !matchesUser(filter.of, user);
  }
}

function textsOf(field: TextField, user: KnownUser): readonly (string | null)[] {
  switch (field) {
    case 'username':
      return [user.username];
    case 'login-name':
      return user.loginNames;
    case 'given-name':
      return [user.profile.givenName ?? null];
    case 'family-name':
      return [user.profile.familyName ?? null];
    case 'nick-name':
      return [user.profile.nickName ?? null];
    case 'display-name':
      return [user.displayName];
    case 'email':
      return [user.email];
    case 'phone':
      return [user.phone];
  }
}

type OfMetadata = Extract<UserFilter, { kind: 'metadata' }>;

const hasMetadata = ({ key, value }: OfMetadata, user: KnownUser): boolean =>
  metadataEntries(user).some(
    (entry) =>
      (key === null || matchesText(key, entry.key)) &&
      (value === null || Buffer.compare(value, entry.value) === 0),
  );
