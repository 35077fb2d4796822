// The gate in front of appends of users: an organization that has a ceiling gets no further than that. Nothing is appended
// for it: what was used follows from the log, is counted from rows once, and kept up to date by what passes through here.

import { Book, type Settled } from '#application/quota/book.js';
import type { Instant, OrganizationId } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import type { QuotaReached } from '#domain/quota/events.js';
import {
  type Ceilings,
  ceilingsOf,
  type Period,
  periodAt,
  type Quota,
  reachedPercent,
  type Usage,
} from '#domain/quota/usage.js';
import { unavailable } from '#event-log/errors.js';

export interface QuotaFigure {
  readonly used: number;
  /** Null where there is no ceiling. */
  readonly ceiling: number | null;
}

export interface QuotaFigures extends Readonly<Record<Quota, QuotaFigure>> {
  /** The end of the period, from which on turns are counted anew. */
  readonly resetAt: Instant;
}

export interface QuotaExhausted {
  readonly code: 'quota-exhausted';
  readonly quota: Quota;
  readonly figures: QuotaFigures;
}

/** From all that was acknowledged so far. */
export type CountUsage = (organizationId: OrganizationId, period: Period) => Promise<Usage>;

/** By what the append that is asked for is found in the log. */
export interface AppendKey {
  readonly stream: string;
  readonly callId: string;
  readonly time: Instant;
}

export interface SharedAsked extends AppendKey, Omit<QuotaAsked, 'now'> {
  readonly period: Period;
}

/** What all servers that append to the log reserve of. Rejects where it cannot be known what was used. */
export interface SharedUse {
  reserve(
    asked: SharedAsked,
  ): Promise<
    | { readonly kind: 'reserved'; readonly usage: Usage; settle(outcome: Settled): void }
    | { readonly kind: 'short'; readonly quota: Quota; readonly usage: Usage }
  >;
}

export interface QuotasOptions {
  /** Told what an organization reached. That may be told more often than once. */
  readonly onReached: (organizationId: OrganizationId, reached: Omit<QuotaReached, 'type'>) => void;
}

export interface QuotaAsked {
  readonly organizationId: OrganizationId;
  readonly ceilings: Ceilings;
  readonly more: Usage;
  readonly now: Instant;
  readonly stream: string;
  readonly callId: string;
  /** Grows with whatever the organization, or the instance, chooses. */
  readonly epoch: number;
}

export interface Admission {
  settle(outcome: Settled): void;
}

export type Admitted = Admission | QuotaExhausted | null;

export class Quotas {
  readonly #options: QuotasOptions;
  readonly #books = new Map<OrganizationId, Book>();
  #count: CountUsage | null = null;
  #shared: SharedUse | null = null;

  constructor(options: QuotasOptions) {
    this.#options = options;
  }

  /** Until then organizations that have a ceiling are told to come again. Null where nobody else appends to the log. */
  countBy(count: CountUsage, shared: SharedUse | null = null): void {
    this.#count = count;
    this.#shared = shared;
  }

  /** Null for what costs nothing. */
  admit(asked: QuotaAsked): Admitted | Promise<Admitted> {
    const { more } = asked;
    if (more.turns === 0 && more.relationships === 0) return null;
    const book = this.#bookOf(asked.organizationId);
    if (!hasCeiling(asked.ceilings)) {
      book.forget();
      return this.#reserve(book, asked);
    }
    if (this.#shared !== null) return this.#admitShared(asked, this.#shared);
    return book.isOpen ? this.#reserve(book, asked) : this.#admitOpened(asked);
  }

  /** Null where there is no ceiling, or nothing was counted yet. */
  figuresOf(organizationId: OrganizationId, settings: Settings, now: Instant): QuotaFigures | null {
    const ceilings = ceilingsOf(settings);
    const book = this.#books.get(organizationId);
    const usage = hasCeiling(ceilings) ? (book?.usageAt(now) ?? null) : null;
    if (book === undefined || usage === null) return null;
    return figuresIn(usage, ceilings, book.period);
  }

  /** Has counted what those figures need, once for whoever asks meanwhile; null where there is nothing to wait for. */
  counted(organizationId: OrganizationId, settings: Settings, now: Instant): Promise<void> | null {
    if (!hasCeiling(ceilingsOf(settings))) return null;
    const book = this.#bookOf(organizationId);
    return book.usageAt(now) === null ? this.#open(book, { organizationId, now }) : null;
  }

  async #admitOpened(asked: QuotaAsked): Promise<Admitted> {
    let book = this.#bookOf(asked.organizationId);
    while (!book.isOpen) {
      await this.#open(book, asked);
      book = this.#bookOf(asked.organizationId);
    }
    return this.#reserve(book, asked);
  }

