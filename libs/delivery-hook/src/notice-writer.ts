// From an event that waits to the text that is sent: what it says is read from the log at that moment, and what is sealed
// in it opened then, so that nothing of it is kept in between.

import { AccountsThen } from '#delivery-hook/accounts-then.js';
import { type Notice, noticeOf, noticeOfOrganization } from '#delivery-hook/notices.js';
import type { Waiting } from '#delivery-hook/progress.js';
import type { Instant, OrganizationId, Sealed } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import { decodeAccountEvent, decodeOrganizationEvent } from '#event-catalog/catalogue.js';
import type { EventLog } from '#event-log/event-log.js';

export interface SealedPlace {
  /** The stream of the user under whose key it is sealed. */
  readonly stream: string;
  readonly organizationId: OrganizationId;
  readonly purpose: string;
  readonly sealed: Sealed;
}

export interface NoticeWriterOptions {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly settingsOf: (organizationId: OrganizationId) => Settings | Promise<Settings>;
  /** Null where the key is gone: the user was erased. */
  readonly open: (place: SealedPlace) => Promise<string | null>;
  readonly clock: () => Instant;
}

export type Written =
  | { readonly status: 'written'; readonly body: string }
  /** Nothing is told of it, or nothing any more. */
  | { readonly status: 'nothing' };

const organizationPrefix = 'organization-';

const nothing: Written = { status: 'nothing' };
const beforeUserId = 'user-'.length;
const beforeSessionId = 'session-'.length;

interface Happened {
  readonly notice: Notice;
  /** In which it was done; null where that was in none. */
  readonly sessionId: string | null;
}

interface Who {
  readonly userId: string;
  readonly organizationId: OrganizationId;
}

export class NoticeWriter {
  readonly #options: NoticeWriterOptions;
  readonly #accounts: AccountsThen;

  constructor(options: NoticeWriterOptions) {
    this.#options = options;
    this.#accounts = new AccountsThen(options.log);
  }

  /** Throws `UndecodableEvent`, and what the log and the keys throw. */
  async write(waiting: Waiting): Promise<Written> {
    const { id, user, stream, at } = waiting;
    if (stream.startsWith(organizationPrefix)) return this.#ofOrganization(waiting);
    const who = await this.#whoIs(user);
    if (who === null) return nothing;
    const happened = await (stream === user ? this.#toUser(waiting, who) : newSession(stream));
    if (happened === null) return nothing;
    const { notice, sessionId } = happened;
    const { type, ...rest } = notice;
    const time = new Date(at).toISOString();
    return { status: 'written', body: JSON.stringify({ id, type, time, ...who, sessionId, ...rest }) };
  }

  async #ofOrganization({ id, stream, revision, at }: Waiting): Promise<Written> {
    const page = await this.#options.log.readStream(stream, {
      direction: 'forward',
      from: revision,
      limit: 1,
    });
    const [found] = page.status === 'found' ? page.events : [];
    if (found === undefined) throw new TypeError(`${stream} has no event ${revision}`);
    const notice = noticeOfOrganization(decodeOrganizationEvent(found));
    if (notice === null) return nothing;
    const { type, ...rest } = notice;
    const whose = { userId: null, organizationId: found.metadata.organization, sessionId: null };
    const time = new Date(at).toISOString();
    return { status: 'written', body: JSON.stringify({ id, type, time, ...whose, ...rest }) };
  }

  async #toUser({ stream, revision }: Waiting, { organizationId }: Who): Promise<Happened | null> {
    const { sessionId, ...then } = await this.#accounts.at(stream, revision);
    const settings = await this.#options.settingsOf(organizationId);
    const open = (purpose: string, sealed: Sealed) =>
      this.#options.open({ stream, organizationId, purpose, sealed });
    const notice = await noticeOf({ ...then, settings, now: this.#options.clock(), open });
    return notice === null ? null : { notice, sessionId };
  }

  /** Null of a user who was erased: there is nobody left to tell of. */
  async #whoIs(stream: string): Promise<Who | null> {
    const page = await this.#options.log.readStream(stream, { direction: 'forward', from: 0, limit: 1 });
    const [first] = page.status === 'found' ? page.events : [];
    if (first === undefined) throw new TypeError(`${stream} is not there`);
    const event = decodeAccountEvent(first);
    if (event.type !== 'user.human.added' && event.type !== 'user.machine.added')
      throw new TypeError(`${stream} begins with ${event.type}`);
    const { organizationId, userId: sealed } = event;
    // Such an id is what the stream is named after, or it is sealed.
    const userId =
      sealed === null
        ? stream.slice(beforeUserId)
        : await this.#options.open({ stream, organizationId, purpose: 'user-id', sealed });
    return userId === null ? null : { userId, organizationId };
  }
}

const newSession = (stream: string): Happened => ({
  notice: { type: 'session.added' },
  sessionId: stream.slice(beforeSessionId),
});
