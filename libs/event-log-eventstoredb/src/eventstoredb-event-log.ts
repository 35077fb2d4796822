// The event log on EventStoreDB, by its Node client. The client runs in a thread of its own; every rule that
// makes appends exactly once and subscriptions whole is on this side, where it survives that thread.

import { randomUUID } from 'node:crypto';

import { checkRead } from '#event-log/check-read.js';
import { checkName, type EncodedAppend, encodeAppend } from '#event-log/encode-append.js';
import { corrupt, EventLogError, unavailable } from '#event-log/errors.js';
import type {
  AppendResult,
  EventLog,
  ExpectedRevision,
  NewEvent,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StreamPage,
  SubscribeOptions,
} from '#event-log/event-log.js';
import { Appends } from '#event-log-eventstoredb/appends.js';
import { identityStream, identityType } from '#event-log-eventstoredb/identity-stream.js';
import {
  appendBytesInFlightMax,
  appendsInFlightMax,
  defaultTimings,
  type Timings,
} from '#event-log-eventstoredb/limits.js';
import { decodePosition } from '#event-log-eventstoredb/position.js';
import { Reachability } from '#event-log-eventstoredb/reachability.js';
import { Reads } from '#event-log-eventstoredb/reads.js';
import { ResumingSubscription } from '#event-log-eventstoredb/resuming-subscription.js';
import type { Server } from '#event-log-eventstoredb/server.js';
import { checkConnectionString, type EventStoreDbSettings } from '#event-log-eventstoredb/settings.js';
import { ThreadLink } from '#event-log-eventstoredb/thread-link.js';
import { Window } from '#event-log-eventstoredb/window.js';

export class EventStoreDbEventLog implements EventLog {
  readonly #server: Server;
  readonly #reads: Reads;
  readonly #appends: Appends;
  readonly #window: Window;
  readonly #subscriptions = new Set<ResumingSubscription>();
  readonly #underWay = new Set<Promise<unknown>>();
  /** As last told to somebody; what subscriptions go on with has to be the same log. */
  #toldIdentity: string | null = null;
  #closing: Promise<void> | null = null;

  private constructor(link: ThreadLink, timings: Timings) {
    this.#server = { link, reachability: new Reachability(() => probe(link, timings.probeMs)), timings };
    this.#window = new Window({
      countMax: appendsInFlightMax,
      weightMax: appendBytesInFlightMax,
      waitMs: timings.appendTotalMs,
    });
    this.#reads = new Reads(this.#server);
    this.#appends = new Appends(this.#server, this.#reads);
  }

  /**
   * Does not need the server: until it is there, calls are refused as `unavailable`. Throws `TypeError` for
   * a connection string that cannot be used.
   */
  static async open(settings: EventStoreDbSettings): Promise<EventStoreDbEventLog> {
    const { connectionString } = settings;
    checkConnectionString(connectionString);
    const timings = { ...defaultTimings, ...settings.timings };
    const link = await ThreadLink.start(
      { connectionString, timings },
      {
        foreign: (foreign) => settings.onForeignEvents?.(foreign),
        restarted: (reason) => settings.onRestart?.(reason),
      },
    );
    return new EventStoreDbEventLog(link, timings);
  }

  async append(
    stream: string,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<AppendResult> {
    this.#refuseWhenClosed();
    if (stream === identityStream) throw new TypeError(`stream ${stream} belongs to the log itself`);
    return this.#append(encodeAppend(stream, events, expected));
  }

  async readStream(stream: string, options: ReadStreamOptions): Promise<StreamPage> {
    this.#refuseWhenClosed();
    checkName('stream', stream);
    checkRead(options);
    return this.#track(this.#reads.readStream(stream, options));
  }

  async readAll(options: ReadAllOptions): Promise<readonly RecordedEvent[]> {
    this.#refuseWhenClosed();
    checkRead(options);
    if (options.direction === 'forward') decodePosition(options.after);
    else if (options.before !== 'end') decodePosition(options.before);
    return this.#track(this.#reads.readAll(options));
  }

  subscribe(options: SubscribeOptions): ResumingSubscription {
    this.#refuseWhenClosed();
    decodePosition(options.after);
    const subscription = new ResumingSubscription(this.#server, options, {
      isOtherLog: () => this.#isOtherLog(),
      onEnd: (ended) => this.#subscriptions.delete(ended),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async head(): Promise<Position> {
    this.#refuseWhenClosed();
    return this.#track(this.#reads.head());
  }

  /**
   * The id of the one event in a stream of the log's own, written when it is first asked for; of several
   * processes one writes it, and all read it. It is never remembered: a wiped database must be found out.
   */
  async identity(): Promise<string> {
    this.#refuseWhenClosed();
    this.#toldIdentity = (await this.#storedIdentity()) ?? (await this.#identify());
    return this.#toldIdentity;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #identify(): Promise<string> {
    const marker = {
      id: randomUUID(),
      type: identityType,
      data: {},
      metadata: { time: new Date().toISOString() },
    };
    try {
      await this.#append(encodeAppend(identityStream, [marker], 'no-stream'));
      return marker.id;
    } catch (error) {
      if (!(error instanceof EventLogError) || error.code !== 'version-conflict') throw error;
    }
    const written = await this.#storedIdentity();
    if (written === null) throw corrupt(null, 'the log lost its identity');
    return written;
  }

  async #isOtherLog(): Promise<boolean> {
    const told = this.#toldIdentity;
    return told !== null && (await this.#storedIdentity()) !== told;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.return()));
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    this.#server.reachability.close();
    await this.#server.link.close();
  }

  #append(append: EncodedAppend): Promise<AppendResult> {
    const bytes = append.events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
    return this.#track(this.#window.run(bytes, () => this.#appends.append(append)));
  }

  async #storedIdentity(): Promise<string | null> {
    const options = { direction: 'forward', from: 0, limit: 1 } as const;
    const page = await this.#track(this.#reads.readStream(identityStream, options));
    return page.status === 'found' ? (page.events[0]?.id ?? null) : null;
  }

  #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay.add(work);
    const done = () => this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== null) throw unavailable('it is closed');
  }
}

async function probe(link: ThreadLink, timeoutMs: number): Promise<string | null> {
  const outcome = await link.call({ kind: 'head', isProbe: true }, timeoutMs);
  if (outcome.ok) return null;
  const { meaning, reason } = outcome.failure;
  return meaning === 'retry' || meaning === 'not-leader' ? reason : null;
}
