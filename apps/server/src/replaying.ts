// The serving thread's side of the thread that replays. It is there while there is something to replay: those that were
// under way when the service ended are gone on with at its start; a switch is told to the thread that projects.

import type { ReplayAsked } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { ProjectingAway } from '#server/order-errors.js';
import { Projecting, type ProjectingOptions } from '#server/projecting.js';
import type { Order } from '#server/projecting-messages.js';
import { isAtRest } from '#server/standing-replays.js';

type ThreadOptions = Omit<ProjectingOptions, 'onMoved' | 'onSwitched' | 'onReplayLeft' | 'role'>;

export interface ReplayingOptions extends ThreadOptions {
  readonly projecting: Pick<Projecting, 'follow' | 'replays'>;
  /** Nothing is replayed before this resolves; at once where it is left out. */
  readonly after?: Promise<void>;
  /** Between two looks whether the thread still has something to do. */
  readonly lookEveryMs?: number;
}

/** The thread takes some 40 MB, and is there again in half a second. */
const lookEveryDefaultMs = 15_000;

export class Replaying {
  readonly #options: ReplayingOptions;
  #thread: Projecting | null = null;
  #isBegun = false;
  /** Something is to be replayed, or was a moment ago. */
  #isLeft = false;
  #ordering = 0;
  #token: number | null = null;
  #changing: Promise<void> = Promise.resolve();
  #isClosed = false;
  #looking: NodeJS.Timeout | undefined;

  private constructor(options: ReplayingOptions) {
    this.#options = options;
    const begin = () => {
      this.#isBegun = true;
      void this.#change();
    };
    if (options.after === undefined) begin();
    else void options.after.then(begin);
  }

  static start(options: ReplayingOptions): Replaying {
    return new Replaying(options);
  }

  /** Where rows are shared it replays who may write them, by this token; null once it may not. Resolves when it is so. */
  held(token: number | null): Promise<void> {
    this.#token = token;
    // Who has it next looks for himself what there is.
    if (token === null) this.#isLeft = false;
    return this.#change();
  }

  /** There is something to go on with. */
  goOn(): void {
    this.#isLeft = true;
    void this.#change();
  }

  /** Also of what another server replays. */
  status(): Promise<readonly ReplayStatus[]> {
    return this.#thread === null
      ? this.#options.projecting.replays()
      : this.#thread.ask({ order: 'replays' });
  }

  /** Rejects with the reason where it is refused. */
  begin(projection: string, asked: ReplayAsked = {}): Promise<ReplayStatus> {
    return this.#order({ order: 'start-replay', projection, asked });
  }

  pause(build: number): Promise<void> {
    return this.#order({ order: 'pause-replay', build });
  }

  resume(build: number, changed: Pick<ReplayAsked, 'parks' | 'switchesAnyway'> = {}): Promise<void> {
    return this.#order({ order: 'resume-replay', build, changed });
  }

  cancel(build: number): Promise<void> {
    return this.#order({ order: 'cancel-replay', build });
  }

  /** A build that is live no more, or one beside. */
  drop(build: number): Promise<void> {
    return this.#order({ order: 'drop-build', build });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#change();
  }

  async #order<Answer>(order: Order): Promise<Answer> {
    this.#refuseElsewhere();
    this.#ordering += 1;
    this.#isLeft = true;
    try {
      await this.#change();
      if (this.#thread === null) throw new ProjectingAway('the thread that replays is not there');
      return await this.#thread.ask<Answer>(order);
    } finally {
      this.#ordering -= 1;
    }
  }

  #refuseElsewhere(): void {
    if (!this.#isBegun) throw new ProjectingAway('the thread that replays is not there yet');
    if (this.#options.shared !== undefined && this.#token === null)
      throw new ProjectingAway('another server makes the rows, and takes this order');
  }

  #change(): Promise<void> {
    this.#changing = this.#changing.then(() => this.#startOrEnd());
    return this.#changing;
  }

  async #startOrEnd(): Promise<void> {
    const { shared } = this.#options;
    const before = this.#thread;
    const isSame = before !== null && (shared === undefined || before.token === this.#token);
    const mayBe = this.#isBegun && !this.#isClosed && (shared === undefined || this.#token !== null);
    const isWanted = mayBe && this.#isLeft;
    if (isWanted ? isSame : before === null) return;
    clearInterval(this.#looking);
    this.#thread = null;
    await before?.close();
    if (!isWanted) return;
    const thread = this.#newThread();
    this.#thread = thread;
    const { lookEveryMs = lookEveryDefaultMs } = this.#options;
    this.#looking = setInterval(() => void this.#look(thread), lookEveryMs).unref();
  }

  /** Ends the thread where it has nothing left to do. */
  async #look(thread: Projecting): Promise<void> {
    // One that does not answer is started again, and asked the next time.
    const all = await thread.ask<readonly ReplayStatus[]>({ order: 'replays' }).catch(() => null);
    const isIdle = all?.every(({ phase }) => isAtRest(phase)) ?? false;
    if (!isIdle || this.#ordering > 0 || this.#thread !== thread) return;
    this.#isLeft = false;
    await this.#change();
  }

  #newThread(): Projecting {
    const { projecting, after: _, lookEveryMs: __, shared, ...options } = this.#options;
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
}
