import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Entry, type Fields, IsId, IsText, IsWhole, MayBeNull } from '#application/input.js';
import { codeCharactersMax, passwordUnitsMax, sessionMetadataMax } from '#application/limits.js';
import type { Admit, PolicyDenied } from '#application/session/admission.js';
import {
  type CheckedForSession,
  checkForSession,
  userToNote,
} from '#application/session/check-for-session.js';
import { answerShown } from '#application/session/evenly.js';
import { findUser, IsUserSearch, type Somebody, type UserSearch } from '#application/session/find-user.js';
import { type Login, type Meant, namedUser, readLogin, refusedAhead } from '#application/session/login.js';
import {
  changedMetadata,
  IsSessionMetadata,
  noMetadata,
  openMetadata,
  type SessionMetadata,
  sealMetadata,
} from '#application/session/metadata.js';
import {
  type LoginRefusal,
  type SessionOutcome,
  sealedOf,
  sealerOf,
  settingsFor,
} from '#application/session/sessions.js';
import { nameOfUser, userStreamOf } from '#application/user/user-stream.js';
import { withAnswer } from '#application/users.js';
import { type Rejected, reject } from '#domain/decider.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import {
  changeSession,
  runningSession,
  type SessionChangeRefusal,
  type SessionChanges,
  type SessionEndedRefusal,
} from '#domain/session/decide.js';
import type { ActiveSession, CheckedUser, SessionState } from '#domain/session/state.js';
import type { MetadataFull } from '#domain/user-metadata/decide.js';
import { goesOn } from '#domain/user-sessions/decide.js';

export interface SessionSet {
  /** In place of the one before. Null where there was nothing to change, or the call is a repeat. */
  readonly token: string | null;
}

type OwnRefusal = SessionEndedRefusal | SessionChangeRefusal;
type Refusal = OwnRefusal | MetadataFull | LoginRefusal | PolicyDenied;
type Outcome = SessionOutcome<SessionSet, Refusal>;

type Optional =
  | 'organizationId'
  | 'user'
  | 'password'
  | 'totpCode'
  | 'recoveryCode'
  | 'metadata'
  | 'lifetimeSeconds'
  | 'admit';

/** What is shown is shown for the user of the session, who may be named here, once. */
export class SetSession extends Command<Outcome> {
  /** Whose users can be meant by what is named; null stands for those of every one. */
  @MayBeNull() @IsId() readonly organizationId: OrganizationId | null = null;
  @IsId() readonly sessionId!: SessionId;
  @MayBeNull() @IsUserSearch() readonly user: UserSearch | null = null;
  @MayBeNull() @IsText(passwordUnitsMax) readonly password: string | null = null;
  @MayBeNull() @IsText(codeCharactersMax) readonly totpCode: string | null = null;
  @MayBeNull() @IsText(codeCharactersMax) readonly recoveryCode: string | null = null;
  @IsSessionMetadata() readonly metadata: readonly Entry[] = [];
  @MayBeNull() @IsWhole(1, Number.MAX_SAFE_INTEGER) readonly lifetimeSeconds: number | null = null;
  readonly by!: Caller;
  readonly admit: Admit | null = null;

  constructor(fields: Fields<SetSession, Optional>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(SetSession)
export class SetSessionHandler implements ICommandHandler<SetSession> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: SetSession): Promise<Outcome> {
    return answerShown(this.#application, command, () => this.#execute(command));
  }

  async #execute(command: SetSession): Promise<Outcome> {
    const read = await readLogin(this.#application, command);
    if (read.kind === 'rejected') return read;
    const change = { ...read, command };
    return (await this.#repeated(change)) ?? this.#set(change);
  }

  #repeated(change: Change) {
    return this.#application.sessions.commands.repeated<Refusal, SessionSet>(this.#stream(change));
  }

  #stream({ command: { sessionId, by }, instanceId }: Change) {
    return {
      stream: this.#application.sessionStream(sessionId),
      by,
      resourceOwner: instanceId,
      recall: () => ({ kind: 'accepted', answer: { token: null } }) as const,
    };
  }

