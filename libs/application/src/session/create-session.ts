import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { idOfNew } from '#application/idempotency.js';
import { type Entry, type Fields, IsId, IsText, IsWhole, MayBeNull } from '#application/input.js';
import { codeCharactersMax, passwordUnitsMax } from '#application/limits.js';
import type { Admit, PolicyDenied } from '#application/session/admission.js';
import {
  type CheckedForSession,
  checkForSession,
  userToNote,
} from '#application/session/check-for-session.js';
import { answerShown } from '#application/session/evenly.js';
import { IsUserSearch, type Somebody, type UserSearch } from '#application/session/find-user.js';
import { type Login, type Meant, namedUser, readLogin, refusedAhead } from '#application/session/login.js';
import {
  changedMetadata,
  IsSessionMetadata,
  noMetadata,
  sealMetadata,
} from '#application/session/metadata.js';
import {
  type LoginRefusal,
  type SessionOutcome,
  sealedOf,
  settingsFor,
} from '#application/session/sessions.js';
import { IsUserAgent, type UserAgent, userAgentText } from '#application/session/user-agent.js';
import { nameOfUser } from '#application/user/user-stream.js';
import { withAnswer } from '#application/users.js';
import type { OrganizationId, SessionId } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import { type AddSessionRefusal, addSession, type NewSession } from '#domain/session/decide.js';

export interface SessionCreated {
  readonly sessionId: SessionId;
  /** What has to be sent along. It is told here, and never again: null where the call is a repeat. */
  readonly token: string | null;
}

type Refusal = AddSessionRefusal | LoginRefusal | PolicyDenied;
type Outcome = SessionOutcome<SessionCreated, Refusal>;

type Optional =
  | 'organizationId'
  | 'user'
  | 'password'
  | 'totpCode'
  | 'recoveryCode'
  | 'metadata'
  | 'userAgent'
  | 'lifetimeSeconds'
  | 'admit';

/** No session is made where something that was shown is refused. */
export class CreateSession extends Command<Outcome> {
  /** Whose users can be meant; null stands for those of every one. */
  @MayBeNull() @IsId() readonly organizationId: OrganizationId | null = null;
  @MayBeNull() @IsUserSearch() readonly user: UserSearch | null = null;
  @MayBeNull() @IsText(passwordUnitsMax) readonly password: string | null = null;
  @MayBeNull() @IsText(codeCharactersMax) readonly totpCode: string | null = null;
  @MayBeNull() @IsText(codeCharactersMax) readonly recoveryCode: string | null = null;
  @IsSessionMetadata() readonly metadata: readonly Entry[] = [];
  @MayBeNull() @IsUserAgent() readonly userAgent: UserAgent | null = null;
  @MayBeNull() @IsWhole(1, Number.MAX_SAFE_INTEGER) readonly lifetimeSeconds: number | null = null;
  readonly by!: Caller;
  readonly admit: Admit | null = null;

  constructor(fields: Fields<CreateSession, Optional>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(CreateSession)
export class CreateSessionHandler implements ICommandHandler<CreateSession> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: CreateSession): Promise<Outcome> {
    return answerShown(this.#application, command, () => this.#execute(command));
  }

  async #execute(command: CreateSession): Promise<Outcome> {
    const read = await readLogin(this.#application, command);
    if (read.kind === 'rejected') return read;
    const sessionId = idOfNew(command.by, 'session', this.#application.parts.secrets) as SessionId;
    const creation = { ...read, command, sessionId };
    return (await this.#repeated(creation)) ?? this.#create(creation);
  }

  #repeated(creation: Creation) {
    return this.#application.sessions.commands.repeated<Refusal, SessionCreated>(this.#stream(creation));
  }

  #stream({ command, sessionId, instanceId }: Creation) {
    return {
      stream: this.#application.sessionStream(sessionId),
      by: command.by,
      resourceOwner: instanceId,
      recall: () => ({ kind: 'accepted', answer: { sessionId, token: null } }) as const,
    };
  }

  async #create(creation: Creation): Promise<Outcome> {
    const { user: search } = creation.command;
    if (search === null) return this.#withoutUser(creation);
    const ahead = (user: string, settings: Settings) =>
      refusedAhead(creation, meant(creation, user), settings);
    const found = await namedUser(this.#application, creation, { search, ahead });
    return found.kind === 'somebody' ? this.#withUser(creation, found) : found;
  }

  async #withoutUser(creation: Creation): Promise<Outcome> {
    const settings = await settingsFor(this.#application, null);
    const refused = refusedAhead(creation, meant(creation, null), settings);
    return refused ?? this.#append(creation, withoutUser, settings);
  }

  async #withUser(creation: Creation, somebody: Somebody): Promise<Outcome> {
    const { command, sessionId, checks } = creation;
    const outcome = await checkForSession<AddSessionRefusal>(this.#application, {
      somebody,
      sessionId,
      checks,
      by: command.by,
      ahead: (_, { settings }) => refusedAhead(creation, meant(creation, nameOfUser(somebody)), settings),
    });
    if (outcome.kind === 'rejected') return outcome;
    const refused = (await command.admit?.(somebody)) ?? null;
    if (refused !== null) return refused;
    return this.#append(creation, notedOf(creation, outcome.noted), outcome.settings);
  }

  #append(creation: Creation, noted: Noted, settings: Settings): Promise<Outcome> {
    const { sessionId, command } = creation;
    const { lifetimeSeconds } = command;
    const { text: token, hash: tokenHash } = this.#application.parts.secrets.newSessionToken(sessionId);
    const fingerprint = command.userAgent?.fingerprintId ?? null;
    const { names } = this.#application.parts.secrets;
    const fingerprintKey = fingerprint === null ? null : names.fingerprintKey(fingerprint);
    return this.#application.sessions.commands.execute<Refusal, SessionCreated>({
      ...this.#stream(creation),
      // Of a call with a key the id follows from that.
      isDrawn: (command.by.idempotency ?? null) === null,
      decide: (session, now) =>
        withAnswer(
          addSession(session, { ...noted, fingerprintKey, lifetimeSeconds, tokenHash }, { now, settings }),
          { sessionId, token },
        ),
    });
  }
}

interface Creation extends Login {
  readonly command: CreateSession;
  readonly sessionId: SessionId;
}

const meant = ({ command: { userAgent } }: Creation, named: string | null): Meant => ({
  present: null,
  named,
  userAgent,
});

type Noted = Pick<NewSession, 'user' | 'checked' | 'metadata' | 'userAgent'>;

const withoutUser: Noted = { user: null, checked: [], metadata: null, userAgent: null };

/** What is personal, sealed under the key of whom it is about. */
function notedOf(
  { command: { metadata: entries, userAgent }, sessionId }: Creation,
  found: CheckedForSession,
): Noted {
  const { somebody, sealer, checked } = found;
  const metadata = changedMetadata(noMetadata, entries);
  const agent = userAgent && sealer.seal('session-user-agent', userAgentText(userAgent), sessionId);
  return {
    user: userToNote(found),
    checked,
    metadata: metadata && sealedOf(somebody, sealMetadata(sealer, metadata, sessionId)),
    userAgent: agent && sealedOf(somebody, agent),
  };
}
