// A log of known content, and its files as they stand at chosen moments: the ground on which damage is
// done. Everything in it follows from a seed, except the log's identity.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { encodeAppend } from '#event-log/encode-append.js';
import type { NewEvent } from '#event-log/event-log.js';
import { AppendGroup } from '#event-log-sqlite/append-group.js';
import { type OpenLog, openLog } from '#event-log-sqlite/open-log.js';
import { Chance } from '#test/faults/chance.js';

/** The files of a log; null for one that is not there. */
export interface Image {
  readonly db: Buffer | null;
  readonly wal: Buffer | null;
  readonly mark: Buffer | null;
}

/** What was written at one position. */
export interface Written {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

export interface WrittenLog {
  /** In order of position, the first one at index 0. */
  readonly events: readonly Written[];
  /** Copied while the log was open: its WAL holds frames that its file lacks, and older ones behind them. */
  readonly live: Image;
  /** The same log after it was closed, all of it in its file. */
  readonly closed: Image;
  /** Copied while it was open, with about half of its events. */
  readonly older: Image;
}

export const fileNames = { db: 'events.db', wal: 'events.db-wal', mark: 'events.head' } as const;

const eventCount = 2_000;
const streamCount = 70;

export function writeLog(seed: number): WrittenLog {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-written-'));
  try {
    const author = new Author(directory, new Chance(seed));
    author.writeUpTo(eventCount / 2);
    author.checkpoint('TRUNCATE');
    author.writeUpTo(eventCount * 0.8);
    const older = imageOf(directory);
    author.checkpoint('RESTART');
    author.writeUpTo(eventCount);
    const live = imageOf(directory);
    author.close();
    return { events: author.events, live, closed: imageOf(directory), older };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Appends to a log in this thread, as the writing thread does: commit, then mark. */
export class Author {
  readonly events: Written[] = [];
  readonly #log: OpenLog;
  readonly #group: AppendGroup;
  readonly #chance: Chance;
  readonly #revisions = new Map<string, number>();

  constructor(directory: string, chance: Chance, before: readonly Written[] = []) {
    this.#log = openLog(directory);
    this.#group = new AppendGroup(this.#log.database, this.#log.end);
    this.#chance = chance;
    for (const event of before) this.#note(event);
  }

  writeUpTo(count: number): void {
    while (this.events.length < count) {
      const appends = Array.from({ length: this.#chance.between(1, 3) }, () => this.#append());
      for (const outcome of this.#group.commit(appends)) {
        if ('failure' in outcome) throw new Error(`not written: ${JSON.stringify(outcome.failure)}`);
      }
      const { position, link } = this.#group.end;
      this.#log.mark.moveTo(position, link);
    }
  }

  checkpoint(manner: 'RESTART' | 'TRUNCATE'): void {
    this.#log.database.pragma(`wal_checkpoint(${manner})`);
  }

  close(): void {
    this.#log.keeper.close();
    this.#log.mark.close();
    this.#log.database.close();
  }

  #append() {
    const stream = `user-${this.#chance.below(streamCount)}`;
    const revision = this.#revisions.get(stream) ?? -1;
    const count = this.#chance.pick([1, 1, 1, 1, 2, 3, 5, 12]);
    const events = Array.from({ length: count }, () => this.#event());
    const append = encodeAppend(stream, events, revision < 0 ? 'no-stream' : revision);
    for (const [index, event] of append.events.entries()) {
      this.#note({ ...event, stream, revision: revision + 1 + index });
    }
    return append;
  }

  #note(event: Written): void {
    this.events.push(event);
    this.#revisions.set(event.stream, event.revision);
  }

  #event(): NewEvent {
    const chance = this.#chance;
    const hex = (digits: number) =>
      Array.from({ length: digits }, () => chance.below(16).toString(16)).join('');
    const text = Array.from({ length: chance.between(0, 40) }, () =>
      chance.pick(['a', 'Ü', '漢', '🜂', '\u0000', '\n', '"', '\ud800', 'é']),
    ).join('');
    // One in forty is large enough for pages of its own.
    const large = chance.below(40) === 0 ? { large: hex(chance.between(9_000, 20_000)) } : {};
    return {
      id: `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`,
      type: chance.pick(['user.added', 'user.locked', 'user.human.mfa.otp.verified']),
      data: { text, number: chance.below(1_000_000), nested: { deep: [text, null, true] }, ...large },
      metadata: { time: new Date(1_700_000_000_000 + this.events.length).toISOString(), editor: text },
    };
  }
}

export function imageOf(directory: string): Image {
  const read = (name: string) => {
    const path = join(directory, name);
    return statSync(path, { throwIfNoEntry: false }) === undefined ? null : readFileSync(path);
  };
  return { db: read(fileNames.db), wal: read(fileNames.wal), mark: read(fileNames.mark) };
}

/** Into a directory that is empty. */
export function layOut(image: Image, directory: string): void {
  for (const part of ['db', 'wal', 'mark'] as const) {
    const bytes = image[part];
    if (bytes !== null) writeFileSync(join(directory, fileNames[part]), bytes);
  }
}

/** An empty WAL says as much as none: who reads a file in WAL mode leaves one behind. */
export function sameImage(one: Image, other: Image): boolean {
  const wal = (image: Image) => image.wal ?? Buffer.alloc(0);
  const same = (a: Buffer | null, b: Buffer | null) => (a === null || b === null ? a === b : a.equals(b));
  return same(one.db, other.db) && same(one.mark, other.mark) && same(wal(one), wal(other));
}