  /** Other servers append, too: what they know of each other is in one place. */
  async #admitShared(asked: QuotaAsked, shared: SharedUse): Promise<Admitted> {
    const { now: time, organizationId, ceilings, more, stream, callId, epoch } = asked;
    const period = periodAt(time);
    const reserving = { organizationId, ceilings, more, stream, callId, epoch, time, period };
    const found = await shared.reserve(reserving).catch((error: unknown) => {
      throw unavailable('what was used cannot be counted', error);
    });
    const book = this.#bookOf(organizationId);
    book.know(found.usage, period);
    if (found.kind === 'short') return exhausted(found.quota, book, asked);
    return {
      settle: (outcome) => {
        found.settle(outcome);
        if (outcome === 'written') this.#tell(book, asked);
      },
    };
  }

  async #open(
    book: Book,
    { organizationId, now }: Pick<QuotaAsked, 'organizationId' | 'now'>,
  ): Promise<void> {
    const count = this.#count;
    if (count === null) throw unavailable('nothing was counted yet');
    return book.open(now, (period) => count(organizationId, period));
  }

  #reserve(book: Book, asked: QuotaAsked): Admitted {
    const { ceilings, more, now } = asked;
    const reserved = book.reserve({ ceilings, more, now });
    if (typeof reserved === 'string') return exhausted(reserved, book, asked);
    return {
      settle: (outcome) => {
        reserved.settle(outcome);
        if (outcome === 'written') this.#tell(book, asked);
        if (book.isBlank) this.#books.delete(asked.organizationId);
      },
    };
  }

  #tell(book: Book, { organizationId, ceilings, more, now }: QuotaAsked): void {
    const usage = book.usageAt(now);
    if (usage === null) return;
    for (const quota of ['turns', 'relationships'] as const) {
      const ceiling = ceilings[quota];
      if (ceiling === null || more[quota] <= 0) continue;
      const used = usage[quota];
      const percent = reachedPercent(used, ceiling);
      const { start: periodStart } = book.period;
      const reached = { quota, percent, used, ceiling, periodStart };
      if (percent !== null && book.isNews(reached))
        this.#options.onReached(organizationId, { ...reached, percent });
    }
  }

  #bookOf(organizationId: OrganizationId): Book {
    const book = this.#books.get(organizationId) ?? new Book();
    this.#books.set(organizationId, book);
    return book;
  }
}

/** The present period, and how what was used in it is told. */
export function quotasAt(settings: Settings, now: Instant) {
  const period = periodAt(now);
  return { period, figuresOf: (usage: Usage) => figuresIn(usage, ceilingsOf(settings), period) };
}

const hasCeiling = ({ turns, relationships }: Ceilings): boolean => turns !== null || relationships !== null;

function exhausted(quota: Quota, book: Book, { ceilings, now }: QuotaAsked): QuotaExhausted {
  const usage = book.usageAt(now) ?? { turns: 0, relationships: 0 };
  return { code: 'quota-exhausted', quota, figures: figuresIn(usage, ceilings, book.period) };
}

const figuresIn = (usage: Usage, ceilings: Ceilings, { end }: Period): QuotaFigures => ({
  turns: { used: usage.turns, ceiling: ceilings.turns },
  relationships: { used: usage.relationships, ceiling: ceilings.relationships },
  resetAt: end,
});
