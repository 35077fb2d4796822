// The replays of one process: at most one of each projection that is to be live, and builds with names beside. Those
// that were under way when another process ended are gone on with.

import type { Projection } from '#read-models/projection.js';
import { isOver, notedReplay, type ReplayAsked, ReplayRefused } from '#read-models/replay/asked.js';
import { Replay, type ReplayParts, type ReplayStatus } from '#read-models/replay/replay.js';

export interface ReplaysOptions extends Omit<ReplayParts, 'opener' | 'log'> {
  readonly projections: readonly Projection[];
  /** Each replay reads the log for itself, and has what it opened forgotten with it. */
  readonly reading: () => Pick<ReplayParts, 'log' | 'opener' | 'onMoved'>;
}

export class Replays {
  readonly #options: ReplaysOptions;
  readonly #replays = new Map<number, Replay>();
  #starting: Promise<unknown> = Promise.resolve();

  private constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /** Goes on with those that are neither over nor paused nor failed. */
  static async open(options: ReplaysOptions): Promise<Replays> {
    const replays = new Replays(options);
    for (const note of await options.store.notes()) {
      const projection = options.projections.find(({ name }) => name === note.projection);
      if (projection === undefined) continue;
      const replay = new Replay(projection, notedReplay(note), replays.#parts());
      replays.#replays.set(note.build, replay);
      await replay.look();
      replay.start();
    }
    return replays;
  }

  /** Throws `ReplayRefused`. */
  start(projection: string, asked: ReplayAsked = {}): Promise<ReplayStatus> {
    const starting = this.#starting.then(() => this.#start(projection, asked));
    this.#starting = starting.catch(() => undefined);
    return starting;
  }

  status(): readonly ReplayStatus[] {
    return [...this.#replays.values()].map((replay) => replay.status());
  }

  pause(build: number): Promise<void> {
    return this.#of(build).pause();
  }

  resume(build: number, changed: Pick<ReplayAsked, 'parks' | 'switchesAnyway'> = {}): Promise<void> {
    return this.#of(build).resume(changed);
  }

  cancel(build: number): Promise<void> {
    return this.#of(build).cancel();
  }

  /** A build that is not live: one that was, or one beside. */
  async drop(build: number): Promise<void> {
    const { store, projections } = this.#options;
    const replay = this.#replays.get(build);
    if (replay !== undefined && !replay.isOver)
      throw new ReplayRefused(`the build ${build} is being made: cancel that`);
    const known = (await store.builds()).find((one) => one.build === build);
    if (known === undefined) throw new ReplayRefused(`there is no build ${build}`);
    if (known.isLive) throw new ReplayRefused(`the build ${build} is live`);
    const projection = projections.find(({ name }) => name === known.projection);
    if (projection === undefined) throw new ReplayRefused(`there is no projection ${known.projection}`);
    await store.drop({ projection, build });
    this.#replays.delete(build);
  }

  async close(): Promise<void> {
    await this.#starting;
    await Promise.all([...this.#replays.values()].map((replay) => replay.close()));
  }

  async #start(name: string, asked: ReplayAsked): Promise<ReplayStatus> {
    const projection = this.#options.projections.find((one) => one.name === name);
    if (projection === undefined) throw new ReplayRefused(`there is no projection ${name}`);
    const others = this.status().filter((one) => one.projection === name);
    const side = asked.side ?? null;
    const builds = new Set((await this.#options.store.builds()).map(({ build }) => build));
    const same = others.find(
      (one) => one.side === side && (side === null ? !isOver(one.phase) : builds.has(one.build)),
    );
    if (same !== undefined)
      throw new ReplayRefused(
        side === null
          ? `${name} is being replayed already (${same.build}: ${same.phase})`
          : `there is a build with the name ${side} beside (${same.build})`,
      );
    const replay = await Replay.begin(projection, asked, this.#parts());
    for (const one of others)
      if (isOver(one.phase) && !builds.has(one.build)) this.#replays.delete(one.build);
    this.#replays.set(replay.build.build, replay);
    return replay.status();
  }

  #of(build: number): Replay {
    const replay = this.#replays.get(build);
    if (replay === undefined) throw new ReplayRefused(`there is no replay ${build}`);
    return replay;
  }

  #parts(): ReplayParts {
    const { projections: _, reading, ...parts } = this.#options;
    return { ...parts, ...reading() };
  }
}
