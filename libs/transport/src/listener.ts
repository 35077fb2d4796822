// One port for everything: a connection's first bytes say whether it is HTTP/2 with prior knowledge, which
// is gRPC, or HTTP/1.1; with TLS its handshake says so. Without this file there would be two ports.

import type { Server as NetServer, Socket } from 'node:net';

import { connectionsMax, drainWithinMs, firstBytesWithinMs } from '#transport/listener-limits.js';
import { type TlsOptions, tlsServer } from '#transport/tls.js';

/** RFC 9113 §3.4. No method of HTTP/1.1 begins with PRI and a blank. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** What serves the connections that speak HTTP/2. */
export interface Http2Side {
  take(socket: Socket): void;
  /** Asks for no more calls; answers when all that were begun are answered, or false when the time is over. */
  drain(withinMs: number): Promise<boolean>;
  /** Ends what is left of it. */
  destroy(): void;
}

export interface ListenerLimits {
  readonly connectionsMax: number;
  readonly firstBytesWithinMs: number;
  readonly drainWithinMs: number;
}

export interface ListenerOptions {
  /** Fastify's own server: it listens, and closing it closes the door. */
  readonly http: NetServer;
  readonly grpc: Http2Side;
  readonly tls?: TlsOptions | null;
  readonly limits?: Partial<ListenerLimits>;
}

export interface SharedListener {
  /** To be called when the door is closed, beside the draining of HTTP/1.1; false where calls were still open. */
  drain(): Promise<boolean>;
  /** Ends every connection that is left, whatever it speaks; a server that is closed is then done. */
  destroy(): void;
}

type Take = (socket: Socket) => void;

interface Ways {
  readonly http1: Take;
  readonly http2: Take;
}

export function shareListener({ http, grpc, tls = null, limits = {} }: ListenerOptions): SharedListener {
  const bounds = { connectionsMax, firstBytesWithinMs, drainWithinMs, ...limits };
  const connections = new Set<Socket>();
  const ways: Ways = { http1: takeListeners(http), http2: (socket) => grpc.take(socket) };
  const enter = tls === null ? byFirstBytes(ways, bounds.firstBytesWithinMs) : byHandshake(ways, tls);
  http.maxConnections = bounds.connectionsMax;
  http.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    enter(socket);
  });
  return {
    drain: () => grpc.drain(bounds.drainWithinMs),
    destroy: () => {
      grpc.destroy();
      for (const socket of connections) socket.destroy();
    },
  };
}

/** Takes the server's own listeners away, and answers what they did. */
function takeListeners(http: NetServer): Take {
  const listeners = http.listeners('connection');
  if (listeners.length === 0) throw new TypeError('this HTTP server does not listen to its connections');
  http.removeAllListeners('connection');
  return (socket) => {
    for (const listener of listeners) listener.call(http, socket);
  };
}

function byHandshake({ http1, http2 }: Ways, tls: TlsOptions): Take {
  const secure = tlsServer(tls, (socket) => (socket.alpnProtocol === 'h2' ? http2 : http1)(socket));
  return (socket) => {
    secure.emit('connection', socket);
  };
}

/** Either side finds the bytes put back, as if nobody had looked at them. */
function byFirstBytes({ http1, http2 }: Ways, withinMs: number): Take {
  return (socket) => {
    let seen: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), withinMs);
    const look = (): void => {
      const bytes = socket.read() as Buffer | null;
      if (bytes === null) return;
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
      const verdict = protocolOf(seen);
      if (verdict === 'undecided') return;
      leave();
      socket.unshift(seen);
      (verdict === 'http2' ? http2 : http1)(socket);
    };
    const end = (): void => void socket.destroy();
    const leave = (): void => {
      clearTimeout(timer);
      socket.off('readable', look).off('end', end).off('error', end).off('close', leave);
    };
    socket.on('readable', look).on('end', end).on('error', end).on('close', leave);
  };
}

/** `undecided` for as long as the bytes are a part of the preface. */
function protocolOf(seen: Buffer): 'http1' | 'http2' | 'undecided' {
  const length = Math.min(seen.length, preface.length);
  if (preface.compare(seen, 0, length, 0, length) !== 0) return 'http1';
  return length === preface.length ? 'http2' : 'undecided';
}
