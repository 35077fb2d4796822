// gRPC on connections that are given to it: every method of what is served; health and reflection by grpc-js.

import type { Http2Server, ServerHttp2Stream } from 'node:http2';

import { logVerbosity, Server, ServerCredentials, type ServerOptions, setLogVerbosity } from '@grpc/grpc-js';

import { isServed, isUnary, type Served } from '#transport/call.js';
import { type Admission, admit, prepareForGrpcJs, type Route } from '#transport/grpc/admission.js';
import type { AddressOf, OpenForLong, Serving } from '#transport/grpc/asked.js';
import { type ConnectionLimits, Connections } from '#transport/grpc/connections.js';
import { pathOf } from '#transport/grpc/definitions.js';
import { addHealth, type Health } from '#transport/grpc/health.js';
import * as limits from '#transport/grpc/limits.js';
import { addReflection } from '#transport/grpc/reflection.js';
import { serveStreaming } from '#transport/grpc/streaming.js';
import { serveUnary } from '#transport/grpc/unary.js';
import type { Http2Side } from '#transport/listener.js';

export interface GrpcServerOptions {
  readonly served: Served;
  /** The caller's own where it is sane, else a new one. */
  readonly requestIdFrom: Admission['requestIdFrom'];
  readonly health: Health;
  readonly onFailure?: Serving['onFailure'];
  /** Without it, the address of the peer. */
  readonly addressOf?: AddressOf;
  readonly limits?: Partial<ConnectionLimits>;
}

export function createGrpcServer({ limits: bounds = {}, ...options }: GrpcServerOptions): Http2Side {
  const { served, health, requestIdFrom, addressOf = (peer) => peer, onFailure = () => undefined } = options;
  const serving: Serving = { served, addressOf, onFailure };
  // It would print what it cannot read of a caller's metadata, and a token may be among it.
  setLogVerbosity(logVerbosity.NONE);
  const grpc = new Server(serverOptions(bounds));
  const watching = addHealth(grpc, served, health);
  const routes = new Map<string, Route>([
    ...methodRoutes(serving),
    ...[...addReflection(grpc, served), watching.check].map((path) => [path, 'call'] as const),
    [watching.watch, 'watch'],
  ]);
  const inner = serverInside(grpc);
  const connections = new Connections({
    inner,
    limits: bounds,
    take: (stream, headers, peer) => {
      const admitted = admit({ routes, requestIdFrom }, stream, headers);
      if (admitted === null) return;
      const { route, requestId, timeoutMs } = admitted;
      if (typeof route === 'object') {
        const asked = { stream, headers, requestId, timeoutMs, peer };
        if (route.kind === 'unary') connections.count(stream, route.serve(asked));
        else keepOpen(connections, stream, route.serve(asked));
        return;
      }
      if (route === 'call') connections.count(stream);
      prepareForGrpcJs(admitted, stream, headers);
      inner.emit('stream', stream, headers, 0);
    },
  });
  return {
    take: (socket) => connections.take(socket),
    drain: (withinMs) => {
      watching.end();
      return connections.drain(withinMs);
    },
    destroy: () => {
      connections.destroy();
      grpc.forceShutdown();
    },
  };
}

function keepOpen(connections: Connections, stream: ServerHttp2Stream, open: OpenForLong): void {
  stream.once('close', () => open.closed());
  connections.retire(stream, () => open.retire());
}

/** It looks whether the peer of a connection is still there. */
function serverOptions(bounds: Partial<ConnectionLimits>): ServerOptions {
  return {
    'grpc.max_receive_message_length': limits.messageBytesMax,
    'grpc.keepalive_time_ms': bounds.pingEveryMs ?? limits.pingEveryMs,
    'grpc.keepalive_timeout_ms': bounds.pingAnswerWithinMs ?? limits.pingAnswerWithinMs,
    'grpc.enable_channelz': 0,
  };
}

function methodRoutes(serving: Serving): readonly (readonly [string, Route])[] {
  const methods = serving.served.services.flatMap((service) => service.methods).filter(isServed);
  return methods.map((method) => [
    pathOf(method),
    isUnary(method)
      ? { kind: 'unary', serve: serveUnary(method, serving) }
      : { kind: 'stream', serve: serveStreaming(method, serving) },
  ]);
}

/** There is no public way to the HTTP/2 server that an injector feeds. The version is pinned, and this fails at start. */
function serverInside(grpc: Server): Http2Server {
  grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const { http2Servers } = grpc as unknown as { readonly http2Servers?: ReadonlyMap<Http2Server, unknown> };
  const [inner] = http2Servers?.keys() ?? [];
  if (inner === undefined) throw new TypeError('this grpc-js keeps its HTTP/2 servers elsewhere');
  return inner;
}
