// One line that is written over again and again: how much is done, how fast, and how long it will still take.

export interface ProgressBarOptions {
  readonly what: string;
  /** Null where nobody looks. */
  readonly stream: (NodeJS.WritableStream & { readonly columns?: number }) | null;
}

/** Faster than an eye follows, it would only cost. */
const betweenMs = 100;
const cells = 24;

export class ProgressBar {
  readonly #what: string;
  readonly #stream: ProgressBarOptions['stream'];
  readonly #started = performance.now();
  #shown = 0;

  constructor({ what, stream }: ProgressBarOptions) {
    this.#what = what;
    this.#stream = stream;
  }

  show(done: number, total: number): void {
    if (this.#stream === null) return;
    const now = performance.now();
    if (now - this.#shown < betweenMs && done < total) return;
    this.#shown = now;
    this.#draw(barLine(this.#what, { done, total, elapsedMs: now - this.#started }));
  }

  /** A line that somebody else made, who measures elsewhere. */
  showLine(line: string): void {
    this.#shown = performance.now();
    this.#draw(line);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#stream !== null && this.#shown > 0) this.#stream.write('\r\u001b[K');
  }

  #draw(line: string): void {
    const columns = this.#stream?.columns ?? 80;
    this.#stream?.write(`\r\u001b[K${line.slice(0, columns - 1)}`);
  }
}

export function barLine(
  what: string,
  { done, total, elapsedMs }: { readonly done: number; readonly total: number; readonly elapsedMs: number },
): string {
  const perSecond = elapsedMs === 0 ? 0 : (done / elapsedMs) * 1_000;
  return lineOf(what, {
    done,
    total,
    perSecond,
    restSeconds: perSecond === 0 ? null : (total - done) / perSecond,
  });
}

export interface Measured {
  readonly done: number;
  /** Null where nobody knows. */
  readonly total: number | null;
  readonly perSecond: number;
  readonly restSeconds: number | null;
}

export function lineOf(what: string, { done, total, perSecond, restSeconds }: Measured): string {
  const rate = `${Math.round(perSecond).toLocaleString('en')}/s`;
  const rest = restSeconds === null || done === total ? '' : `, ${timeText(restSeconds)} left`;
  if (total === null) return `${what} ${done.toLocaleString('en')}, ${rate}${rest}`;
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(part * cells);
  const bar = '█'.repeat(full) + '░'.repeat(cells - full);
  return `${what} ${bar} ${Math.floor(part * 100)} %  ${done.toLocaleString('en')} of ${total.toLocaleString('en')}, ${rate}${rest}`;
}

export function timeText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
