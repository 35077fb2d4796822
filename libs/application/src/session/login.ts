// What beginning a session and setting one have in common: what is shown is read before anything else, and whoever is
// named is somebody, or is refused as somebody would be.

import type { Application } from '#application/application.js';
import type { Caller, Refused } from '#application/caller.js';
import type { NotExecuted } from '#application/execute.js';
import type { Entry } from '#application/input.js';
import type { UnreadProof } from '#application/proof.js';
import type { Busy } from '#application/recovery-codes/compare.js';
import { type Check, type GivenChecks, readChecks } from '#application/session/checks.js';
import { type FoundSomebody, findUser, type UserSearch } from '#application/session/find-user.js';
import { refuseNobody } from '#application/session/nobody.js';
import { instanceOf } from '#application/session/sessions.js';
import type { Rejected } from '#domain/decider.js';
import type { OrganizationId } from '#domain/ids.js';
import type { NotSetUp } from '#domain/instance/decide.js';
import type { Settings } from '#domain/organization/settings.js';
import type { PasswordBoundRefusal, PasswordWrong } from '#domain/password/bounds.js';
import { type SessionChangeRefusal, unchangeable } from '#domain/session/decide.js';
import type { CheckedUser } from '#domain/session/state.js';
import type { KnownRefusal } from '#domain/user/decide.js';

export interface Login extends Read {
  readonly command: GivenChecks & {
    readonly organizationId: OrganizationId | null;
    readonly metadata: readonly Entry[];
    readonly lifetimeSeconds: number | null;
    readonly by: Caller;
  };
}

interface Read {
  readonly checks: readonly Check[];
  readonly instanceId: string;
}

export async function readLogin(
  application: Application,
  given: GivenChecks,
): Promise<({ readonly kind: 'read' } & Read) | Rejected<UnreadProof | NotSetUp>> {
  const read = readChecks(given, application.parts.secrets);
  if (read.kind === 'rejected') return read;
  const instance = await instanceOf(application);
  if (instance.kind === 'rejected') return instance;
  return { ...read, instanceId: instance.instanceId };
}

export interface Naming<Ahead> {
  readonly search: UserSearch;
  /** What would be refused whatever is shown; nobody has a name that stands for the user's. */
  readonly ahead: (user: string, settings: Settings) => Rejected<Ahead> | null;
}

type NotNamed = KnownRefusal | PasswordBoundRefusal | PasswordWrong | NotExecuted | Busy;

export async function namedUser<Ahead>(
  application: Application,
  { command: { organizationId, password, by }, instanceId }: Login,
  { search, ahead }: Naming<Ahead>,
): Promise<FoundSomebody | Refused<Ahead | NotNamed>> {
  const found = await findUser(application, search, { evenly: password !== null, organizationId });
  if (found.kind === 'somebody') return found;
  if (password === null) return { kind: 'rejected', refusal: { code: 'user-not-found' } };
  const { key } = found;
  const ofNobody = { key, ahead: (settings: Settings) => ahead(key, settings) };
  return refuseNobody(application, { ...ofNobody, password, organizationId, by, instanceId });
}

export interface Meant {
  /** Null where the session has no user so far. */
  readonly present: CheckedUser | null;
  /** What follows `user-` in the name of a stream; of nobody, whatever stands for that. Null where none is named. */
  readonly named: string | null;
  readonly userAgent: unknown;
}

/** What would be refused whatever is shown, of somebody as of nobody. */
export function refusedAhead(
  { command: { metadata, lifetimeSeconds }, checks }: Login,
  { present, named, userAgent }: Meant,
  settings: Settings,
): Rejected<SessionChangeRefusal> | null {
  const changes = {
    user: named === null ? null : { user: named },
    checked: checks,
    metadata: metadata.length === 0 ? null : metadata,
    userAgent,
    lifetimeSeconds,
  };
  const refusal = unchangeable(present, changes, { settings });
  return refusal && { kind: 'rejected', refusal };
}
