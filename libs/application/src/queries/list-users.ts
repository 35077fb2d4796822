// Users by what is known of them. What is sealed has to be opened to be looked at, so it is looked at in pieces,
// and only where neither an id nor a login name leads straight to whoever is meant.

import type { Application } from '#application/application.js';
import type { Directory } from '#application/queries/directory.js';
import { type KnownUser, knownByStream } from '#application/queries/known-user.js';
import {
  type Answer,
  accepted,
  compareKeys,
  everyOrganization,
  type Listed,
  type ListRefusal,
  lookedUp,
  type Page,
  pageDefault,
  pageOf,
  refusedPage,
  rejected,
  type Scope,
  type Sources,
} from '#application/queries/queries.js';
import { Slices, sortedInSlices } from '#application/queries/slices.js';
import {
  conjunctsOf,
  matchesUser,
  refusedFilter,
  type UserFilter,
} from '#application/queries/user-filter.js';
import { type UserAnswer, userAnswer } from '#application/queries/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';

export type UserColumn =
  | 'creation-date'
  | 'username'
  | 'given-name'
  | 'family-name'
  | 'nick-name'
  | 'display-name'
  | 'email'
  | 'state'
  | 'type';

export interface UserSearch {
  /** Null is everybody. */
  readonly filter: UserFilter | null;
  /** Texts in lower case; who has none comes first. Equals stay in the order in which they were added. */
  readonly column: UserColumn;
  readonly isAscending: boolean;
  readonly page: Page;
  readonly withMetadata: boolean;
}

/** As many as the states that are kept at hand: to look at more would push out those that are in use. */
export const usersLookedAtMax = 200_000;

export async function listUsers(
  scope: Scope,
  search: UserSearch,
  sources: Sources & { readonly lookedAtMax?: number },
): Promise<Answer<Listed<UserAnswer>, ListRefusal>> {
  const { directory, signal, position, lookedAtMax = usersLookedAtMax } = sources;
  const refusal = refusedPage(search.page) ?? (search.filter === null ? null : refusedFilter(search.filter));
  if (refusal !== null) return rejected(refusal);
  const behind = await directory.awaitWritten(position);
  signal.throwIfAborted();
  if (behind !== null) return rejected(behind);
  const reading = { sources, slices: new Slices(signal) };
  const range = await rangeOf(scope, search, sources);
  const isPlain = range.only === null && range.rest === null && search.column === 'creation-date';
  if (isPlain && range.organizationIds.length === 1) return accepted(await plainPage(range, search, reading));
  const streams = range.only ?? streamsOf(range, directory, lookedAtMax);
  if (streams === null) return rejected({ code: 'list-too-long', maximum: lookedAtMax });
  const hits = await hitsAmong(streams, { range, column: search.column }, reading);
  const sorted = await sortedInSlices(hits, order(search), reading.slices);
  const page = pageOf(sorted, search.page).map(({ stream }) => stream);
  return accepted({ items: await told(page, search, reading), total: sorted.length });
}

interface Reading {
  readonly sources: Sources;
  readonly slices: Slices;
}

/** Where to look, and what then still has to be asked of everybody who is there. */
interface Range {
  readonly organizationIds: readonly OrganizationId[];
  /** Nobody else can be meant; null where anybody may be. */
  readonly only: readonly string[] | null;
  readonly rest: UserFilter | null;
}

async function rangeOf(
  scope: Scope,
  { filter }: UserSearch,
  { application, directory }: Sources,
): Promise<Range> {
  const conjuncts = conjunctsOf(filter);
  const asked = conjuncts.find((one) => one.kind === 'organization');
  const organizationIds = scope === everyOrganization ? [...directory.organizations()] : [scope];
  const others = conjuncts.filter((one) => one !== asked);
  return {
    organizationIds: organizationIds.filter((id) => asked === undefined || asked.organizationId === id),
    only: await onlyStreams(conjuncts, application),
    rest: others.length === 0 ? null : { kind: 'and', of: others },
  };
}

