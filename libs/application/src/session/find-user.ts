// Whom a login is about. Where a password comes along, a name that nobody has costs as many reads of the log as
// somebody's: two, with the one that whoever changes a stream makes of what is not at hand.

import type { Application } from '#application/application.js';
import { idCharactersMax, isTextOf, rule } from '#application/input.js';
import { usernameCharactersMax } from '#application/limits.js';
import { isThere } from '#application/surroundings.js';
import type { Account } from '#domain/account/state.js';
import type { LoginKey, OrganizationId, UserId } from '#domain/ids.js';
import { holdsLoginKey } from '#domain/user/decide.js';
import { isAlive } from '#domain/user/state.js';

export type UserSearch = { readonly userId: UserId } | { readonly loginName: string };

export const IsUserSearch = (): PropertyDecorator =>
  rule(
    'user-search',
    `must be an id of 1 to ${idCharactersMax} characters or a login name of 1 to ${usernameCharactersMax}, none of them a control character`,
    (value) => typeof value === 'object' && value !== null && isSearch(value),
  );

const isSearch = (value: object): boolean =>
  Object.keys(value).length === 1 &&
  (('userId' in value && isTextOf(value.userId, 1, idCharactersMax)) ||
    ('loginName' in value && isTextOf(value.loginName, 1, usernameCharactersMax)));

export type FoundUser =
  | FoundSomebody
  /** Wrong passwords are counted under this key. */
  | { readonly kind: 'nobody'; readonly key: LoginKey };

export interface FoundSomebody extends Somebody {
  readonly kind: 'somebody';
}

export interface Somebody {
  readonly userId: UserId;
  readonly userStream: string;
  readonly organizationId: OrganizationId;
}

export interface Finding {
  /** Whether somebody might measure how long it takes. */
  readonly evenly: boolean;
  /** Whoever is of another one is nobody here; null stands for any. */
  readonly organizationId: OrganizationId | null;
}

export function findUser(application: Application, search: UserSearch, finding: Finding): Promise<FoundUser> {
  return 'userId' in search
    ? findById(application, search.userId, finding)
    : findByName(application, search.loginName, finding);
}

async function findById(application: Application, userId: UserId, finding: Finding): Promise<FoundUser> {
  const { names } = application.parts.secrets;
  const found = await livingUser(application, { ...finding, userId, isMeant: () => true });
  // Unlike a name, an id has one spelling.
  const key = names.loginKey(`id:${names.streamId(userId)}`);
  const stream = `login-${key}`;
  const { streams } = application.loginNames;
  const isReadLater = found === null && !streams.isAtHand(stream);
  if (finding.evenly && !isReadLater) await streams.fresh(stream);
  return found ?? { kind: 'nobody', key };
}

async function findByName(application: Application, loginName: string, finding: Finding): Promise<FoundUser> {
  const key = application.parts.secrets.names.loginKey(loginName);
  const stream = `login-${key}`;
  const { streams } = application.loginNames;
  const { state: name } = await (finding.evenly ? streams.fresh(stream) : streams.current(stream));
  if (name.status === 'free') {
    if (finding.evenly && streams.isAtHand(stream)) await streams.fresh(stream);
    return { kind: 'nobody', key };
  }
  const { userId } = name;
  const isMeant = (account: Account) => holdsLoginKey(account, key);
  return (await livingUser(application, { ...finding, userId, isMeant })) ?? { kind: 'nobody', key };
}

interface Sought extends Finding {
  readonly userId: UserId;
  readonly isMeant: (account: Account) => boolean;
}

async function livingUser(
  application: Application,
  { userId, isMeant, evenly, organizationId: within }: Sought,
): Promise<FoundSomebody | null> {
  const userStream = application.userStream(userId);
  const { streams } = application.accounts;
  const { state } = await (evenly ? streams.fresh(userStream) : streams.current(userStream));
  if (!isAlive(state.user) || !isMeant(state)) return null;
  const { organizationId } = state.user;
  if (within !== null && within !== organizationId) return null;
  const around = application.surroundings.of(organizationId);
  if (!isThere(around instanceof Promise ? await around : around)) return null;
  return { kind: 'somebody', userId, userStream, organizationId };
}
