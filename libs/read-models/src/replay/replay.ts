// Builds a projection anew beside the live one, compares, and switches. It knows rows alone: a projection has no effects
// but its rows, so that nothing else is done a second time. All that it must know after a kill is in the store.

import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

import { type EventLog, logStart, type Position } from '#event-log/event-log.js';
import type { Opener } from '#read-models/opener.js';
import { pass } from '#read-models/passing.js';
import type { Projection } from '#read-models/projection.js';
import { Poison } from '#read-models/projector.js';
import {
  checkAsked,
  isOver,
  type NotedReplay,
  notedReplay,
  noteOf,
  type ReplayAsked,
  ReplayRefused,
} from '#read-models/replay/asked.js';
import { type Comparison, comparableWith, compare, differencesIn } from '#read-models/replay/comparison.js';
import { Growth } from '#read-models/replay/growth.js';
import { type Measure, type Progress, ProgressMeter } from '#read-models/replay/progress.js';
import { stopFor } from '#read-models/runner-stop.js';
import { Behind, type Build, type ModelStore, type ReplayPhase, RowRefused } from '#read-models/store.js';

export interface ReplayParts {
  readonly log: EventLog;
  readonly store: ModelStore;
  readonly opener: Opener;
  readonly measure?: Measure;
  readonly onMoved?: (position: Position) => void;
  /** Another build is live: whoever followed the log for the old one goes on with it. */
  readonly onSwitched?: (projection: string) => void;
  /** What an operator should know. */
  readonly onTrouble?: (text: string) => void;
  readonly batchEventsMax?: number;
  readonly retryDelaysMs?: readonly number[];
  readonly clock?: () => number;
}

export interface ReplayStatus extends NotedReplay {
  readonly position: Position;
  readonly progress: Progress;
}

/** More than live: nobody waits for a single event, and indexes are not there yet (ADR 34). */
const batchEventsDefault = 5_000;
const retryDelaysDefaultMs = [20, 100, 500, 2_000];
/** Behind by more than so many events, rows are written faster without indexes. */
const bulkEvents = 20_000;
/** So many are read and written while the live rows are held still. */
const smallLagEvents = 2_000;
/** A user who is erased in the very moment is another row in the two builds; the next time it is not. */
const comparisonsMax = 2;
/** Events are let through in so many parts of a second where there is a rate. */
const partsPerSecond = 10;

class Halted extends Error {}
class Differs extends Error {}

export class Replay {
  readonly #parts: ReplayParts;
  readonly #build: Build;
  readonly #meter: ProgressMeter;
  #noted: NotedReplay;
  #growth: Growth;
  #halting = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #phase: ReplayPhase;

  /** Gone on with by `start`. */
  constructor(projection: Projection, noted: NotedReplay, parts: ReplayParts) {
    this.#parts = parts;
    this.#noted = noted;
    this.#phase = noted.phase;
    this.#build = { projection, build: noted.build };
    this.#meter = new ProgressMeter(parts.measure ?? null);
    this.#growth = this.#newGrowth();
  }

  /** Throws `ReplayRefused`. */
  static async begin(projection: Projection, asked: ReplayAsked, parts: ReplayParts): Promise<Replay> {
    checkAsked(asked);
    const now = (parts.clock ?? Date.now)();
    const side = asked.side ?? null;
    const details = { asked, comparison: null, lastError: null, failedAt: null, beganAt: now, endedAt: null };
    const started = { projection: projection.name, side, phase: 'building' as const, ...details };
    const { side: _, phase, details: text } = noteOf({ build: 0, ...started });
    const note = { side, phase, details: text };
    const { build } = await parts.store.begin(projection, { isBulk: true, note });
    const replay = new Replay(projection, { build, ...started }, parts);
    replay.start();
    return replay;
  }

  get build(): Build {
    return this.#build;
  }

  get projection(): string {
    return this.#build.projection.name;
  }

