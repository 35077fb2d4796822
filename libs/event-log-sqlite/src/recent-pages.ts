// What was read of the end of the log last. Whoever makes rows follows it several times over, and each row is read,
// proved and parsed once for all of them.

import type { RecordedEvent } from '#event-log/event-log.js';

export interface ReadPage {
  readonly events: readonly RecordedEvent[];
  /** It has every event up to here. */
  readonly upTo: number;
  /** About what it weighs. */
  readonly characters: number;
}

/** As many and as much as one page has at most: who is further behind reads by itself. */
const eventsMax = 2_048;
const charactersMax = 4 * 1024 * 1024;

export class RecentPages {
  #pages: readonly (ReadPage & { readonly after: number })[] = [];

  /** Everything after a position that is at hand; null where that is nothing. */
  after(position: number): Pick<ReadPage, 'events' | 'upTo'> | null {
    const [first, ...others] = this.#pages.filter(({ upTo }) => upTo > position);
    if (first === undefined || first.after > position) return null;
    const events = first.events.slice(position - first.after).concat(...others.map((page) => page.events));
    return { events, upTo: others.at(-1)?.upTo ?? first.upTo };
  }

  /** A page that begins after a position. One that ends before what is at hand is of no use to anybody. */
  add(after: number, page: ReadPage): void {
    const end = this.#pages.at(-1)?.upTo ?? 0;
    if (page.upTo <= end) return;
    const pages = [...(after === end ? this.#pages : []), { ...page, after }];
    while (pages.length > 1 && exceeds(pages)) pages.shift();
    this.#pages = exceeds(pages) ? [] : pages;
  }
}

function exceeds(pages: readonly ReadPage[]): boolean {
  const sum = (of: (page: ReadPage) => number) => pages.reduce((total, page) => total + of(page), 0);
  return sum(({ events }) => events.length) > eventsMax || sum((page) => page.characters) > charactersMax;
}
