import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { idOfNew } from '#application/idempotency.js';
import { type Entry, type Fields, IsId, IsText, IsWhole, MayBeNull } from '#application/input.js';
import { codeCharactersMax, passwordUnitsMax } from '#application/limits.js';
import type { Sealer } from '#application/sealer.js';
import { type CheckedForSession, checkForSession } from '#application/session/check-for-session.js';
import { type Check, readChecks } from '#application/session/checks.js';
import { answerGuess } from '#application/session/evenly.js';
import { findUser, IsUserSearch, type Somebody, type UserSearch } from '#application/session/find-user.js';
import {
  changedMetadata,
  IsSessionMetadata,
  noMetadata,
  sealMetadata,
} from '#application/session/metadata.js';
import { refuseNobody } from '#application/session/nobody.js';
import {
  instanceOf,
  type LoginRefusal,
  nameOfUser,
  type SessionOutcome,
  sealedOf,
  sealerOf,
  settingsFor,
  userToNote,
} from '#application/session/sessions.js';
import { IsUserAgent, type UserAgent, userAgentText } from '#application/session/user-agent.js';
import { withAnswer } from '#application/users.js';
import type { Rejected } from '#domain/decider.js';
import type { OrganizationId, SessionId } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import { type AddSessionRefusal, addSession, type NewSession, unchangeable } from '#domain/session/decide.js';

export interface SessionCreated {
  readonly sessionId: SessionId;
  /** What has to be sent along. It is told here, and never again: null where the call is a repeat. */
  readonly token: string | null;
}

type Refusal = AddSessionRefusal | LoginRefusal;
type Outcome = SessionOutcome<SessionCreated, Refusal>;

type Optional =
  | 'organizationId'
  | 'user'
  | 'password'
  | 'totpCode'
  | 'recoveryCode'
  | 'metadata'
  | 'userAgent'
  | 'lifetimeSeconds';

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
    const run = () => this.#execute(command);
    return command.password === null ? run() : answerGuess(this.#application.parts.secrets, run);
  }

  async #execute(command: CreateSession): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const read = readChecks(command, secrets);
    if (read.kind === 'rejected') return read;
    const instance = await instanceOf(this.#application);
    if (instance.kind === 'rejected') return instance;
    const sessionId = idOfNew(command.by, 'session', secrets) as SessionId;
    const creation = { command, sessionId, checks: read.checks, instanceId: instance.instanceId };
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
    const { instanceId } = creation;
    const { organizationId, user, password, by } = creation.command;
    if (user === null) return this.#withoutUser(creation);
    const found = await findUser(this.#application, user, { evenly: password !== null, organizationId });
    if (found.kind === 'somebody') return this.#withUser(creation, found);
    if (password === null) return { kind: 'rejected', refusal: { code: 'user-not-found' } };
    const ahead = (settings: Settings) => refusedAhead(creation, found.key, settings);
    return refuseNobody(this.#application, { ...found, password, organizationId, by, instanceId, ahead });
  }

  async #withoutUser(creation: Creation): Promise<Outcome> {
    const settings = await settingsFor(this.#application, null);
    const refused = refusedAhead(creation, null, settings);
    return refused ?? this.#append(creation, withoutUser, settings);
  }

  async #withUser(creation: Creation, somebody: Somebody): Promise<Outcome> {
    const { command, sessionId, checks } = creation;
    const outcome = await checkForSession<AddSessionRefusal>(this.#application, {
      somebody,
      sessionId,
      checks,
      by: command.by,
      ahead: (_, { settings }) => refusedAhead(creation, nameOfUser(somebody), settings),
    });
    if (outcome.kind === 'rejected') return outcome;
    const sealing = await sealerOf(this.#application, somebody);
    if (sealing.kind === 'rejected') return sealing;
    const noted = notedOf(creation, { somebody, sealer: sealing.sealer, ...outcome.answer });
    const settings = await settingsFor(this.#application, somebody.organizationId);
    return this.#append(creation, noted, settings);
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
      decide: (session, now) =>
        withAnswer(
          addSession(session, { ...noted, fingerprintKey, lifetimeSeconds, tokenHash }, { now, settings }),
          { sessionId, token },
        ),
    });
  }
}

interface Creation {
  readonly command: CreateSession;
  readonly sessionId: SessionId;
  readonly checks: readonly Check[];
  readonly instanceId: string;
}

type Noted = Pick<NewSession, 'user' | 'checked' | 'metadata' | 'userAgent'>;

const withoutUser: Noted = { user: null, checked: [], metadata: null, userAgent: null };

/** What would be refused whatever is shown, of somebody as of nobody. */
function refusedAhead(
  { command, checks }: Creation,
  user: string | null,
  settings: Settings,
): Rejected<AddSessionRefusal> | null {
  const { metadata, userAgent, lifetimeSeconds } = command;
  const refusal = unchangeable(
    null,
    {
      user: user === null ? null : { user },
      checked: checks,
      metadata: metadata.length === 0 ? null : metadata,
      userAgent,
      lifetimeSeconds,
    },
    { settings },
  );
  return refusal && { kind: 'rejected', refusal };
}

/** What is personal, sealed under the key of whom it is about. */
function notedOf({ command: { metadata: entries, userAgent }, sessionId }: Creation, by: NotedBy): Noted {
  const { somebody, sealer, checked } = by;
  const metadata = changedMetadata(noMetadata, entries);
  const agent = userAgent && sealer.seal('session-user-agent', userAgentText(userAgent), sessionId);
  return {
    user: userToNote(somebody, by),
    checked,
    metadata: metadata && sealedOf(somebody, sealMetadata(sealer, metadata, sessionId)),
    userAgent: agent && sealedOf(somebody, agent),
  };
}

interface NotedBy extends CheckedForSession {
  readonly somebody: Somebody;
  readonly sealer: Sealer;
}
