// The rows that queries are answered from, made by one thread and read by others, so that the one that serves waits for
// no disk: kept in a file beside the log, or in a PostgreSQL that several servers share.

import { setTimeout as delay } from 'node:timers/promises';

import type { Application } from '#application/application.js';
import type { Secrets } from '#application/parts.js';
import type { EventLog } from '#event-log/event-log.js';
import { Hurry } from '#read-models/hurry.js';
import { notedLog } from '#read-models/noted-log.js';
import { openQueries, type Queries } from '#read-models/queries/open-queries.js';
import type { OpenSealed } from '#read-models/queries/queries.js';
import { ModelStoreError, type Reading } from '#read-models/store.js';
import { Waits } from '#read-models/waits.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { type KeptRows, openKeptRows } from '#server/kept-rows.js';
import type { Log } from '#server/log.js';
import type { Metrics } from '#server/metrics/metrics.js';
import { Projecting } from '#server/projecting.js';
import type { ProjectingData } from '#server/projecting-messages.js';
import { models } from '#server/projecting-parts.js';
import { watchProjections } from '#server/projection-watch.js';
import { Replaying } from '#server/replaying.js';
import type { ReadModelsChoice } from '#server/setting-values.js';
import type { Traces } from '#telemetry/traces.js';

export interface ReadModelsOptions {
  readonly dataDirectory: string;
  readonly eventLog: EventLog;
  /** How the thread that projects comes to the same log. */
  readonly projected: ProjectingData['log'];
  /** No other process appends to this log. */
  readonly soleWriter: boolean;
  readonly readModels: ReadModelsChoice;
  readonly masterKeys: MasterKeys;
  readonly log: Log;
  /** Users of these streams were erased by some server that shares the keys. */
  readonly onErased?: (streams: readonly string[]) => void;
  /** Some may have been erased of whom nothing was told. */
  readonly onErasuresMissed?: () => void;
  /** Left out where nobody asks. */
  readonly metrics?: Metrics;
  /** Left out where nothing is traced. */
  readonly traces?: Pick<Traces, 'projected'>;
}

interface Parts {
  readonly waits: Waits;
  readonly projecting: Projecting;
  readonly replaying: Replaying;
  /** The start is over. */
  readonly begun: () => void;
  readonly rows: KeptRows;
  readonly endWatch: () => void;
}

const projections: readonly string[] = models.map(({ name }) => name);
/** Who is a little behind has caught up by then. What is built anew takes minutes, and commands can do without. */
const startMaxMs = 5_000;
const lookAgainMs = 100;

export class ReadModels {
  /** For commands: a query then sees what was acknowledged before it. */
  readonly eventLog: EventLog;
  readonly #parts: Parts;
  #isCaughtUp = false;
  #isClosed = false;

  private constructor(log: EventLog, parts: Parts) {
    this.#parts = parts;
    this.eventLog = notedLog(log, (position) => parts.waits.note(position));
  }

  /** Throws `StartRefusal`. */
  static async open(options: ReadModelsOptions): Promise<ReadModels> {
    const { eventLog, projected, soleWriter, masterKeys, log, metrics, traces } = options;
    const { onErased, onErasuresMissed } = options;
    const onTrouble = (reason: string, projection: string | null = null) =>
      log.error({ reason, ...(projection !== null && { projection }) }, 'the read models');
    const rows = await openKeptRows({ ...options, onTrouble });
    const { lookUp, events, stored } = rows;
    // Where other servers may make the rows, or wait for them, nobody can ask for haste.
    const hurry = stored.shared === undefined ? new Hurry() : null;
    const waits = new Waits({
      log: eventLog,
      soleWriter,
      ...(hurry && { hurry }),
      ...(lookUp && { lookUp }),
    });
    const threads = { log: projected, ...stored, masterKeys, projections, onTrouble };
    const begun = Promise.withResolvers<void>();
    const projecting: Projecting = Projecting.start({
      ...threads,
      ...(hurry && { hurry: hurry.buffer }),
      onMoved: (projection, position) => waits.moveTo(projection, position),
      onHeld: (token) => replaying.held(token),
      onReplayLeft: () => replaying.goOn(),
      ...(onErased && { onErased }),
      ...(onErasuresMissed && { onErasuresMissed }),
      ...(traces && {
        onProjected: (projected) => {
          for (const one of projected) traces.projected(one);
        },
      }),
    });
    // A start waits for the rows that are live: what is built beside them comes after.
    const replaying = Replaying.start({ ...threads, projecting, after: begun.promise });
    const status = () => projecting.status();
    const endWatch =
      metrics === undefined ? () => undefined : watchProjections({ projections, status, metrics, events });
    return new ReadModels(eventLog, { waits, projecting, replaying, begun: begun.resolve, rows, endWatch });
  }

  /** Whether everything is in the rows that was in the log when `catchUp` began. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** For operators. */
  get threads(): Pick<Parts, 'projecting' | 'replaying'> {
    return this.#parts;
  }

  queriesOf({ parts: { secrets, clock } }: Application): Queries {
    const { rows, waits } = this.#parts;
    const read = <Answer>(ask: (reading: Reading) => Promise<Answer>, signal: AbortSignal) =>
      rows.read(ask, { waits, projections, signal });
    return openQueries({ store: { read }, waits, names: secrets.names, open: openerOf(secrets), clock });
  }

  /** Rejects where they cannot be read just now. */
  look(): Promise<void> {
    return this.#parts.rows.look();
  }

  /** One server at a time does it. */
  firstStart(...given: Parameters<KeptRows['firstStart']>): Promise<void> {
    return this.#parts.rows.firstStart(...given);
  }

  /** Resolves when it is, or when a start should not wait for it any longer. */
  async catchUp(): Promise<void> {
    const { waits } = this.#parts;
    const position = await this.eventLog.head();
    // From now on each query waits for at least that much.
    waits.note(position);
    const isThere = () => waits.awaitPosition({ projections, position }).then((late) => late === null);
    const caughtUp = async () => {
      while (!this.#isClosed && !this.#isCaughtUp) {
        this.#isCaughtUp = await isThere().catch(onlyUnavailable);
        if (!this.#isCaughtUp) await delay(lookAgainMs, undefined, { ref: false });
      }
    };
    await Promise.race([caughtUp(), delay(startMaxMs, undefined, { ref: false })]);
    this.#parts.begun();
  }

  /** Before the log and the keys. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { waits, projecting, replaying, rows, endWatch } = this.#parts;
    endWatch();
    waits.close();
    await rows.close();
    // Last, since they take the WAL into the file, which who only reads cannot; and both at once, since each has its time.
    await Promise.all([replaying.close(), projecting.close()]);
  }
}

/** Readiness tells of it, and it passes. */
function onlyUnavailable(error: unknown): false {
  if (error instanceof ModelStoreError) return false;
  throw error;
}

/** What stays sealed in rows is opened by who answers, for as long as there is a key. */
const openerOf =
  ({ keys, open }: Pick<Secrets, 'keys' | 'open'>): OpenSealed =>
  async ({ userStream, organizationId, purpose, factor, sealed }) => {
    const key = await keys.get(userStream);
    return key === null ? null : open(key, { organizationId, subject: userStream, factor, purpose }, sealed);
  };
