// The serving thread's side of the thread that replays. Those that were under way when the service ended are gone on
// with at its start; a switch is told to the thread that projects.

import type { ReplayAsked } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { Projecting, ProjectingAway, type ProjectingOptions } from '#server/projecting.js';
import type { Order } from '#server/projecting-messages.js';

export interface ReplayingOptions extends Omit<ProjectingOptions, 'onMoved' | 'onSwitched' | 'role'> {
  readonly projecting: Pick<Projecting, 'follow'>;
  /** The thread is started once this resolves; at once where it is left out. */
  readonly after?: Promise<void>;
}

export class Replaying {
  #thread: Projecting | null = null;
  #isClosed = false;

  private constructor({ projecting, after, ...options }: ReplayingOptions) {
    const onSwitched = (projection: string) =>
      // Otherwise it is found out with the next event.
      void projecting
        .follow(projection)
        .catch((error: Error) => options.onTrouble(error.message, projection));
    const onMoved = () => undefined;
    const start = () => {
      if (this.#isClosed) return;
      this.#thread = Projecting.start({ ...options, role: 'replaying', onMoved, onSwitched });
    };
    if (after === undefined) start();
    else void after.then(start);
  }

  static start(options: ReplayingOptions): Replaying {
    return new Replaying(options);
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
    await this.#thread?.close();
  }

  #ask<Answer>(order: Order): Promise<Answer> {
    return this.#thread === null
      ? Promise.reject(new ProjectingAway('the thread that replays is not there yet'))
      : this.#thread.ask(order);
  }
}
