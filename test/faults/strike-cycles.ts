// Strike after strike at a process whose clients append: start it, let it work, strike at a moment of the
// seed's choosing, start it again, and hold what it finds against what its clients were told.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { EventLogErrorCode } from '#event-log/errors.js';
import { AppendLedger } from '#test/faults/append-ledger.js';
import { AppendingChild, type AppendingReport, sourcesRoot } from '#test/faults/appending-child.js';
import type { Chance } from '#test/faults/chance.js';
import { readJournal } from '#test/faults/journal.js';
import { headOfUnopened, proveWhole } from '#test/faults/prove-whole.js';
import { Tally } from '#test/faults/tally.js';

export interface StrikeOptions {
  readonly chance: Chance;
  readonly cycles: number;
  /** After so many a log is wholly proved, and another one is begun. */
  readonly cyclesPerLog: number;
  /** Holds the logs, on the disk that is struck. */
  readonly logs: string;
  /** Holds the journals, and is never struck. */
  readonly journals: string;
  /** Ends the process, and leaves the disk as it is found after that. */
  readonly strike: (child: AppendingChild) => Promise<void>;
  /** What appends may be told when the disk is struck before the process. */
  readonly excused?: readonly EventLogErrorCode[];
  /** Of other sources than these: a copy with a planted bug. */
  readonly root?: string;
  /** Ends early when so many violations were found. */
  readonly violationsMax?: number;
  readonly onCycle?: (tally: Tally) => void;
}

interface StruckLog {
  readonly directory: string;
  readonly ledger: AppendLedger;
  readonly violationsBefore: number;
  starts: number;
}

/** Opening takes some 100 ms, a group of appends some 5 ms. */
const openingMsMax = 120;
const workingMsMax = 60;
/** One in so many works for long enough that the writer checkpoints its WAL meanwhile. */
const longWorkingMsMax = 1_500;
const oneLongIn = 25;
/** The first starts make the log; of the others one in five is struck while it opens. */
const startsThatMakeIt = 2;
const oneOpeningIn = 5;

/** A log in which something was found stays in its directory, to be looked into. */
export async function strikeAgainAndAgain(options: StrikeOptions): Promise<Tally> {
  const cycles = new StrikeCycles(options);
  await cycles.run();
  return cycles.tally;
}

class StrikeCycles {
  readonly tally = new Tally();
  readonly #options: StrikeOptions;
  /** The next process loads while the last one works, so that a cycle costs little more than an opening. */
  #next: AppendingChild;
  #striking = false;

  constructor(options: StrikeOptions) {
    this.#options = options;
    this.#next = this.#load();
  }

  async run(): Promise<void> {
    const { cycles, violationsMax = Number.POSITIVE_INFINITY } = this.#options;
    try {
      while (this.tally.cycles < cycles && this.tally.violationCount < violationsMax) await this.#oneLog();
    } finally {
      await this.#next.kill();
    }
  }

  async #oneLog(): Promise<void> {
    const log = this.#begin();
    const foundNothing = () => this.tally.violationCount === log.violationsBefore;
    const { cycles, cyclesPerLog } = this.#options;
    while (log.starts < cyclesPerLog && this.tally.cycles < cycles && foundNothing()) await this.#cycle(log);
    if (foundNothing()) await proveWhole(log.directory, log.ledger, this.tally);
    if (foundNothing()) rmSync(log.directory, { recursive: true });
  }

  #begin(): StruckLog {
    const directory = join(this.#options.logs, String(this.tally.logs));
    mkdirSync(directory);
    this.tally.logs += 1;
    const ledger = new AppendLedger(this.tally, this.#options.excused);
    return { directory, ledger, violationsBefore: this.tally.violationCount, starts: 0 };
  }

  async #cycle(log: StruckLog): Promise<void> {
    const { chance, strike, journals, onCycle } = this.#options;
    const journalPath = join(journals, `${this.tally.cycles}.journal`);
    const child = this.#next;
    await child.loaded;
    this.#next = this.#load();
    const { position: after, nextAttempts: attempts } = log.ledger;
    child.begin({ directory: log.directory, after, attempts, journalPath }, (report) =>
      this.#hear(log, report),
    );
    const whileOpening = log.starts < startsThatMakeIt || chance.below(oneOpeningIn) === 0;
    if (!whileOpening) await child.working;
    await delay(chance.below(whileOpening ? openingMsMax : this.#workingMsMax()));
    this.#striking = true;
    await strike(child);
    this.#striking = false;
    log.ledger.takeJournal(readJournal(journalPath));
    rmSync(journalPath, { force: true });
    log.starts += 1;
    this.tally.cycles += 1;
    if (whileOpening) this.tally.struckWhileOpening += 1;
    onCycle?.(this.tally);
  }

  #workingMsMax(): number {
    return this.#options.chance.below(oneLongIn) === 0 ? longWorkingMsMax : workingMsMax;
  }

  #hear({ directory, ledger }: StruckLog, report: AppendingReport): void {
    switch (report.kind) {
      case 'loaded':
        return;
      case 'found':
        ledger.see(report.events);
        return;
      case 'working':
        ledger.close();
        return;
      case 'not-opened':
      case 'broken':
        if (this.#striking && this.#options.excused !== undefined) return;
        this.tally.complain('not-opened', report);
        if (report.kind === 'not-opened') ledger.closeUnopened(headOfUnopened(directory));
        return;
    }
  }

  #load(): AppendingChild {
    return new AppendingChild(this.#options.root ?? sourcesRoot);
  }
}
