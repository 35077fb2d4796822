// What the clients of one process meant and were told. Each entry is one write(2) before anything else
// happens, so it outlives the process, however that ends.

import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';

import type { EventLogFailure } from '#event-log/errors.js';
import type { AppendResult } from '#event-log/event-log.js';
import type { Attempt } from '#test/faults/appending-clients.js';

export type JournalEntry =
  | { readonly kind: 'intent'; readonly attempt: Attempt }
  | { readonly kind: 'ack'; readonly attempt: Attempt; readonly result: AppendResult }
  | { readonly kind: 'refusal'; readonly attempt: Attempt; readonly failure: EventLogFailure };

export class Journal {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(entry: JournalEntry): void {
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
  }
}

/** Without a last entry that is not whole: whoever wrote it had not gone on yet. */
export function readJournal(path: string): JournalEntry[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JournalEntry);
}
