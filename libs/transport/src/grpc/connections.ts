// The HTTP/2 connections that gRPC is spoken on: what they may take, how many calls are open on them, and how
// they end. grpc-js would make a server of its own, whose limits for headers, resets and memory cannot be set; and
// its timer for the age of each connection, of a random length, leaves a list of timers behind until it would have rung.

import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import * as defaults from '#transport/grpc/limits.js';

export interface ConnectionLimits {
  readonly connectionAgeMs: number;
  readonly connectionAgeGraceMs: number;
  readonly pingEveryMs: number;
  readonly pingAnswerWithinMs: number;
  readonly callCutOffAfterMs: number;
  readonly sweepEveryMs: number;
  readonly graceMs: number;
  readonly lingerMs: number;
  readonly pingsWithoutCallMax: number;
  readonly pingForgivenEveryMs: number;
}

export type TakeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, peer: string) => void;

export interface ConnectionsOptions {
  /** Of grpc-js, which is told of sessions: it ends those whose peer is gone. */
  readonly inner: Http2Server;
  readonly take: TakeStream;
  readonly limits: Partial<ConnectionLimits>;
}

export class Connections {
  readonly #inner: Http2Server;
  readonly #server: Http2Server;
  readonly #limits: ConnectionLimits;
  readonly #sessions = new Map<ServerHttp2Session, Connection>();
  /** With the time of their beginning, oldest first. */
  readonly #calls = new Map<ServerHttp2Stream, number>();
  readonly #sweeper: NodeJS.Timeout;
  /** Look again whenever a call or a connection has ended. */
  readonly #lookers = new Set<() => void>();
  #isDraining = false;

  constructor({ inner, take, limits }: ConnectionsOptions) {
    this.#inner = inner;
    this.#limits = { ...defaults, ...limits };
    this.#server = createServer(http2Options);
    this.#server.on('session', (session) => this.#begin(session));
    this.#server.on('stream', (stream, headers) => {
      // Nobody has to do anything about it: the stream is closed next. Unheard, it would end the process.
      stream.on('error', () => undefined);
      // Node tells of a stream before it reads on. Were that to change, an answer to one that is reset would throw.
      if (stream.destroyed || stream.closed) return;
      const connection = this.#sessions.get(stream.session as ServerHttp2Session);
      if (connection === undefined) return;
      connection.called();
      take(stream, headers, connection.peer);
    });
    this.#sweeper = setInterval(() => this.#sweep(), this.#limits.sweepEveryMs).unref();
  }

  take(socket: Socket): void {
    // As an HTTP/1.1 server's socket it would stay open to a client that has left, and count for ever.
    socket.allowHalfOpen = false;
    this.#server.emit('connection', socket);
  }

  /** From here the stream counts as a call until it is closed, and may take so long at most. */
  count(stream: ServerHttp2Stream, closed?: () => void): void {
    this.#calls.set(stream, performance.now());
    stream.once('close', () => {
      closed?.();
      this.#calls.delete(stream);
      this.#changed();
    });
  }

  /** What stays open for longer than a call ends by itself once its connection is too old, as it is told to. */
  retire(stream: ServerHttp2Stream, end: () => void): void {
    const connection = this.#sessions.get(stream.session as ServerHttp2Session);
    connection?.streams.add(end);
    stream.once('close', () => connection?.streams.delete(end));
  }

  /**
   * grpc-js answers that it is shut down while injected connections are still open: calls are counted here.
   * There is one GOAWAY, with the last call that was taken: nghttp2 ignores those that come after the first one,
   * so that a warning beforehand would leave them without an answer until the end.
   */
  async drain(withinMs: number): Promise<boolean> {
    await delay(Math.min(this.#limits.graceMs, withinMs));
    this.#isDraining = true;
    for (const session of this.#sessions.keys()) session.close();
    const isDrained = await this.#within(withinMs, () => this.#calls.size === 0);
    // Ended at once, a connection on which the client still sends would be reset, and its last answers lost.
    if (isDrained) await this.#within(this.#limits.lingerMs, () => this.#sessions.size === 0);
    return isDrained;
  }

  destroy(): void {
    clearInterval(this.#sweeper);
    for (const session of this.#sessions.keys()) session.destroy();
  }

  #begin(session: ServerHttp2Session): void {
    const connection = new Connection(session.socket.remoteAddress ?? '', this.#limits);
    this.#sessions.set(session, connection);
    session.once('close', () => {
      this.#sessions.delete(session);
      this.#changed();
    });
    session.on('ping', () => {
      if (connection.pinged()) return;
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from('too_many_pings'));
      session.destroy();
    });
    this.#inner.emit('session', session);
    if (this.#isDraining) session.close();
  }

  #within(ms: number, isSo: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), ms);
      const finish = (answer: boolean): void => {
        clearTimeout(timer);
        this.#lookers.delete(look);
        resolve(answer);
      };
      const look = (): void => {
        if (isSo()) finish(true);
      };
      this.#lookers.add(look);
      look();
    });
  }

  #changed(): void {
    for (const look of this.#lookers) look();
  }

  #sweep(): void {
    const now = performance.now();
    this.#sweepConnections(now);
    const bound = now - this.#limits.callCutOffAfterMs;
    for (const [stream, begun] of this.#calls) {
      if (begun > bound) return;
      stream.destroy();
    }
  }

  #sweepConnections(now: number): void {
    for (const [session, { oldAt, streams }] of this.#sessions) {
      if (now < oldAt) continue;
      if (now >= oldAt + this.#limits.connectionAgeGraceMs) session.destroy();
      else if (!session.closed) {
        session.goaway(constants.NGHTTP2_NO_ERROR, lastTaken, Buffer.from('max_age'));
        session.close();
        for (const end of [...streams]) end();
      }
    }
  }
}

const http2Options: ServerOptions = {
  maxHeaderListPairs: defaults.metadataPairsMax,
  maxSessionMemory: defaults.connectionMegabytesMax,
  maxSessionInvalidFrames: defaults.invalidFramesMax,
  streamResetBurst: defaults.resetsBurst,
  streamResetRate: defaults.resetsPerSecond,
  settings: {
    maxConcurrentStreams: defaults.streamsPerConnectionMax,
    maxHeaderListSize: defaults.metadataBytesMax,
    enablePush: false,
  },
};

/** For a GOAWAY: the last stream that was taken, as at the end of the server. */
const lastTaken = 0;

/** So that those who came together, as after a start, do not all come again together. */
const ageSpread = 0.2;

class Connection {
  readonly peer: string;
  readonly oldAt: number;
  /** How each stream on it is ended that is no call. */
  readonly streams = new Set<() => void>();
  readonly #limits: ConnectionLimits;
  #pings = 0;
  #forgivenAt = performance.now();

  constructor(peer: string, limits: ConnectionLimits) {
    this.peer = peer;
    this.#limits = limits;
    const spread = 1 + ageSpread * (Math.random() - 0.5);
    this.oldAt = performance.now() + limits.connectionAgeMs * spread;
  }

  called(): void {
    this.#pings = 0;
  }

  /** False where they are too many. */
  pinged(): boolean {
    const { pingsWithoutCallMax, pingForgivenEveryMs } = this.#limits;
    const forgiven = Math.floor((performance.now() - this.#forgivenAt) / pingForgivenEveryMs);
    this.#forgivenAt += forgiven * pingForgivenEveryMs;
    this.#pings = Math.max(0, this.#pings - forgiven) + 1;
    return this.#pings <= pingsWithoutCallMax;
  }
}