async function onlyStreams(
  conjuncts: readonly UserFilter[],
  application: Application,
): Promise<readonly string[] | null> {
  const byId = conjuncts.find((one) => one.kind === 'ids');
  if (byId !== undefined) return [...new Set(byId.ids.map((id) => application.userStream(id)))];
  const byName = conjuncts.find(
    (one) => one.kind === 'text' && one.field === 'login-name' && one.text.method === 'equals',
  );
  return byName?.kind === 'text' ? streamsNamed(byName.text.value, application) : null;
}

/** Whoever has a login name holds its reservation, however it is spelt. */
async function streamsNamed(name: string, application: Application): Promise<readonly string[]> {
  const key = application.parts.secrets.names.loginKey(name);
  const { state } = await application.loginNames.streams.current(`login-${key}`);
  return state.status === 'free' ? [] : [application.userStream(state.userId as UserId)];
}

/** Null where they are too many. */
function streamsOf(
  { organizationIds }: Range,
  directory: Directory,
  maximum: number,
): readonly string[] | null {
  const organizations = organizationIds.map((id) => directory.usersOf(id));
  const count = organizations.reduce((sum, { size }) => sum + size, 0);
  return count > maximum ? null : organizations.flatMap((users) => [...users.keys()]);
}

/** Everybody in the order in which they were added: nobody has to be looked at who is not on the page. */
async function plainPage(
  { organizationIds }: Range,
  search: UserSearch,
  { sources, slices }: Reading,
): Promise<Listed<UserAnswer>> {
  const { isAscending, page } = search;
  const users = sources.directory.usersOf(organizationIds[0] as OrganizationId);
  const { size } = users;
  const count = page.limit ?? pageDefault;
  const from = isAscending ? page.offset : size - page.offset - count;
  const streams = between(users.keys(), Math.max(0, from), from + count);
  const items = await told(isAscending ? streams : streams.reverse(), search, { sources, slices });
  return { items, total: size - streams.length + items.length };
}

function between(streams: Iterable<string>, from: number, to: number): string[] {
  const picked: string[] = [];
  let place = 0;
  for (const stream of streams) {
    if (place >= to) break;
    if (place >= from) picked.push(stream);
    place += 1;
  }
  return picked;
}

interface Hit {
  readonly stream: string;
  readonly key: string | number;
  /** In the order in which users were added. */
  readonly place: number;
}

/** Of so many the states are held at a time. */
const lookedAtOnce = 256;

async function hitsAmong(
  streams: readonly string[],
  { range: { organizationIds, rest }, column }: { readonly range: Range; readonly column: UserColumn },
  { sources: { application, directory }, slices }: Reading,
): Promise<readonly Hit[]> {
  const within = new Set(organizationIds);
  const hits: Hit[] = [];
  for (let from = 0; from < streams.length; from += lookedAtOnce) {
    const some = streams.slice(from, from + lookedAtOnce);
    for (const user of await lookedUp(some, (stream) => knownByStream(application, stream), slices)) {
      const { organizationId, stream } = user;
      const place = within.has(organizationId) ? directory.usersOf(organizationId).get(stream) : undefined;
      if (place !== undefined && (rest === null || matchesUser(rest, user)))
        hits.push({ stream, key: keyOf(user, column) ?? place, place });
      await slices.pause();
    }
  }
  return hits;
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

function order({ isAscending }: UserSearch) {
  const sign = isAscending ? 1 : -1;
  return (one: Hit, other: Hit) => sign * compareKeys(one.key, other.key) || one.place - other.place;
}

/** Whoever went meanwhile is left out. */
async function told(
  streams: readonly string[],
  { withMetadata }: UserSearch,
  { sources, slices }: Reading,
): Promise<readonly UserAnswer[]> {
  const look = (stream: string) => knownByStream(sources.application, stream);
  const answers: UserAnswer[] = [];
  for (const user of await lookedUp(streams, look, slices)) {
    answers.push(userAnswer(user, withMetadata));
    await slices.pause();
  }
  return answers;
}