  async #set(change: Change): Promise<Outcome> {
    const { sessionId, user } = change.command;
    const stream = this.#application.sessionStream(sessionId);
    const { state } = await this.#application.sessions.streams.current(stream);
    const present = state.status === 'active' ? state.user : null;
    const settings = await settingsFor(this.#application, present?.organizationId ?? null);
    const running = runningSession(state, { now: this.#application.parts.clock(), settings });
    if (running.kind === 'rejected') return running;
    if (present !== null) return this.#withPresentUser(change, { ...running.session, user: present });
    if (user !== null) return this.#withNewUser(change, user);
    const refused = refusedFor(change, { ...newcomer, named: null }, settings);
    return refused ?? this.#append(change, { settings, noted: null });
  }

  async #withPresentUser(change: Change, session: SessionOfUser): Promise<Outcome> {
    const { sessionId, user, password } = change.command;
    const { user: present } = session;
    const { organizationId } = present;
    const userStream = userStreamOf(present);
    const sealing = await sealerOf(this.#application, { userStream, organizationId });
    if (sealing.kind === 'rejected') return sealing;
    const userId = sealing.sealer.openText('user-id', present.userId) as UserId;
    const somebody = { userId, userStream, organizationId };
    if (user !== null) {
      const found = await findUser(this.#application, user, { evenly: password !== null, organizationId });
      if (found.kind === 'nobody' || found.userStream !== userStream) return refusedUserChange;
    }
    const metadata = metadataIn(session, sessionId, { somebody, sealer: sealing.sealer });
    return this.#check(change, { somebody, present, metadata });
  }

  async #withNewUser(change: Change, search: UserSearch): Promise<Outcome> {
    const ahead = (named: string, settings: Settings) => refusedFor(change, { ...newcomer, named }, settings);
    const found = await namedUser(this.#application, change, { search, ahead });
    return found.kind === 'somebody' ? this.#check(change, { somebody: found, ...newcomer }) : found;
  }

  async #check(change: Change, { somebody, present, metadata }: Subject): Promise<Outcome> {
    const { sessionId, user, by } = change.command;
    const subject = { named: user === null ? null : nameOfUser(somebody), present, metadata };
    const outcome = await checkForSession<OwnRefusal | MetadataFull>(this.#application, {
      somebody,
      sessionId,
      checks: change.checks,
      by,
      ahead: ({ sessions }, { settings }) =>
        present === null || goesOn(sessions, { sessionId, generation: present.generation })
          ? refusedFor(change, subject, settings)
          : refusedEnded,
    });
    if (outcome.kind === 'rejected') return outcome;
    const refused = (await change.command.admit?.(somebody)) ?? null;
    return refused ?? this.#append(change, outcome);
  }

  #append(change: Change, { settings, noted }: Appending): Promise<Outcome> {
    const { sessionId } = change.command;
    const token = this.#application.parts.secrets.newSessionToken(sessionId);
    return this.#application.sessions.commands.execute<Refusal, SessionSet>({
      ...this.#stream(change),
      decide: (session, now) => {
        const changes = changesOf(change.command, session, noted);
        if ('code' in changes) return reject(changes);
        const decision = changeSession(session, { ...changes, tokenHash: token.hash }, { now, settings });
        return withAnswer(decision, { token: decision.events.length === 0 ? null : token.text });
      },
    });
  }
}

interface Change extends Login {
  readonly command: SetSession;
}

interface Subject {
  readonly somebody: Somebody;
  /** Null where the session had no user so far. */
  readonly present: CheckedUser | null;
  /** As it is before the change. */
  readonly metadata: SessionMetadata;
}

type SessionOfUser = ActiveSession & { readonly user: CheckedUser };

interface Appending {
  readonly settings: Settings;
  /** Null where nobody is named or known. */
  readonly noted: CheckedForSession | null;
}

const newcomer = { present: null, metadata: noMetadata } as const;

const refusedEnded = { kind: 'rejected', refusal: { code: 'session-terminated' } } as const;
const refusedUserChange = { kind: 'rejected', refusal: { code: 'session-user-change' } } as const;
const metadataFull = { code: 'metadata-max', maximum: sessionMetadataMax } as const;

/** What would be refused whatever is shown, of somebody as of nobody. */
function refusedFor(
  change: Change,
  { present, named, metadata }: Ahead,
  settings: Settings,
): Rejected<SessionChangeRefusal | MetadataFull> | null {
  const refused = refusedAhead(change, { present, named, userAgent: null }, settings);
  if (refused !== null) return refused;
  const changed = changedMetadata(metadata, change.command.metadata);
  return isFull(changed) ? { kind: 'rejected', refusal: metadataFull } : null;
}

type Ahead = Pick<Subject, 'present' | 'metadata'> & Pick<Meant, 'named'>;

const isFull = (metadata: SessionMetadata | null): boolean =>
  metadata !== null && Object.keys(metadata).length > sessionMetadataMax;

type Changes = Omit<SessionChanges, 'tokenHash'>;

function changesOf(
  { sessionId, user, metadata: entries, lifetimeSeconds }: SetSession,
  session: SessionState,
  noted: CheckedForSession | null,
): Changes | MetadataFull {
  if (noted === null) return { user: null, checked: [], metadata: null, lifetimeSeconds };
  const { somebody, sealer, checked } = noted;
  const metadata = changedMetadata(metadataIn(session, sessionId, noted), entries);
  if (isFull(metadata)) return metadataFull;
  return {
    user: user === null ? null : userToNote(noted),
    checked,
    metadata: metadata && sealedOf(somebody, sealMetadata(sealer, metadata, sessionId)),
    lifetimeSeconds,
  };
}

/** Nobody else's: by now the session may have another user, and is refused for that. */
function metadataIn(
  session: SessionState,
  sessionId: SessionId,
  { somebody, sealer }: Pick<CheckedForSession, 'somebody' | 'sealer'>,
): SessionMetadata {
  if (session.status !== 'active' || session.metadata?.user !== nameOfUser(somebody)) return noMetadata;
  return openMetadata(sealer, session.metadata.sealed, sessionId);
}
