// A receiver of deliveries on this machine, which answers as a spec tells it to.

import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { certificate, key } from '#transport/testing/certificates.js';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answering = (received: Received, answer: ServerResponse) => void;

export const take: Answering = (_, answer) => answer.writeHead(204).end();
export const refuse: Answering = (_, answer) => answer.writeHead(503).end();
export const never: Answering = () => undefined;

export class Receiver {
  readonly received: Received[] = [];
  answering: Answering = take;
  readonly port: number;
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start({ tls = false, port = 0 } = {}): Promise<Receiver> {
    let receive: RequestListener = () => undefined;
    const listener: RequestListener = (request, answer) => receive(request, answer);
    const server = tls ? createTlsServer({ cert: certificate, key }, listener) : createServer(listener);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const receiver = new Receiver(server, tls ? 'https' : 'http');
    receive = (request, answer) => receiver.#receive(request, answer);
    return receiver;
  }

  urlAt(host: string, path = '/hook'): URL {
    return new URL(`${this.#scheme}://${host}:${this.port}${path}`);
  }

  /** What the bodies say, in the order in which they came. */
  get told(): Record<string, unknown>[] {
    return this.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(...[request, answer]: Parameters<RequestListener>): void {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      const received = { path: request.url ?? '', headers: request.headers, body };
      this.received.push(received);
      this.answering(received, answer);
    });
  }
}
