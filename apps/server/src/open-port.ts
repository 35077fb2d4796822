// The one port with all that is served on it: HTTP/1.1 by Fastify, with Nest's routes and the calls by REST, Connect
// and gRPC-Web, and gRPC beside it.

import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { withAccessLines } from '#server/access-lines.js';
import { clientAddress } from '#server/client-address.js';
import { describeError } from '#server/describe-error.js';
import { registerDialects } from '#server/dialects.js';
import { createHttpServer } from '#server/http-server.js';
import { type PublicKeys, registerKeySet } from '#server/key-set.js';
import type { Log } from '#server/log.js';
import { serverModule } from '#server/module.js';
import { NestLog } from '#server/nest-log.js';
import type { Readiness } from '#server/readiness.js';
import { RefusalFilter } from '#server/refusal-filter.js';
import { requestIdFrom, withRequestId } from '#server/request-id.js';
import { RequestsInFlight } from '#server/requests-in-flight.js';
import type { Settings } from '#server/settings.js';
import type { Served } from '#transport/call.js';
import { createGrpcServer } from '#transport/grpc/server.js';
import { type SharedListener, shareListener } from '#transport/listener.js';
import { registerRest } from '#transport/rest/routes.js';
import type { TlsOptions } from '#transport/tls.js';
import { registerCors } from '#transport/web/cors.js';
import { registerWeb } from '#transport/web/routes.js';

export interface PortOptions {
  readonly settings: Settings;
  readonly tls: TlsOptions | null;
  readonly served: Served;
  readonly readiness: Readiness;
  readonly publicKeys: PublicKeys;
  readonly log: Log;
}

export interface OnePort {
  readonly server: FastifyInstance;
  readonly listener: SharedListener;
  readonly inFlight: RequestsInFlight;
}

/** Ready to listen. */
export async function openPort(options: PortOptions): Promise<OnePort> {
  const { settings, tls, served, readiness, publicKeys, log } = options;
  const inFlight = new RequestsInFlight();
  // They would last longer than an end may take.
  readiness.subscribe(() => {
    if (readiness.isStopping) served.endStreams();
  });
  const addressOf = clientAddress(settings.trustedProxies);
  const server = createHttpServer({
    log,
    inFlight,
    isTls: tls !== null,
    isStopping: () => readiness.isStopping,
  });
  const stackOptions = {
    addressOf: ({ headers, socket }: FastifyRequest) =>
      addressOf(socket.remoteAddress ?? '', (name) => headers[name]?.toString() ?? null),
    onFailure: (error: unknown) =>
      log.error({ error: describeError(error) }, 'a bug: a call over HTTP/1.1 failed'),
  };
  registerCors(server, settings.corsOrigins ?? []);
  registerRest(server, served, stackOptions);
  registerWeb(server, served, stackOptions);
  registerDialects(server, { settings, served, options: stackOptions });
  registerKeySet(server, publicKeys, log);
  const app = await NestFactory.create(serverModule(readiness), new FastifyAdapter(server), {
    logger: new NestLog(log),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new RefusalFilter(log));
  await app.init();
  const health = {
    isServing: () => readiness.isReady,
    subscribe: (changed: () => void) => readiness.subscribe(changed),
  };
  const grpc = createGrpcServer({
    served: withAccessLines(served, log),
    requestIdFrom,
    health,
    addressOf,
    onFailure: (error, requestId) =>
      withRequestId(requestId, () =>
        log.error({ error: describeError(error) }, 'a bug: a call by gRPC failed'),
      ),
  });
  return { server, inFlight, listener: shareListener({ http: server.server, grpc, tls }) };
}
