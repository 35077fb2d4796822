// One user as its stream tells it: alive, of an organization that is there, and with the key that opens what is sealed.

import type { Application } from '#application/application.js';
import type { Details } from '#application/caller.js';
import type { Secrets } from '#application/parts.js';
import { Sealer } from '#application/sealer.js';
import type { Loaded } from '#application/streams.js';
import type { HumanProfile, MachineProfile } from '#application/user/profile.js';
import type { Account } from '#domain/account/state.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import { isAlive, type LivingUser } from '#domain/user/state.js';
import type { EventLog } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import type { PasswordAnswer } from '#read-models/queries/users.js';

interface Seen {
  readonly stream: string;
  readonly loaded: Loaded<Account>;
  readonly user: LivingUser;
  readonly sealer: Sealer;
  readonly names: Secrets['names'];
  readonly passwordChangedAt: Instant | null;
}

export class KnownUser {
  readonly stream: string;
  readonly account: Account;
  readonly user: LivingUser;
  readonly sealer: Sealer;
  readonly details: Details;
  readonly #names: Secrets['names'];
  readonly #passwordChangedAt: Instant | null;
  #profile: Partial<HumanProfile & MachineProfile> | null = null;

  constructor({ stream, loaded, user, sealer, names, passwordChangedAt }: Seen) {
    const { state, revision, changedAt } = loaded;
    this.stream = stream;
    this.account = state;
    this.user = user;
    this.sealer = sealer;
    this.details = { sequence: revision + 1, changeDate: changedAt, resourceOwner: user.organizationId };
    this.#names = names;
    this.#passwordChangedAt = passwordChangedAt;
  }

  get password(): PasswordAnswer | null {
    const { current } = this.account.password;
    if (current === null || this.#passwordChangedAt === null) return null;
    return { changedAt: this.#passwordChangedAt, isChangeRequired: current.changeRequired };
  }

  get organizationId(): OrganizationId {
    return this.user.organizationId;
  }

  /** An id that was brought along before ids were written down is lost: what is left of it is its hash. */
  get userId(): UserId {
    const { userId } = this.user;
    const ofStream = this.stream.slice('user-'.length);
    const isNamedById = this.#names.streamId(ofStream) === ofStream;
    if (isNamedById || userId === null) return ofStream as UserId;
    return this.sealer.openText('user-id', userId) as UserId;
  }

  get username(): string {
    return this.sealer.openText('username', this.user.username);
  }

  get email(): string | null {
    return this.user.kind === 'human' ? this.sealer.openText('email', this.user.email) : null;
  }

  get isEmailVerified(): boolean {
    return this.user.kind === 'human' && this.user.emailVerification.status === 'verified';
  }

  get phone(): string | null {
    return this.user.kind === 'human' && this.user.phone !== null
      ? this.sealer.openText('phone', this.user.phone)
      : null;
  }

  get profile(): Partial<HumanProfile & MachineProfile> {
    this.#profile ??= JSON.parse(this.sealer.openText('profile', this.user.profile)) as object;
    return this.#profile;
  }

  /** Of a person who chose none, both names. A machine has none. */
  get displayName(): string | null {
    if (this.user.kind === 'machine') return null;
    const { displayName, givenName, familyName } = this.profile;
    return displayName ?? `${givenName} ${familyName}`;
  }

  /** The username, and the email address once it is verified. */
  get loginNames(): readonly string[] {
    const { user, username, email } = this;
    const isAnother = user.kind === 'human' && user.emailKey !== user.usernameKey && this.isEmailVerified;
    return isAnother && email !== null ? [username, email] : [username];
  }
}

/** Null for whoever is not there, whatever the reason. */
export async function knownByStream(application: Application, stream: string): Promise<KnownUser | null> {
  const loaded = await application.accounts.streams.current(stream);
  const { user } = loaded.state;
  const { secrets } = application.parts;
  const key = await secrets.keys.get(stream);
  if (key === null || !isAlive(user)) return null;
  const { organization } = await application.surroundings.of(user.organizationId);
  if (organization !== 'active' && organization !== 'inactive') return null;
  const sealer = new Sealer(secrets, key, user.organizationId);
  const passwordChangedAt = await lastPasswordAt(application.parts.log, stream);
  return new KnownUser({ stream, loaded, user, sealer, names: secrets.names, passwordChangedAt });
}

async function lastPasswordAt(log: EventLog, stream: string): Promise<Instant | null> {
  const page = await log.readStream(stream, { direction: 'backward', from: 'end', limit: eventsPerReadMax });
  if (page.status === 'unknown') return null;
  const changed = page.events.find(({ type }) => type === 'user.human.password.changed');
  return changed === undefined ? null : Date.parse(changed.metadata.time);
}

/** Null, too, in another organization. */
export async function knownUser(
  organizationId: OrganizationId,
  userId: UserId,
  application: Application,
): Promise<KnownUser | null> {
  const user = await knownByStream(application, application.userStream(userId));
  return user?.organizationId === organizationId ? user : null;
}
