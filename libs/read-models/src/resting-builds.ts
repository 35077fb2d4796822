// Builds to which nobody writes, or not for now: the one that was live before, one that is paused or that failed, one
// beside. They do not follow the log, and whoever is erased is to be in no row of theirs either.

import type { EventLog, Position, RecordedEvent } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { eventsBetween } from '#read-models/events-between.js';
import type { Projection } from '#read-models/projection.js';
import { Projector } from '#read-models/projector.js';
import { isOver } from '#read-models/replay/asked.js';
import {
  type Checkpoint,
  Fenced,
  type ModelStore,
  type OpenedChange,
  type ReplayNote,
  RowRefused,
} from '#read-models/store.js';

export interface RestingBuildsOptions {
  readonly log: EventLog;
  readonly store: ModelStore;
  readonly projection: Projection;
  /** What an operator should know, once of each build. */
  readonly onTrouble: (text: string) => void;
  readonly until: AbortSignal;
}

type KnownBuild = Awaited<ReturnType<ModelStore['builds']>>[number];
type Resting = KnownBuild & { readonly checkpoint: Checkpoint };

/** Of whom nothing is left, up to where, while the build stays where it is. */
interface Swept {
  readonly at: Position;
  readonly upTo: Position;
}

/** In one transaction. */
const erasuresMax = 500;

export class RestingBuilds {
  readonly #options: RestingBuildsOptions;
  readonly #projector: Projector;
  readonly #swept = new Map<number, Swept>();
  readonly #told = new Set<number>();

  constructor(options: RestingBuildsOptions) {
    this.#options = options;
    // Nothing is sealed in what tells of an erasure.
    this.#projector = new Projector(options.projection, { open: () => null });
  }

  /** Removes whoever was erased since they came to rest. */
  async sweep(): Promise<void> {
    const { log, projection, until } = this.#options;
    const { erasures = [] } = projection;
    if (erasures.length === 0) return;
    const resting = await this.#resting();
    if (resting.length === 0) return;
    const [identity, upTo] = [await log.identity(), await log.head()];
    const from = new Map(resting.map((one) => [one.build, this.#sweptUpTo(one, identity)]));
    const after = [...from.values()].reduce((first, one) => (one < first ? one : first));
    const events = await eventsBetween(log, erasures, { after, upTo, until });
    for (const one of resting) {
      const missed = events.filter(({ position }) => position > (from.get(one.build) as Position));
      if (await this.#erase(one, missed)) this.#swept.set(one.build, { at: one.checkpoint.position, upTo });
    }
  }

  async #resting(): Promise<readonly Resting[]> {
    const { store, projection } = this.#options;
    const others = (await store.builds()).filter((one) => one.projection === projection.name && !one.isLive);
    if (others.length === 0) return [];
    const notes = new Map((await store.notes()).map((note) => [note.build, note]));
    return others.filter((one): one is Resting => one.checkpoint !== null && isAtRest(notes.get(one.build)));
  }

  /** Places of another log tell nothing of when it was. */
  #sweptUpTo({ build, checkpoint }: Resting, identity: string): Position {
    const swept = this.#swept.get(build);
    if (swept?.at === checkpoint.position) return swept.upTo;
    return checkpoint.log === identity ? checkpoint.position : logStart;
  }

  /** False where somebody writes to it or drops it by now. */
  async #erase(build: Resting, events: readonly RecordedEvent[]): Promise<boolean> {
    try {
      for (let at = 0; at < events.length; at += erasuresMax) {
        const { changes, poison } = await this.#projector.project(events.slice(at, at + erasuresMax));
        if (poison !== null) throw poison;
        const removals = changes.filter(({ change }) => change === 'remove');
        if (build.version === this.#options.projection.version) await this.#apply(build, removals);
        else await this.#applyFitting(build, removals);
      }
      return true;
    } catch (error) {
      if (error instanceof Fenced) return false;
      throw error;
    }
  }

  async #apply(known: Resting, changes: readonly OpenedChange[]): Promise<void> {
    const { store, projection } = this.#options;
    const { build, checkpoint } = known;
    await store.apply({ build: { projection, build }, changes, from: checkpoint, to: checkpoint });
  }

  /** Of another version: tables may be there that this release knows nothing of. */
  async #applyFitting(known: Resting, changes: readonly OpenedChange[]): Promise<void> {
    const { onTrouble } = this.#options;
    for (const change of changes) {
      try {
        await this.#apply(known, [change]);
      } catch (error) {
        if (!(error instanceof RowRefused)) throw error;
      }
    }
    if (this.#told.has(known.build)) return;
    this.#told.add(known.build);
    onTrouble(
      `the build ${known.build} of ${known.projection} is of version ${known.version}, and may hold rows of users who were erased: drop it`,
    );
  }
}

/** Another goes on by itself, and comes to the erasures. */
function isAtRest(note: ReplayNote | undefined): boolean {
  return note === undefined || isOver(note.phase) || note.phase === 'paused' || note.phase === 'failed';
}
