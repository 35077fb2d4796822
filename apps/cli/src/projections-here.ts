// Projections of a data directory on which no service runs. Replays are made in this process, and end with it: what it
// did not come to is gone on with by the next one, or by a service.

import { setTimeout as delay } from 'node:timers/promises';

import type { Call } from '#cli/command.js';
import { notNow } from '#cli/command-failure.js';
import { type OpenedDirectory, openDirectory } from '#cli/opened-directory.js';
import type { Changed, Parked, ParkedAt, Projections } from '#cli/projections.js';
import { isUnderWay, type ReplayStanding } from '#cli/standing.js';
import { seenIn } from '#cli/standing-here.js';
import { logStart } from '#event-log/event-log.js';
import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { type ReplayAsked, ReplayRefused } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import type { Replays } from '#read-models/replay/replays.js';
import type { GoneOn } from '#read-models/stream-replay.js';
import { modelsPath, prepareModelsFile } from '#server/models-file.js';
import { Projecting } from '#server/projecting.js';
import type { ProjectingData } from '#server/projecting-messages.js';
import { models, openParts } from '#server/projecting-parts.js';
import { openReplays } from '#server/replays-over.js';

/** As often as somebody sees a change. */
const lookEveryMs = 200;

export class ProjectionsHere implements Projections {
  readonly goesOn = false;
  readonly #directory: OpenedDirectory;
  #replays: Promise<Replays> | null = null;

  private constructor(directory: OpenedDirectory) {
    this.#directory = directory;
  }

  static async open(call: Call): Promise<ProjectionsHere> {
    const directory = await openDirectory(call);
    try {
      await prepareModelsFile(directory);
      return new ProjectionsHere(directory);
    } catch (error) {
      await directory.close();
      throw error;
    }
  }

  async begin(projection: string, asked: ReplayAsked): Promise<ReplayStanding> {
    return standingOfReplay(await (await this.#opened()).start(projection, asked));
  }

  async replay(build: number): Promise<ReplayStanding> {
    const found = (await this.#opened()).status().find((one) => one.build === build);
    if (found === undefined) throw new ReplayRefused(`there is no replay ${build}`);
    return standingOfReplay(found);
  }

  async *changes(build: number, stopped: AbortSignal): AsyncGenerator<ReplayStanding> {
    for (;;) {
      const standing = await this.replay(build);
      yield standing;
      if (!isUnderWay(standing) || stopped.aborted) return;
      await delay(lookEveryMs, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  async pauseReplay(build: number): Promise<void> {
    await (await this.#opened()).pause(build);
  }

  async resumeReplay(build: number, changed: Changed): Promise<void> {
    await (await this.#opened()).resume(build, changed);
  }

  async cancel(build: number): Promise<void> {
    await (await this.#opened()).cancel(build);
  }

  async drop(build: number): Promise<void> {
    await (await this.#opened()).drop(build);
  }

  async pause(): Promise<void> {
    throw this.#nothingFollows();
  }

  async resume(): Promise<void> {
    throw this.#nothingFollows();
  }

  retry(projection: string, at: ParkedAt): Promise<Parked | null> {
    return this.#goOnWith(projection, at, (projecting) => projecting.retryParked({ ...at, projection }));
  }

  skip(projection: string, at: ParkedAt): Promise<Parked | null> {
    return this.#goOnWith(projection, at, (projecting) => projecting.skipParked({ ...at, projection }));
  }

  close(): Promise<void> {
    return this.#directory.close();
  }

  #opened(): Promise<Replays> {
    this.#replays ??= this.#openReplays();
    return this.#replays;
  }

  async #openReplays(): Promise<Replays> {
    const { closeFirst, log } = this.#directory;
    const parts = await openParts(this.#data());
    closeFirst(() => parts.close());
    const replays = await openReplays(parts, { onTrouble: (text) => log.warn(text) });
    closeFirst(() => replays.close());
    return replays;
  }

  async #goOnWith(
    projection: string,
    { stream, position }: ParkedAt,
    ask: (projecting: Projecting) => Promise<GoneOn>,
  ): Promise<Parked | null> {
    this.#refuseNotParked(projection, { stream, position });
    const projecting = Projecting.start({
      ...this.#data(),
      projections: [projection],
      onMoved: () => undefined,
      onTrouble: (text) => this.#directory.log.warn(text),
    });
    try {
      if ((await ask(projecting)) === 'gone-on') return null;
      const [status] = await projecting.status();
      return status?.parked.find((one) => one.stream === stream) ?? null;
    } finally {
      await projecting.close();
    }
  }

  #refuseNotParked(projection: string, { stream, position }: ParkedAt): void {
    const { builds } = seenIn(this.#directory.dataDirectory);
    const live = builds.find((one) => one.projection === projection && one.isLive);
    const parked = live?.parked.find((one) => one.stream === stream);
    if (live === undefined || parked?.position !== position)
      throw new ReplayRefused(`the stream ${stream} of ${projection} is not parked at ${position}`);
    const { version } = models.find(({ name }) => name === projection) ?? live;
    if (live.version !== version)
      throw notNow(
        `version ${live.version} of ${projection} is live, and this release has version ${version}`,
        `countersign projections replay ${projection} builds that`,
      );
  }

  #data(): ProjectingData {
    const { projected, dataDirectory, masterKeys } = this.#directory;
    return {
      log: projected,
      keysPath: keyFilePath(dataDirectory),
      masterKeys,
      modelsPath: modelsPath(dataDirectory),
      projections: models.map(({ name }) => name),
    };
  }

  #nothingFollows(): Error {
    return notNow(
      'no service runs on the data directory: nothing follows the log',
      'a replay is named by its number, as in countersign projections pause 4',
    );
  }
}

function standingOfReplay({
  asked,
  progress,
  position,
  beganAt,
  endedAt,
  ...rest
}: ReplayStatus): ReplayStanding {
  return {
    ...rest,
    ...progress,
    position: position === logStart ? null : position,
    isDryRun: asked.isDryRun === true,
    beganAt: new Date(beganAt).toISOString(),
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
  };
}
