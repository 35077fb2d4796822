// A call under an idempotency key is done once, however often it is sent. What was done is found in the stream
// that it was done to: each event carries the keyed hashes of the key and of the request in its metadata.

import type { Caller, Idempotency } from '#application/caller.js';
import { Generations } from '#application/generations.js';
import type { Secrets } from '#application/parts.js';
import type { Rejected } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import type { EventLog, EventMetadata, RecordedEvent } from '#event-log/event-log.js';

/** As long as clients go on trying. */
export const repeatableMs = 24 * 3_600_000;
/** As long as a header's value that no proxy cuts. */
const idempotencyKeyCharactersMax = 255;
/** How far back a key is looked for: more than a stream grows by in a day that is not an attack. */
const keyLookbackEvents = 4_096;
/** Most streams have no more of a day. */
const eventsPerPage = 64;

const printable = /^[\x20-\x7e]+$/;
const undonePart = 'undone';

/** The key is 1 to 255 printable ASCII characters. */
export interface IdempotencyKeyMalformed {
  readonly code: 'idempotency-key-malformed';
  readonly field: 'Idempotency-Key';
  readonly maximum: number;
}

/** Something else was asked for under this key in the last 24 hours, and done. */
export interface IdempotencyKeyReused {
  readonly code: 'idempotency-key-reused';
}

export interface KeyedCall {
  /** Who calls: another caller's same key is another key. */
  readonly caller: string;
  /** As the client sent it. */
  readonly key: string;
  /** Whatever else makes one request differ from another: the method, the organization chosen, the message. */
  readonly request: readonly (string | Uint8Array)[];
}

export function idempotencyOf(
  { caller, key, request }: KeyedCall,
  { names }: Pick<Secrets, 'names'>,
): { readonly kind: 'keyed'; readonly idempotency: Idempotency } | Rejected<IdempotencyKeyMalformed> {
  if (key.length > idempotencyKeyCharactersMax || !printable.test(key)) {
    const malformed = { code: 'idempotency-key-malformed', field: 'Idempotency-Key' } as const;
    return { kind: 'rejected', refusal: { ...malformed, maximum: idempotencyKeyCharactersMax } };
  }
  const idempotency = {
    key: names.idempotencyHash('key', caller, key),
    // With the client's key in it: nobody who has only ours can try what may have been asked for.
    request: names.idempotencyHash('request', caller, key, ...request),
  };
  return { kind: 'keyed', idempotency };
}

/** Of a call that takes several commands on one stream each needs a part of its own, or the second is a repeat. */
export function partOf(by: Caller, part: string): Caller {
  const { idempotency = null } = by;
  if (idempotency === null) return by;
  return { ...by, idempotency: { ...idempotency, key: `${idempotency.key}/${part}` } };
}

/** Takes back what the call did, so that a repeat is not told that it was done. */
export const undoing = (by: Caller): Caller => partOf(by, undonePart);

/** For what comes to the same however often it is done. */
export const unkeyed = (by: Caller): Caller => ({ ...by, idempotency: null });

/** Of what has a stream of its own: a repeat finds it by the same id, also after 24 hours. */
export function idOfNew(
  by: Caller,
  kind: string,
  { names, newId }: Pick<Secrets, 'names' | 'newId'>,
): string {
  const { idempotency = null } = by;
  return idempotency === null ? newId() : names.derivedId(`${kind}:${idempotency.key}`);
}

/** Keys that were used lately; each takes some two hundred bytes. */
const keysAtHandMax = 50_000;

/**
 * What a stream cannot tell: that its call's key was used for another request on another stream. It is known for
 * as long as this process remembers.
 */
export class UsedKeys {
  readonly #used = new Generations<{ readonly request: string; readonly at: Instant }>(keysAtHandMax);

  note({ key, request }: Idempotency, at: Instant): void {
    this.#used.set(key, { request, at });
  }

  isForAnother({ key, request }: Idempotency, now: Instant): boolean {
    const used = this.#used.get(key);
    return used !== undefined && used.request !== request && now - used.at < repeatableMs;
  }
}

export const tagOf = ({ key, request }: Idempotency): string => `${key}.${request}`;

/** What an earlier call under the same key appended, in its order; never empty. */
export interface Recorded {
  readonly events: readonly RecordedEvent[];
  readonly undone: boolean;
}

/** Of the last 24 hours and the last events of the stream. */
export async function findRecorded(
  log: EventLog,
  stream: string,
  { idempotency, now }: { readonly idempotency: Idempotency; readonly now: Instant },
): Promise<Recorded | 'another-request' | null> {
  const events: RecordedEvent[] = [];
  let undone = false;
  for await (const event of backward(log, stream)) {
    if (now - Date.parse(event.metadata.time) >= repeatableMs) break;
    const seen = keyIn(event.metadata);
    if (seen?.key === idempotency.key) {
      if (seen.request !== idempotency.request) return 'another-request';
      events.unshift(event);
    } else if (events.length > 0) break;
    else undone ||= seen?.key === `${idempotency.key}/${undonePart}`;
  }
  return events.length === 0 ? null : { events, undone };
}

async function* backward(log: EventLog, stream: string): AsyncGenerator<RecordedEvent> {
  let from: number | 'end' = 'end';
  for (let read = 0; read < keyLookbackEvents; read += eventsPerPage) {
    const page = await log.readStream(stream, { direction: 'backward', from, limit: eventsPerPage });
    if (page.status === 'unknown') return;
    yield* page.events;
    const oldest = page.events.at(-1)?.revision ?? 0;
    if (oldest === 0) return;
    from = oldest - 1;
  }
}

function keyIn({ idempotency }: EventMetadata): Idempotency | null {
  if (typeof idempotency !== 'string') return null;
  const [key = '', request = ''] = idempotency.split('.');
  return { key, request };
}
