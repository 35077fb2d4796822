// Events as JSON lines: what list and tail print for scripts, and what export writes and import reads. What is
// stored stays as it is, byte for byte; sealed parts stay sealed.

import { createHash, type Hash } from 'node:crypto';

import { positionText } from '#event-log/counted-position.js';
import { encodeAppend } from '#event-log/encode-append.js';
import type { NewEvent } from '#event-log/event-log.js';
import type { StoredRow } from '#event-log-sqlite/rows.js';
import type { WrappedKey } from '#secrets/key-store.js';

export const firstLine = '{"countersign":"events","version":1}';

export interface EventOfLine extends NewEvent {
  readonly position: string;
  readonly stream: string;
  readonly revision: number;
}

/** As the log on this machine has it, or as a service tells of it. Data and metadata are JSON texts. */
export interface SeenEvent
  extends Pick<StoredRow, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'> {
  /** A number where the engine counts. */
  readonly position: number | string;
}

export function eventLine({ position, stream, revision, id, type, data, metadata }: SeenEvent): string {
  const place = typeof position === 'number' ? positionText(position) : position;
  return `{"position":"${place}","stream":${JSON.stringify(stream)},"revision":${revision},"id":"${id}","type":${JSON.stringify(type)},"data":${data},"metadata":${metadata}}`;
}

export function keyLine({ subject, keyId, masterKeyId, wrapped }: WrappedKey): string {
  const key = { subject, keyId, masterKeyId, wrapped: Buffer.from(wrapped).toString('base64') };
  return JSON.stringify({ key });
}

export interface Counts {
  events: number;
  keys: number;
}

/** Lines beside what they sum up to, for the last line: without it an export is half of one. */
export class Summing {
  readonly counts: Counts = { events: 0, keys: 0 };
  readonly #hash: Hash = createHash('sha256');

  add(line: string): void {
    this.#hash.update(line).update('\n');
  }

  lastLine(): string {
    return JSON.stringify({ end: { ...this.counts, sha256: this.#hash.copy().digest('hex') } });
  }
}

export type Line =
  | { readonly kind: 'event'; readonly row: Omit<StoredRow, 'before' | 'link'> }
  | { readonly kind: 'key'; readonly key: WrappedKey }
  | { readonly kind: 'end' };

/** Null for what no export wrote: also for an event in other words than those it would be written in again. */
export function parseLine(line: string): Line | null {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return null;
    if ('end' in parsed) return { kind: 'end' };
    return 'key' in parsed
      ? parsedKey(parsed as { readonly key: KeyOfLine }, line)
      : parsedEvent(parsed as EventOfLine, line);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

interface KeyOfLine extends Omit<WrappedKey, 'wrapped'> {
  readonly wrapped: string;
}

function parsedKey({ key }: { readonly key: KeyOfLine }, line: string): Line | null {
  const { subject, keyId, masterKeyId } = key;
  if (![subject, keyId, masterKeyId].every((text) => typeof text === 'string' && text !== '')) return null;
  const parsed = { subject, keyId, masterKeyId, wrapped: Buffer.from(key.wrapped, 'base64') };
  return keyLine(parsed) === line ? { kind: 'key', key: parsed } : null;
}

/** Held to what every append is held to: what could not be written by a service is not taken. */
function parsedEvent({ position, stream, revision, ...event }: EventOfLine, line: string): Line | null {
  const [encoded] = encodeAppend(stream, [event], 'exists').events;
  if (encoded === undefined || !/^\d{16}$/.test(position) || !Number.isSafeInteger(revision)) return null;
  const row = { ...encoded, position: Number(position), stream, revision };
  return eventLine(row) === line ? { kind: 'event', row } : null;
}
