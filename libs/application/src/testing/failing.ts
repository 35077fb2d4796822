// A log and a key store that fail at the call that they are told to fail at, and work before and after. What
// fails was not done, or was done and not told.

import type { EventLog } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';
import type { KeyStore } from '#secrets/key-store.js';

export interface Fuse {
  /** Calls until it blows; `never` where it does not. */
  left: number;
  readonly when: 'before' | 'after';
}

export const never = Number.POSITIVE_INFINITY;

export class Blown extends Error {
  override readonly name = 'Blown';
}

async function burn<Answer>(fuse: Fuse, call: () => Promise<Answer>): Promise<Answer> {
  fuse.left -= 1;
  if (fuse.left === 0 && fuse.when === 'before') throw new Blown();
  const answer = await call();
  if (fuse.left === 0) throw new Blown();
  return answer;
}

export function failingLog(log: EventLog, fuse: Fuse): EventLog {
  return logWith(log, {
    append: (stream, events, expected) => burn(fuse, () => log.append(stream, events, expected)),
    readStream: (stream, options) => burn(fuse, () => log.readStream(stream, options)),
  });
}

export function failingStore(store: KeyStore, fuse: Fuse): KeyStore {
  return {
    add: (key) => burn(fuse, () => store.add(key)),
    get: (subject) => burn(fuse, () => store.get(subject)),
    erase: (subject) => burn(fuse, () => store.erase(subject)),
    rewrap: (from, to) => store.rewrap(from, to),
    notWrappedBy: (masterKeyId, page) => store.notWrappedBy(masterKeyId, page),
    countByMasterKey: () => store.countByMasterKey(),
    close: () => store.close(),
  };
}
