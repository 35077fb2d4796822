// Fills the disk under a log that is appended to, empties it, and does so at many levels: what is
// acknowledged stays, what is refused is not there, and nothing has to be started again.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { EventLogError } from '#event-log/errors.js';
import { logStart, type NewEvent, type RecordedEvent } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { bytesOf, pathsIn } from '#event-log-sqlite/open-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { verifyLog } from '#event-log-sqlite/verify.js';
import type { Chance } from '#test/faults/chance.js';
import type { SmallDisk } from '#test/faults/small-disk.js';

export interface FullDiskFigures {
  levels: number;
  acknowledged: number;
  refused: number;
  /** Refused once, and acknowledged when it was sent again with the same ids. */
  acknowledgedAgain: number;
  readsWhileFull: number;
  /** Levels at which the file itself took the last free page: the WAL was being taken into it. */
  fullWhileCheckpointing: number;
  delivered: number;
  events: number;
  /** What must not be; empty when all is well. */
  readonly faults: string[];
  readonly troubles: string[];
}

interface Attempt {
  readonly stream: string;
  readonly events: readonly NewEvent[];
}

export interface FullDiskOptions {
  readonly disk: SmallDisk;
  readonly chance: Chance;
  /** How much is left free, one level after the other. */
  readonly levelsKib: readonly number[];
  readonly appendsPerLevel: number;
}

export async function fillAndEmpty(options: FullDiskOptions): Promise<FullDiskFigures> {
  const directory = join(options.disk.path, 'log');
  const trial = await Trial.begin(directory, options);
  try {
    for (const level of options.levelsKib) await trial.level(level, options.appendsPerLevel);
    await trial.compare();
  } finally {
    options.disk.empty();
    await trial.end();
  }
  const verdict = verifyLog({ directory });
  if (verdict.status !== 'whole') trial.figures.faults.push(JSON.stringify(verdict));
  return trial.figures;
}

class Trial {
  readonly figures: FullDiskFigures = {
    levels: 0,
    acknowledged: 0,
    refused: 0,
    acknowledgedAgain: 0,
    readsWhileFull: 0,
    fullWhileCheckpointing: 0,
    delivered: 0,
    events: 0,
    faults: [],
    troubles: [],
  };
  readonly #acknowledged = new Map<string, { revision: number; position: string }>();
  readonly #delivered: string[] = [];
  readonly #log: SqliteEventLog;
  readonly #options: FullDiskOptions;
  readonly #file: string;
  #following: Promise<void> = Promise.resolve();

  private constructor(log: SqliteEventLog, options: FullDiskOptions) {
    this.#log = log;
    this.#options = options;
    this.#file = pathsIn(join(options.disk.path, 'log')).events;
  }

  static async begin(directory: string, options: FullDiskOptions): Promise<Trial> {
    const troubles: string[] = [];
    const log = await SqliteEventLog.open({ directory, onTrouble: (text) => troubles.push(text) });
    const trial = new Trial(log, options);
    Object.assign(trial.figures, { troubles });
    trial.#following = trial.#follow();
    return trial;
  }

  async level(leaveKib: number, appends: number): Promise<void> {
    const { disk } = this.#options;
    this.figures.levels += 1;
    disk.fill(leaveKib);
    const before = bytesOf(this.#file);
    const refused = await this.#appendSome(appends);
    await this.#read();
    if (disk.isFull() && bytesOf(this.#file) > before) this.figures.fullWhileCheckpointing += 1;
    disk.empty();
    // Without anything being started again; the others are never sent again.
    for (const attempt of refused.filter((_, index) => index % 2 === 0)) {
      if (await this.#acknowledges(attempt)) this.figures.acknowledgedAgain += 1;
      else this.figures.faults.push(`level ${leaveKib}: refused with space to spare`);
    }
  }

  /** Those that were refused. */
  async #appendSome(count: number): Promise<Attempt[]> {
    const refused: Attempt[] = [];
    for (let done = 0; done < count; done += 1) {
      const attempt = this.#attempt();
      if (!(await this.#acknowledges(attempt))) refused.push(attempt);
    }
    this.figures.refused += refused.length;
    return refused;
  }

  /** What was acknowledged and nothing else, each once, in the log and in the subscription. */
  async compare(): Promise<void> {
    const head = await this.#log.head();
    await this.#deliveredUpTo(head);
    const events: RecordedEvent[] = [];
    for (let full = true; full; ) {
      const after = events.at(-1)?.position ?? logStart;
      const page = await this.#log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
      events.push(...page);
      full = page.length === eventsPerReadMax;
    }
    this.figures.events = events.length;
    this.figures.delivered = this.#delivered.length;
    const ids = events.map((event) => event.id);
    const { faults } = this.figures;
    if (ids.join() !== this.#delivered.join()) faults.push('the subscription delivered something else');
    if (new Set(ids).size !== ids.length) faults.push('an event is there twice');
    if (ids.length !== this.#acknowledged.size) faults.push('there is more or less than was acknowledged');
    for (const { id, revision, position } of events) {
      const told = this.#acknowledged.get(id);
      if (told?.revision !== revision || told.position < position)
        faults.push(`${id} is not where it was told`);
    }
  }

  async end(): Promise<void> {
    await this.#log.close();
    await this.#following;
  }

  async #acknowledges({ stream, events }: Attempt): Promise<boolean> {
    try {
      const { revision, position } = await this.#log.append(stream, events, 'no-stream');
      this.figures.acknowledged += 1;
      for (const [index, event] of events.entries()) {
        this.#acknowledged.set(event.id, { revision: revision - events.length + 1 + index, position });
      }
      return true;
    } catch (error) {
      if (!(error instanceof EventLogError) || error.code !== 'unavailable')
        this.figures.faults.push(`refused otherwise: ${String(error)}`);
      return false;
    }
  }

  async #read(): Promise<void> {
    const read = this.#log.readAll({ direction: 'backward', before: 'end', limit: 20 });
    this.figures.readsWhileFull += 1;
    await read.catch((error) => this.figures.faults.push(`a read failed: ${String(error)}`));
  }

  async #follow(): Promise<void> {
    for await (const item of this.#log.subscribe({ after: logStart })) {
      if (item.kind === 'event') this.#delivered.push(item.event.id);
      else this.#reached = item.position;
    }
  }

  #reached: string = logStart;

  async #deliveredUpTo(head: string): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (this.#reached < head && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #attempt(): Attempt {
    const { chance } = this.#options;
    const count = chance.pick([1, 1, 2, 5]);
    const bytes = chance.pick([10, 10, 200, 12_000]);
    const events = Array.from({ length: count }, () => ({
      id: randomUUID(),
      type: 'user.added',
      data: { text: 'x'.repeat(bytes) },
      metadata: { time: '2026-01-02T03:04:05.678Z' },
    }));
    return { stream: `user-${randomUUID()}`, events };
  }
}
