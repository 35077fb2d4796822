// The serving thread's side of the thread that replays. Those that were under way when the service ended are gone on
// with at its start; a switch is told to the thread that projects.

import type { ReplayAsked } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { Projecting, type ProjectingOptions } from '#server/projecting.js';

export interface ReplayingOptions extends Omit<ProjectingOptions, 'onMoved' | 'onSwitched' | 'role'> {
  readonly projecting: Pick<Projecting, 'follow'>;
}

export class Replaying {
  readonly #thread: Projecting;

  private constructor(thread: Projecting) {
    this.#thread = thread;
  }

  static start({ projecting, ...options }: ReplayingOptions): Replaying {
    const follow = (projection: string) =>
      // Otherwise it is found out with the next event.
      void projecting
        .follow(projection)
        .catch((error: Error) => options.onTrouble(error.message, projection));
    const ignore = () => undefined;
    return new Replaying(
      Projecting.start({ ...options, role: 'replaying', onMoved: ignore, onSwitched: follow }),
    );
  }

  status(): Promise<readonly ReplayStatus[]> {
    return this.#thread.ask({ order: 'replays' });
  }

  /** Rejects with the reason where it is refused. */
  begin(projection: string, asked: ReplayAsked = {}): Promise<ReplayStatus> {
    return this.#thread.ask({ order: 'start-replay', projection, asked });
  }

  pause(build: number): Promise<void> {
    return this.#thread.ask({ order: 'pause-replay', build });
  }

  resume(build: number, changed: Pick<ReplayAsked, 'parks' | 'switchesAnyway'> = {}): Promise<void> {
    return this.#thread.ask({ order: 'resume-replay', build, changed });
  }

  cancel(build: number): Promise<void> {
    return this.#thread.ask({ order: 'cancel-replay', build });
  }

  /** A build that is live no more, or one beside. */
  drop(build: number): Promise<void> {
    return this.#thread.ask({ order: 'drop-build', build });
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
