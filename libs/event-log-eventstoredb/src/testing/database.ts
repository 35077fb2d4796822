// What the test server stores, and how it decides an append. The decision is written from the server's
// documented rules and shares no code with the port's own: two readings of one rule, held against each
// other by the contract suite.

import { randomUUID } from 'node:crypto';

export interface ProposedRecord {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface StoredRecord extends ProposedRecord {
  readonly stream: string;
  readonly revision: number;
  /** A byte offset: rising, never contiguous. Commit and prepare position are the same. */
  readonly position: number;
  /** 100 ns ticks since the Unix epoch, as the server sends it. */
  readonly created: string;
}

/** A revision; -1 says that the stream does not exist. */
export type Expectation = number | 'any' | 'exists';

export type Verdict =
  | { readonly kind: 'success'; readonly revision: number; readonly position: number }
  | { readonly kind: 'wrong-version'; readonly current: number }
  | { readonly kind: 'deleted' };

/** How many of the newest ids of a stream `any` and `exists` are compared with; the server's cache is bounded too. */
const recentIdsMax = 10_000;

const recordOverheadBytes = 71;
const ticksPerMillisecond = 10_000n;
const utf8 = new TextEncoder();

export class Database {
  readonly all: StoredRecord[] = [];
  readonly #streams = new Map<string, StoredRecord[]>();
  readonly #softDeleted = new Set<string>();
  readonly #tombstoned = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #nextPosition = 0;
  #commits = 0;

  append(stream: string, expected: Expectation, events: readonly ProposedRecord[]): Verdict {
    if (this.#tombstoned.has(stream)) return { kind: 'deleted' };
    const records = this.#streams.get(stream) ?? [];
    const current = records.length - 1;
    const repeated = this.#findRepeat(records, expected, events);
    if (repeated !== null) return repeated;
    if (!this.#holds(stream, expected, current)) {
      return { kind: 'wrong-version', current: this.#softDeleted.has(stream) ? -1 : current };
    }
    const position = this.#write(stream, events);
    this.#addSystemEvents(stream);
    this.#notify();
    return { kind: 'success', revision: current + events.length, position };
  }

  /** `undefined` for a stream that does not exist or was soft-deleted. */
  stream(name: string): readonly StoredRecord[] | undefined {
    return this.#softDeleted.has(name) ? undefined : this.#streams.get(name);
  }

  isTombstoned(name: string): boolean {
    return this.#tombstoned.has(name);
  }

  delete(name: string, expected: Expectation, forEver: boolean): Verdict {
    if (this.#tombstoned.has(name)) return { kind: 'deleted' };
    const current = (this.#streams.get(name)?.length ?? 0) - 1;
    if (!this.#holds(name, expected, current)) return { kind: 'wrong-version', current };
    (forEver ? this.#tombstoned : this.#softDeleted).add(name);
    const position = this.#write(`$$${name}`, [systemEvent('$metadata', '{"$tb":9223372036854775807}')]);
    this.#notify();
    return { kind: 'success', revision: current, position };
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The index in `all` of the first record at or after a position. */
  indexAtOrAfter(position: number): number {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.all[middle] as StoredRecord).position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #holds(stream: string, expected: Expectation, current: number): boolean {
    if (expected === 'any') return true;
    if (expected === 'exists') return current >= 0 && !this.#softDeleted.has(stream);
    if (expected === -1 && this.#softDeleted.has(stream)) return true;
    return expected === current;
  }

  #findRepeat(
    records: readonly StoredRecord[],
    expected: Expectation,
    events: readonly ProposedRecord[],
  ): Verdict | null {
    const current = records.length - 1;
    const first = typeof expected === 'number' ? expected + 1 : indexOfRecent(records, events[0]?.id);
    if (first < 0 || first > current || events.length === 0) return null;
    const differsAt = events.findIndex((event, index) => records[first + index]?.id !== event.id);
    if (differsAt < 0) {
      const last = records[first + events.length - 1] as StoredRecord;
      return { kind: 'success', revision: last.revision, position: last.position };
    }
    if (expected === -1 && differsAt === 0) return null;
    return { kind: 'wrong-version', current };
  }

  #write(stream: string, events: readonly ProposedRecord[]): number {
    const records = this.#streams.get(stream) ?? [];
    this.#streams.set(stream, records);
    if (!stream.startsWith('$$')) this.#softDeleted.delete(stream);
    const created = String(BigInt(Date.now()) * ticksPerMillisecond);
    let position = -1;
    for (const event of events) {
      position = this.#nextPosition;
      const record = { ...event, stream, revision: records.length, position, created };
      records.push(record);
      this.all.push(record);
      this.#nextPosition += recordOverheadBytes + event.data.length + event.metadata.length;
    }
    return position;
  }

  /** As projections and statistics do on a real server: what others write, mixed into $all. */
  #addSystemEvents(stream: string): void {
    this.#commits += 1;
    if (this.#commits % 3 === 0) {
      const revision = (this.#streams.get(stream)?.length ?? 0) - 1;
      this.#write(`$ce-${stream.split('-', 1)[0]}`, [systemEvent('$>', `${revision}@${stream}`)]);
    }
    if (this.#commits % 7 === 0) {
      this.#write('$stats-127.0.0.1:2113', [systemEvent('$statsCollected', '{"proc-cpu": 1}')]);
    }
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function indexOfRecent(records: readonly StoredRecord[], id: string | undefined): number {
  for (let index = records.length - 1; index >= Math.max(0, records.length - recentIdsMax); index -= 1) {
    if (records[index]?.id === id) return index;
  }
  return -1;
}

function systemEvent(type: string, data: string): ProposedRecord {
  return {
    id: randomUUID(),
    type,
    contentType: type === '$>' ? 'application/octet-stream' : 'application/json',
    data: utf8.encode(data),
    metadata: new Uint8Array(0),
  };
}
