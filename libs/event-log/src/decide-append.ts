// Whether an append is written, recognised as a retry, or refused. The in-memory and the embedded log
// share this; EventStoreDB decides alike on its server, and the contract suite holds all to it.

import type { ExpectedRevision } from '#event-log/event-log.js';
import { existsLookbackEvents } from '#event-log/limits.js';

export type AppendDecision =
  | { readonly kind: 'write'; readonly firstRevision: number }
  | { readonly kind: 'repeat'; readonly lastRevision: number }
  | { readonly kind: 'conflict'; readonly actual: number | 'no-stream' };

export interface StreamIds {
  /** The last revision, -1 when the stream does not exist. */
  readonly lastRevision: number;
  /** The ids from this revision on, at most `count`, in order. */
  idsFrom(revision: number, count: number): readonly string[];
}

export function decideAppend(
  expected: ExpectedRevision,
  ids: readonly string[],
  stream: StreamIds,
): AppendDecision {
  const { lastRevision } = stream;
  if (expected === 'exists') return decideExists(ids, stream);
  const expectedRevision = expected === 'no-stream' ? -1 : expected;
  if (expectedRevision === lastRevision) return { kind: 'write', firstRevision: lastRevision + 1 };
  if (expectedRevision < lastRevision) {
    const stored = stream.idsFrom(expectedRevision + 1, ids.length);
    if (sameIds(stored, ids)) return { kind: 'repeat', lastRevision: expectedRevision + ids.length };
  }
  return conflict(lastRevision);
}

function decideExists(ids: readonly string[], stream: StreamIds): AppendDecision {
  const { lastRevision } = stream;
  if (lastRevision < 0) return conflict(lastRevision);
  const from = Math.max(0, lastRevision + 1 - existsLookbackEvents - ids.length);
  const stored = stream.idsFrom(from, lastRevision + 1 - from);
  const at = stored.indexOf(ids[0] as string);
  if (at < 0) return { kind: 'write', firstRevision: lastRevision + 1 };
  const repeated = stored.slice(at, at + ids.length);
  return sameIds(repeated, ids)
    ? { kind: 'repeat', lastRevision: from + at + ids.length - 1 }
    : conflict(lastRevision);
}

function sameIds(stored: readonly string[], ids: readonly string[]): boolean {
  return stored.length === ids.length && stored.every((id, index) => id === ids[index]);
}

function conflict(lastRevision: number): AppendDecision {
  return { kind: 'conflict', actual: lastRevision < 0 ? 'no-stream' : lastRevision };
}
