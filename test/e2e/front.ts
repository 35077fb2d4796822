// What stands between browsers and a service: it ends TLS, has a page for each host that it is asked by, hands on what is
// under /api, and notes what browsers sent and were answered there.

import {
  request as ask,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server as Listener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { certificate, key } from '#transport/testing/certificates.js';

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
}

export class Front {
  readonly heard: Heard[] = [];
  /** Which its page plants. */
  cookies: readonly string[] = [];
  /** Where the service is. */
  service: URL | null = null;
  readonly #listener: Listener;
  readonly #scheme: 'http' | 'https';

  private constructor(listener: Listener, scheme: 'http' | 'https') {
    this.#listener = listener;
    this.#scheme = scheme;
  }

  static async start(scheme: 'http' | 'https'): Promise<Front> {
    const listener = scheme === 'https' ? createTlsServer({ cert: certificate, key }) : createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const front = new Front(listener, scheme);
    listener.on('request', (request, reply) => front.#answer(request, reply));
    return front;
  }

  at(host: string): string {
    return `${this.#scheme}://${host}:${(this.#listener.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#listener.closeAllConnections();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #answer(request: IncomingMessage, reply: ServerResponse): void {
    if (this.service !== null && request.url?.startsWith('/api/')) this.#handOn(this.service, request, reply);
    else {
      reply.writeHead(200, { 'content-type': 'text/html', 'set-cookie': [...this.cookies] });
      reply.end(request.url === '/framed' ? framed : page);
    }
  }

  #handOn(service: URL, request: IncomingMessage, reply: ServerResponse): void {
    const { method = '', url: path = '', headers } = request;
    const asked = ask(new URL(path, service), { method, headers }, (answered) => {
      const { statusCode: status = 0 } = answered;
      this.heard.push({ method, path, headers, status });
      reply.writeHead(status, answered.headers);
      answered.pipe(reply);
    });
    asked.on('error', (error) => reply.destroy(error));
    request.pipe(asked);
  }
}

/** Sandboxed, the same page is of no origin. */
const framed = '<!doctype html><iframe sandbox="allow-scripts allow-forms" src="/"></iframe>';

/** With all that a page can do to send something, by name. */
const page = `<!doctype html><title>a page</title><iframe name="aside"></iframe><script>
const logIn = JSON.stringify({ email: 'mallory@example.com', password: 'of somebody else' });
const post = (url, more) => fetch(url, { method: 'POST', credentials: 'include', ...more });
const form = (url, enctype, fields) => {
  const made = Object.assign(document.createElement('form'), { method: 'POST', action: url, enctype });
  for (const [name, value] of fields) made.append(Object.assign(document.createElement('input'), { name, value }));
  document.body.append(made);
  // Later, so that whoever asked for it is answered before the page is gone.
  setTimeout(() => made.submit());
  return made;
};
const ways = {
  'a fetch': (url) => post(url, { mode: 'no-cors' }),
  'a fetch of JSON': (url) => post(url, { headers: { 'content-type': 'application/json' }, body: logIn }),
  'a fetch of bytes': (url) => post(url, { mode: 'no-cors', body: new TextEncoder().encode(logIn) }),
  'a fetch to read': (url) => fetch(url, { credentials: 'include' }),
  'a beacon': (url) => navigator.sendBeacon(url, logIn),
  'a form': (url) => form(url, 'application/x-www-form-urlencoded', []),
  // What stands around the equals sign is JSON together with it.
  'a form of text': (url) => form(url, 'text/plain', [[logIn.slice(0, -1) + ',"more":"', '"}']]),
};
async function attack(way, url) {
  try {
    const done = await ways[way](url);
    return done instanceof HTMLFormElement ? 'submitted' : 'sent';
  } catch (error) {
    return error.name;
  }
}
async function call(method, url, body) {
  const headers = body === null ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url, { method, credentials: 'include', headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}
</script>`;
