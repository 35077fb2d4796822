// Users as they were when something happened to them: a notice that is told a day later says what was so then.

import type { AccountEvent } from '#domain/account/events.js';
import { type Account, evolveAccount, noAccount } from '#domain/account/state.js';
import type { Instant } from '#domain/ids.js';
import { decodeAccountEvent } from '#event-catalog/catalogue.js';
import type { EventLog, RecordedEvent } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export interface AccountThen {
  readonly event: AccountEvent;
  readonly at: Instant;
  readonly before: Account;
  readonly after: Account;
  /** In which it was done; null where that was in none. */
  readonly sessionId: string | null;
}

interface Folded {
  readonly account: Account;
  readonly revision: number;
}

/** Of whom something was told last: a guesser makes events of the same few users. */
const atHandMax = 256;
const nothingYet: Folded = { account: noAccount, revision: -1 };

export class AccountsThen {
  readonly #log: Pick<EventLog, 'readStream'>;
  readonly #atHand = new Map<string, Folded>();

  constructor(log: Pick<EventLog, 'readStream'>) {
    this.#log = log;
  }

  /** Around the event of this revision. Throws `UndecodableEvent`, and what the log throws. */
  async at(stream: string, revision: number): Promise<AccountThen> {
    let folded = this.#before(stream, revision);
    for (;;) {
      const limit = Math.min(eventsPerReadMax, revision - folded.revision);
      const page = await this.#log.readStream(stream, {
        direction: 'forward',
        from: folded.revision + 1,
        limit,
      });
      const events = page.status === 'found' ? page.events : [];
      const last = events.at(-1);
      if (last === undefined)
        throw new Error(`the log does not have the event ${revision} of ${stream} any more`);
      if (last.revision < revision) {
        folded = foldAll(folded, events);
        continue;
      }
      const before = foldAll(folded, events.slice(0, -1)).account;
      const [event, at] = readOf(last);
      const after = evolveAccount(before, event, at);
      this.#keep(stream, { account: after, revision });
      return { event, at, before, after, sessionId: sessionOf(last) };
    }
  }

  #before(stream: string, revision: number): Folded {
    const known = this.#atHand.get(stream);
    return known !== undefined && known.revision < revision ? known : nothingYet;
  }

  #keep(stream: string, folded: Folded): void {
    this.#atHand.delete(stream);
    this.#atHand.set(stream, folded);
    const [oldest] = this.#atHand.keys();
    if (this.#atHand.size > atHandMax && oldest !== undefined) this.#atHand.delete(oldest);
  }
}

function foldAll(from: Folded, events: readonly RecordedEvent[]): Folded {
  let { account, revision } = from;
  for (const recorded of events) {
    const [event, at] = readOf(recorded);
    account = evolveAccount(account, event, at);
    revision = recorded.revision;
  }
  return { account, revision };
}

const readOf = (recorded: RecordedEvent): readonly [AccountEvent, Instant] => [
  decodeAccountEvent(recorded),
  Date.parse(recorded.metadata.time),
];

const sessionOf = ({ metadata: { session } }: RecordedEvent): string | null =>
  typeof session === 'string' ? session : null;
