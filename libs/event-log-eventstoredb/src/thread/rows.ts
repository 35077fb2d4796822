// From what the server sends to rows: ours, the server's own, or another writer's that does not fit.

import type { AllStreamResolvedEvent, ResolvedEvent } from '@eventstore/db-client';

import type { Position } from '#event-log/event-log.js';
import { identityStream } from '#event-log-eventstoredb/identity-stream.js';
import { encodePosition, unknownOffset } from '#event-log-eventstoredb/position.js';

type Resolved = AllStreamResolvedEvent | ResolvedEvent;
type Recorded = NonNullable<Resolved['event']>;

export type Reading =
  | { readonly kind: 'ours'; readonly stream: string; readonly type: string; readonly row: string }
  | { readonly kind: 'system' }
  | { readonly kind: 'foreign'; readonly stream: string; readonly type: string; readonly reason: string };

/** Servers before 22.6 do so when a stream is read; without it an event has no place in the port. */
export const withheldReason = 'the server withholds its position';

/** The place of whatever was read; null when the server withholds it. */
export function positionOf(resolved: Resolved): Position | null {
  const recorded = resolved.link ?? resolved.event;
  const { commit, prepare } = recorded?.position ?? {};
  if (prepare === undefined || prepare === unknownOffset) return null;
  // For everything but the transactions of the old TCP protocol the two are the same.
  return encodePosition({
    commit: commit === undefined || commit === unknownOffset ? prepare : commit,
    prepare,
  });
}

/** For a log that others write to as well: what is the server's, or hidden, is `system`. */
export function readingOf(resolved: Resolved, position: Position | null): Reading {
  const { event, link } = resolved;
  if (event === undefined || link !== undefined) return { kind: 'system' };
  const { streamId: stream, type } = event;
  if (type.startsWith('$') || stream.startsWith('$') || stream === identityStream) return { kind: 'system' };
  return recordedReadingOf(event, position);
}

export function recordedReadingOf(
  event: Recorded,
  position: Position | null,
): Exclude<Reading, { kind: 'system' }> {
  const { streamId: stream, type } = event;
  const misfit = misfitOf(event, position);
  if (misfit !== null) return { kind: 'foreign', stream, type, reason: misfit };
  const row = [event.id, stream, Number(event.revision), position, type, event.data, event.metadata];
  return { kind: 'ours', stream, type, row: JSON.stringify(row) };
}

function misfitOf(event: Recorded, position: Position | null): string | null {
  if (position === null) return withheldReason;
  if (!event.isJson) return 'its content is not JSON';
  if (!isObject(event.data)) return 'its data is not a JSON object';
  if (!isObject(event.metadata)) return 'its metadata is not a JSON object';
  return typeof event.metadata.time === 'string' ? null : 'its metadata has no time';
}

function isObject(value: unknown): value is { readonly time?: unknown } {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
