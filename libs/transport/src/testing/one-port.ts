// The one port as the server opens it, with an `invoke` that a test brings.

import { type AddressInfo, connect, type Socket } from 'node:net';

import type { DescService } from '@bufbuild/protobuf';
import { type FastifyInstance, fastify } from 'fastify';

import type { Invoke, Served } from '#transport/call.js';
import type { AddressOf } from '#transport/grpc/asked.js';
import type { ConnectionLimits } from '#transport/grpc/connections.js';
import type { Health } from '#transport/grpc/health.js';
import { createGrpcServer } from '#transport/grpc/server.js';
import { type ListenerLimits, type SharedListener, shareListener } from '#transport/listener.js';
import { EchoService } from '#transport/testing/echo-contract.js';
import { reading } from '#transport/testing/reading.js';
import { unaryOnly } from '#transport/testing/unary-only.js';
import type { TlsOptions } from '#transport/tls.js';

export interface OnePortOptions {
  readonly services?: readonly DescService[];
  readonly invoke?: Invoke;
  /** Instead of the two above. */
  readonly served?: Served;
  readonly health?: Health;
  readonly addressOf?: AddressOf;
  readonly onFailure?: (error: unknown, requestId: string) => void;
  readonly tls?: TlsOptions;
  readonly listenerLimits?: Partial<ListenerLimits>;
  readonly connectionLimits?: Partial<ConnectionLimits>;
}

export interface OnePort {
  readonly http: FastifyInstance;
  readonly listener: SharedListener;
  readonly port: number;
  readonly address: string;
  /** A raw connection, for what no client would send. */
  connect(): Socket;
  close(): Promise<void>;
}

export const echo: Invoke = reading((_method, message) => ({ kind: 'answered', message, headers: {} }));

const alwaysServing: Health = { isServing: () => true, subscribe: () => () => undefined };

export async function openOnePort(options: OnePortOptions = {}): Promise<OnePort> {
  const {
    services = [EchoService],
    invoke = echo,
    served = unaryOnly({ services, invoke }),
    health = alwaysServing,
    addressOf,
    onFailure = () => undefined,
    tls,
    listenerLimits,
    connectionLimits,
  } = options;
  const http = fastify({ keepAliveTimeout: 1_000, forceCloseConnections: false });
  http.get('/hello', async () => ({ hello: 'there' }));
  http.post('/echo', async (request) => request.body);
  const grpc = createGrpcServer({
    served,
    requestIdFrom: (inbound) => (typeof inbound === 'string' && inbound.length >= 8 ? inbound : 'made-up-id'),
    health,
    onFailure,
    ...(addressOf !== undefined && { addressOf }),
    ...(connectionLimits !== undefined && { limits: connectionLimits }),
  });
  const listener = shareListener({ http: http.server, grpc, tls: tls ?? null, limits: listenerLimits ?? {} });
  await http.listen({ host: '127.0.0.1', port: 0 });
  const { port } = http.server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = http.close();
    listener.destroy();
    await closed;
  };
  return {
    http,
    listener,
    port,
    address: `127.0.0.1:${port}`,
    connect: () => connect(port, '127.0.0.1'),
    close,
  };
}
