// What one organization has used, as far as this process knows. What is asked for is reserved before it is appended and
// settled afterwards, so that however many ask at once, no more is let through than there is.

import type { Instant } from '#domain/ids.js';
import {
  type Ceilings,
  exceeded,
  type Period,
  periodAt,
  type Quota,
  type Usage,
} from '#domain/quota/usage.js';

/** `lost`: nothing was appended. `unknown`: nobody can tell, and it has to be counted anew. */
export type Settled = 'written' | 'lost' | 'unknown';

export interface Reservation {
  readonly kind: 'reserved';
  settle(outcome: Settled): void;
}

export interface Asking {
  readonly ceilings: Ceilings;
  readonly more: Usage;
  readonly now: Instant;
}

const nothing: Usage = { turns: 0, relationships: 0 };

export class Book {
  #usage: Usage | null = null;
  #period: Period = { start: 0, end: 0 };
  #underWay = 0;
  #opening: Promise<void> | null = null;
  /** Whether what is being counted says less by now than what came meanwhile. */
  #isOvertaken = false;
  #onIdle: () => void = () => undefined;
  /** Percentages of ceilings that were told of: two quotas, and a ceiling that is seldom another. */
  #told = new Set<string>();

  /** Null while it is not counted. Of the period in which it is now. */
  usageAt(now: Instant): Usage | null {
    if (this.#usage !== null && now >= this.#period.end) this.#turnOver(now);
    return this.#usage;
  }

  get period(): Period {
    return this.#period;
  }

  /** As it was counted elsewhere. */
  know(usage: Usage, period: Period): void {
    if (period.start !== this.#period.start) this.#told = new Set();
    [this.#usage, this.#period] = [usage, period];
    this.#isOvertaken = true;
  }

  /** What was counted is not kept up to date any more. */
  forget(): void {
    this.#usage = null;
    this.#isOvertaken = true;
  }

  /** Counts what there is when nothing is under way; whoever asks meanwhile waits for the same. */
  open(now: Instant, count: (period: Period) => Promise<Usage>): Promise<void> {
    this.#opening ??= this.#open(now, count).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** As good as none. */
  get isBlank(): boolean {
    return this.#usage === null && this.#opening === null && this.#underWay === 0;
  }

  get isOpen(): boolean {
    return this.#usage !== null && this.#opening === null;
  }

  /** The quota that there is too little of; else what is to be settled. Where it is not open nothing is refused. */
  reserve({ ceilings, more, now }: Asking): Reservation | Quota {
    const usage = this.usageAt(now);
    const short = usage === null ? null : exceeded(usage, more, ceilings);
    if (short !== null) return short;
    const taken = usage === null ? nothing : positive(more);
    this.#add(taken, 1);
    this.#underWay += 1;
    const { start } = this.#period;
    return { kind: 'reserved', settle: (outcome) => this.#settle(outcome, { more, taken, start }) };
  }

  /** True but once. */
  isNews({ quota, percent, ceiling }: { quota: Quota; percent: number | null; ceiling: number }): boolean {
    const news = `${quota} ${percent} ${ceiling}`;
    if (this.#told.has(news)) return false;
    this.#told.add(news);
    return true;
  }

  #settle(outcome: Settled, { more, taken, start }: Taken): void {
    this.#underWay -= 1;
    if (outcome === 'unknown') this.#usage = null;
    if (outcome === 'lost') this.#add(start === this.#period.start ? taken : { ...taken, turns: 0 }, -1);
    if (outcome === 'written') this.#add({ turns: 0, relationships: Math.min(0, more.relationships) }, 1);
    if (this.#underWay === 0) this.#onIdle();
  }

  async #open(now: Instant, count: (period: Period) => Promise<Usage>): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#onIdle = () => undefined;
    const period = periodAt(now);
    this.#isOvertaken = false;
    const usage = await count(period);
    if (this.#isOvertaken) return;
    this.know(usage, period);
    this.#told = new Set();
  }

  #add({ turns, relationships }: Usage, times: 1 | -1): void {
    if (this.#usage === null) return;
    this.#usage = {
      turns: this.#usage.turns + times * turns,
      relationships: this.#usage.relationships + times * relationships,
    };
  }

  #turnOver(now: Instant): void {
    this.#period = periodAt(now);
    this.#told = new Set();
    this.#usage = { turns: 0, relationships: this.#usage?.relationships ?? 0 };
  }
}

interface Taken {
  readonly more: Usage;
  readonly taken: Usage;
  readonly start: Instant;
}

/** What is given back counts once it is gone. */
const positive = ({ turns, relationships }: Usage): Usage => ({
  turns,
  relationships: Math.max(0, relationships),
});
