// /metrics, on a listener of its own: who may see how much is going on is not who may call, and a full port
// of calls must still be measured.

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { ListenAddress } from '#server/setting-values.js';
import { settingsTable } from '#server/settings.js';
import { StartRefusal } from '#server/start-refusal.js';
import { contentType } from '#telemetry/registry.js';
import type { TlsOptions } from '#transport/tls.js';

export interface MetricsListener {
  close(): void;
}

export interface MetricsListenerOptions {
  readonly listen: ListenAddress;
  /** As on the one port. */
  readonly tls: TlsOptions | null;
  readonly text: () => string;
  readonly log: Log;
}

/** Those who scrape are few, and ask every some seconds. */
const connectionsMax = 32;
const requestWithinMs = 5_000;
const headerBytesMax = 8 * 1024;
/** Longer than the minute in which whoever asks seldom asks again. */
const keepAliveMs = 65_000;

export async function listenForMetrics(options: MetricsListenerOptions): Promise<MetricsListener> {
  const server = serverOf(options);
  const { host, port } = options.listen;
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    const { code } = describeError(error);
    const { name } = settingsTable.metricsListen;
    throw new StartRefusal(`${name}: ${host} port ${port} cannot be listened on (${code})`, {
      cause: error,
    });
  }
  // A connection that cannot be taken, as without a file descriptor left: calls go on, and so does who scrapes, later.
  server.on('error', (error) =>
    options.log.error({ error: describeError(error) }, 'the listener of metrics'),
  );
  const bound = server.address() as AddressInfo;
  options.log.info({ host: bound.address, port: bound.port }, 'metrics');
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function serverOf({ tls, text }: MetricsListenerOptions): Server {
  const limits = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: requestWithinMs,
    requestTimeout: requestWithinMs,
    keepAliveTimeout: keepAliveMs,
  };
  const server =
    tls === null
      ? createServer(limits, answering(text))
      : createTlsServer({ ...limits, ...secureOptions(tls) }, answering(text));
  server.maxConnections = connectionsMax;
  return server;
}

function answering(text: () => string): RequestListener {
  return ({ method, url = '' }, answer) => {
    const [path] = url.split('?');
    if (path !== '/metrics') answer.writeHead(404).end();
    else if (method !== 'GET' && method !== 'HEAD') answer.writeHead(405, { allow: 'GET, HEAD' }).end();
    else
      answer
        .writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' })
        .end(method === 'GET' ? text() : '');
  };
}

function secureOptions({ certificate, key, clientAuthority }: TlsOptions) {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2' as const,
    handshakeTimeout: requestWithinMs,
    ...(clientAuthority !== null && { ca: clientAuthority, requestCert: true, rejectUnauthorized: true }),
  };
}