  get isOver(): boolean {
    return isOver(this.#phase);
  }

  /** Until it is done, failed, paused, cancelled or closed. It never rejects. */
  get rested(): Promise<void> {
    return this.#running;
  }

  status(): ReplayStatus {
    const { position } = this.#meter;
    return { ...this.#noted, phase: this.#phase, position, progress: this.#meter.get() };
  }

  /** How far another process came with it, which `status` then tells before it is gone on with. */
  async look(): Promise<void> {
    const { store, log } = this.#parts;
    const { position = logStart, events = 0 } = (await store.checkpoint(this.#build)) ?? {};
    this.#meter.begin(position, events);
    if (this.isOver) return;
    // A log that does not answer is waited for by who goes on with it.
    const head = await log.head().catch(() => null);
    if (head !== null) this.#aimWithin(head);
  }

  /** Nothing where it runs, or where it was paused: that is for `resume`. */
  start(): void {
    if (this.#isRunning || this.#phase === 'paused' || this.#phase === 'failed' || this.isOver) return;
    this.#isRunning = true;
    this.#running = this.#run().finally(() => {
      this.#isRunning = false;
    });
  }

  /** After the batch, the table or the index that is under way. */
  async pause(): Promise<void> {
    await this.#halt();
    if (this.isOver || this.#phase === 'failed') return;
    await this.#enter('paused');
  }

  /** Goes on with one that was paused, or failed: from where its rows are. */
  async resume(changed: Pick<ReplayAsked, 'parks' | 'switchesAnyway'> = {}): Promise<void> {
    await this.#refuseWhenOver();
    if (this.#isRunning) return;
    const asked = { ...this.#noted.asked, ...changed };
    const { comparison: made } = this.#noted;
    const comparison = made?.kind === 'different' && !asked.switchesAnyway ? null : made;
    this.#noted = { ...this.#noted, asked, comparison, lastError: null, failedAt: null, endedAt: null };
    this.#halting = new AbortController();
    this.#growth = this.#newGrowth();
    await this.#enter('building');
    this.start();
  }

  /** Its tables go. */
  async cancel(): Promise<void> {
    await this.#halt();
    await this.#refuseWhenOver();
    this.#noted = { ...this.#noted, endedAt: this.#now() };
    await this.#parts.store.drop(this.#build, noteOf({ ...this.#noted, phase: 'cancelled' }));
    this.#phase = 'cancelled';
  }

  /** It is gone on with by the next process. */
  async close(): Promise<void> {
    await this.#halt();
    await this.#growth.close();
  }

  async #halt(): Promise<void> {
    this.#halting.abort();
    await this.#growth.close();
    await this.#running;
  }

  async #refuseWhenOver(): Promise<void> {
    if (this.isOver) throw new ReplayRefused(`the replay ${this.#build.build} is ${this.#phase}`);
  }

  async #run(): Promise<void> {
    const { retryDelaysMs = retryDelaysDefaultMs } = this.#parts;
    let failures = 0;
    for (;;) {
      const before = this.#growth.position;
      const error = await this.#goOn().catch((thrown: unknown) => thrown);
      if (error === undefined || this.#isHalting || (await this.#failedFor(error))) return;
      failures = this.#growth.position > before ? 0 : failures + 1;
      await this.#wait(retryDelaysMs[Math.min(failures, retryDelaysMs.length - 1)] ?? 0);
      if (this.#isHalting) return;
    }
  }

  /** Everything that was done already is found done. */
  async #goOn(): Promise<void> {
    const { store } = this.#parts;
    const kept = (await store.notes()).find(({ build }) => build === this.#build.build);
    if (kept !== undefined && isOver(kept.phase)) return this.#take(notedReplay(kept));
    await this.#growth.begin();
    this.#meter.begin(this.#growth.position, this.#growth.events);
    await this.#enter('building');
    while ((await this.#advance()) > bulkEvents);
    await this.#enter('indexing');
    await store.finish(this.#build);
    await this.#enter('catching-up');
    while ((await this.#advance()) > smallLagEvents);
    if (this.#noted.side !== null) return this.#end();
    await this.#compare();
    if (this.#noted.asked.isDryRun) return this.#drop();
    await this.#switch();
  }

  /** How many events that were. Not beyond the live build, while the two are still to be compared. */
  async #advance(): Promise<number> {
    const before = this.#growth.events;
    await this.#advanceTo(await this.#target());
    return this.#growth.events - before;
  }

  async #target(): Promise<Position> {
    const head = await this.#parts.log.head();
    const { side, comparison } = this.#noted;
    const end = this.#aimWithin(head);
    if (side !== null) return end;
    if (comparison !== null) return head;
    const comparable = await comparableWith(this.#parts.store, this.#build, this.#growth.log);
    return 'live' in comparable ? comparable.position : head;
  }

  #aimWithin(head: Position): Position {
    const { upToPosition = head } = this.#noted.asked;
    const end = upToPosition < head ? upToPosition : head;
    this.#meter.aimAt(end);
    return end;
  }

  async #advanceTo(target: Position): Promise<void> {
    const { batchEventsMax = batchEventsDefault } = this.#parts;
    const { eventsPerSecondMax } = this.#noted.asked;
    const most = Math.ceil((eventsPerSecondMax ?? Number.POSITIVE_INFINITY) / partsPerSecond);
    const [began, before] = [performance.now(), this.#growth.events];
    while (this.#growth.position < target && !this.#growth.isBeyondTime) {
      this.#refuseWhenHalting();
      await this.#growth.step(target, Math.min(batchEventsMax, most));
      if (eventsPerSecondMax === undefined) continue;
      const dueMs = ((this.#growth.events - before) / eventsPerSecondMax) * 1_000;
      await this.#wait(dueMs - (performance.now() - began));
    }
    this.#refuseWhenHalting();
  }

  async #compare(): Promise<void> {
    if (this.#noted.comparison !== null) return;
    await this.#enter('comparing');
    let comparison = await this.#comparison();
    for (let made = 1; comparison.kind === 'different' && made < comparisonsMax; made += 1)
      comparison = await this.#comparison();
    const { isDryRun, switchesAnyway } = this.#noted.asked;
    if (comparison.kind === 'different' && !isDryRun && !switchesAnyway) {
      this.#noted = { ...this.#noted, comparison };
      throw new Differs(`the rows are not those that are live: ${differencesIn(comparison)}`);
    }
    this.#noted = { ...this.#noted, comparison };
    await this.#enter('switching');
    pass('comparing: after');
  }

  async #comparison(): Promise<Comparison> {
    const { store } = this.#parts;
    const comparable = await comparableWith(store, this.#build, this.#growth.log);
    if (!('live' in comparable)) return { kind: 'not-comparable', reason: comparable.reason };
    if (comparable.position < this.#growth.position)
      throw new Error('what is live shows less of the log than was replayed: it is waited for');
    const advanceTo = (position: Position) => this.#advanceTo(position);
    return compare({ store, live: comparable.live, next: this.#build, advanceTo });
  }

  async #switch(): Promise<void> {
    const { store, onSwitched } = this.#parts;
    await this.#enter('switching');
    for (;;) {
      await this.#advance();
      const noted = { ...this.#noted, phase: 'done' as const, endedAt: this.#now() };
      try {
        await store.makeLive(this.#build, { note: noteOf(noted) });
        this.#take(noted);
        break;
      } catch (error) {
        if (!(error instanceof Behind)) throw error;
        await nextTurn();
      }
    }
    onSwitched?.(this.projection);
    await this.#growth.close();
  }

  async #drop(): Promise<void> {
    const noted = { ...this.#noted, phase: 'done' as const, endedAt: this.#now() };
    await this.#growth.close();
    await this.#parts.store.drop(this.#build, noteOf(noted));
    this.#take(noted);
  }

  async #end(): Promise<void> {
    this.#noted = { ...this.#noted, lastError: null, endedAt: this.#now() };
    await this.#growth.close();
    await this.#enter('done');
  }

  /** False for what may pass. */
  async #failedFor(error: unknown): Promise<boolean> {
    const text = error instanceof Error ? error.message : String(error);
    this.#parts.onTrouble?.(`the replay of ${this.projection} (${this.#build.build}): ${text}`);
    const isFinal = error instanceof Poison || error instanceof Differs || error instanceof RowRefused;
    this.#noted = { ...this.#noted, lastError: text };
    if (!isFinal && stopFor(error) === null && !(error instanceof TypeError)) return false;
    if (error instanceof Poison) {
      const { position, stream, type } = error.event;
      this.#noted = {
        ...this.#noted,
        failedAt: { position, stream, type },
        lastError: `the event at ${position} of ${stream} makes no rows: ${text}`,
      };
    }
    this.#noted = { ...this.#noted, endedAt: this.#now() };
    await this.#growth.close();
    // One that was dropped by somebody else has nobody to tell.
    await this.#enter('failed').catch(() => undefined);
    this.#phase = 'failed';
    return true;
  }

  async #enter(phase: ReplayPhase): Promise<void> {
    if (this.#isHalting && phase !== 'paused') throw new Halted();
    await this.#parts.store.note(noteOf({ ...this.#noted, phase }));
    this.#phase = phase;
  }

  #take(noted: NotedReplay): void {
    this.#noted = noted;
    this.#phase = noted.phase;
  }

  #refuseWhenHalting(): void {
    if (this.#isHalting) throw new Halted();
  }

  get #isHalting(): boolean {
    return this.#halting.signal.aborted;
  }

  async #wait(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return;
    await delay(milliseconds, undefined, { signal: this.#halting.signal }).catch(() => undefined);
  }

  #now(): number {
    return (this.#parts.clock ?? Date.now)();
  }

  #newGrowth(): Growth {
    const { log, store, opener, onMoved } = this.#parts;
    return new Growth({
      log,
      store,
      build: this.#build,
      opener,
      asked: this.#noted.asked,
      onMoved: (position, events) => {
        this.#meter.move(position, events);
        onMoved?.(position);
      },
    });
  }
}
