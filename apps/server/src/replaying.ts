// The serving thread's side of the thread that replays. Those that were under way when the service ended are gone on
// with at its start; a switch is told to the thread that projects.

import type { ReplayAsked } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { ProjectingAway } from '#server/order-errors.js';
import { Projecting, type ProjectingOptions } from '#server/projecting.js';
import type { Order } from '#server/projecting-messages.js';

export interface ReplayingOptions extends Omit<ProjectingOptions, 'onMoved' | 'onSwitched' | 'role'> {
  readonly projecting: Pick<Projecting, 'follow'>;
  /** The thread is started once this resolves; at once where it is left out. */
  readonly after?: Promise<void>;
}

export class Replaying {
  readonly #options: ReplayingOptions;
  #thread: Projecting | null = null;
  #isBegun = false;
  #token: number | null = null;
  #changing: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(options: ReplayingOptions) {
    this.#options = options;
    const begin = () => {
      this.#isBegun = true;
      // At once where nobody else has the rows, so that it is there for whoever asks next.
      if (options.shared !== undefined) this.#change();
      else if (!this.#isClosed) this.#thread = this.#newThread();
    };
    if (options.after === undefined) begin();
    else void options.after.then(begin);
  }

  static start(options: ReplayingOptions): Replaying {
    return new Replaying(options);
  }

  /** Where rows are shared it replays who may write them, by this token; null once it may not. */
  held(token: number | null): void {
    this.#token = token;
    this.#change();
  }

  status(): Promise<readonly ReplayStatus[]> {
    return this.#ask({ order: 'replays' });
  }

  /** Rejects with the reason where it is refused. */
  begin(projection: string, asked: ReplayAsked = {}): Promise<ReplayStatus> {
    return this.#ask({ order: 'start-replay', projection, asked });
  }

  pause(build: number): Promise<void> {
    return this.#ask({ order: 'pause-replay', build });
  }

  resume(build: number, changed: Pick<ReplayAsked, 'parks' | 'switchesAnyway'> = {}): Promise<void> {
    return this.#ask({ order: 'resume-replay', build, changed });
  }

  cancel(build: number): Promise<void> {
    return this.#ask({ order: 'cancel-replay', build });
  }

  /** A build that is live no more, or one beside. */
  drop(build: number): Promise<void> {
    return this.#ask({ order: 'drop-build', build });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#change();
    await this.#changing;
  }

  #change(): void {
    this.#changing = this.#changing.then(() => this.#startOrEnd());
  }

  async #startOrEnd(): Promise<void> {
    const { shared } = this.#options;
    const before = this.#thread;
    const isSame = before !== null && (shared === undefined || before.token === this.#token);
    const isWanted = this.#isBegun && !this.#isClosed && (shared === undefined || this.#token !== null);
    if (isWanted && isSame) return;
    this.#thread = null;
    await before?.close();
    if (isWanted) this.#thread = this.#newThread();
  }

  #newThread(): Projecting {
    const { projecting, after: _, shared, ...options } = this.#options;
    const { onTrouble } = options;
    const onSwitched = (projection: string) =>
      // Otherwise it is found out with the next event.
      void projecting.follow(projection).catch((error: Error) => onTrouble(error.message, projection));
    const onMoved = () => undefined;
    const token = this.#token ?? undefined;
    return Projecting.start({
      ...options,
      role: 'replaying',
      onMoved,
      onSwitched,
      ...(shared && { shared: { ...shared, ...(token !== undefined && { token }) } }),
    });
  }

  #ask<Answer>(order: Order): Promise<Answer> {
    if (this.#thread !== null) return this.#thread.ask(order);
    const isElsewhere = this.#options.shared !== undefined && this.#isBegun && this.#token === null;
    return Promise.reject(
      new ProjectingAway(
        isElsewhere
          ? 'another server makes the rows, and takes this order'
          : 'the thread that replays is not there yet',
      ),
    );
  }
}
