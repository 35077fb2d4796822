// A house with two organizations of which queries can be asked, and what they answer.

import { Directory } from '#application/queries/directory.js';
import type { Answer, Sources } from '#application/queries/queries.js';
import { logWith } from '#application/testing/failing.js';
import type { House } from '#application/testing/house.js';
import { openInhabited } from '#application/testing/people.js';
import type { EventLog, SubscriptionItem } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';

export interface AskedHouse {
  readonly house: House;
  readonly directory: Directory;
  readonly sources: Sources;
  /** What only operators are told. */
  readonly troubles: unknown[];
  close(): Promise<void>;
}

export async function openAsked(given: EventLog = new InMemoryEventLog()): Promise<AskedHouse> {
  const troubles: unknown[] = [];
  const { directory, log } = Directory.over({ log: given, onTrouble: (error) => troubles.push(error) });
  const house = await openInhabited({ log });
  directory.start();
  return {
    house,
    directory,
    sources: {
      application: house.application,
      directory,
      position: null,
      signal: new AbortController().signal,
    },
    troubles,
    close: async () => {
      await directory.close();
      await house.close();
    },
  };
}

/** Whoever follows it gets each event a while after it was written. */
export function slowLog(): EventLog {
  const log = new InMemoryEventLog();
  return logWith(log, {
    subscribe: (options) => {
      const source = log.subscribe(options);
      const slow: AsyncIterableIterator<SubscriptionItem> = {
        next: async () => {
          const item = await source.next();
          await new Promise((resolve) => setTimeout(resolve, 5));
          return item;
        },
        return: () => source.return(),
        [Symbol.asyncIterator]: () => slow,
      };
      return slow;
    },
  });
}

/** What was asked for has to be there, or the spec has no ground to stand on. */
export async function answered<Value>(asking: Promise<Answer<Value, unknown>>): Promise<Value> {
  const answer = await asking;
  if (answer.kind === 'rejected') throw new Error(JSON.stringify(answer.refusal));
  return answer.answer;
}

export const notFound = (noun: 'user' | 'organization') => ({
  kind: 'rejected',
  refusal: { code: `${noun}-not-found` },
});
