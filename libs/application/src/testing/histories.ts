// Histories dealt from every event that was ever written, each at some time, in whatever order. No command
// would make most of them; a fold must take any.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { StreamKind } from '#application/streams.js';
import type { Instant } from '#domain/ids.js';
import type { RecordedEvent } from '#event-log/event-log.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'event-catalog', 'golden');

export type Written = Pick<RecordedEvent, 'type' | 'data'>;

export interface Dated {
  readonly written: Written;
  readonly at: Instant;
}

export const writtenIn = (...lives: readonly string[]): Written[] =>
  lives.flatMap((life) =>
    readFileSync(join(folder, `${life}.jsonl`), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  );

export const fold = <State, Event>(
  { decode, evolve }: StreamKind<State, Event>,
  from: State,
  history: readonly Dated[],
): State =>
  history.reduce((state, { written, at }) => evolve(state, decode(written as RecordedEvent), at), from);
