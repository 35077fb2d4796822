// One call on one wire, and all that came back of it.

import { Agent, request as httpRequest } from 'node:http';

import { Client, credentials, Metadata } from '@grpc/grpc-js';

import type { HttpAsk } from '#test/conformance/access/calls.js';

export interface Heard {
  /** Of gRPC or of HTTP. */
  readonly code: number;
  /** Everything but the request's own id, the date and the connection's own headers, to be compared byte by byte. */
  readonly bytes: string;
  /** The answer itself. */
  readonly body: Buffer;
}

export interface From {
  readonly token: string | null;
  /** Told as by a trusted proxy, so that no caller spends the limit of another one. */
  readonly address: string;
  /** Over HTTP, beside these; a list is sent line by line. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export interface Wires {
  readonly address: string;
  grpc(path: string, request: Buffer, from: From): Promise<Heard>;
  rest(ask: HttpAsk, from: From): Promise<Heard>;
  /** An empty message, as browsers send it. */
  posted(path: string, type: string, from: From): Promise<Heard>;
  close(): void;
}

/** They differ between two answers to the same question, and tell nothing of anybody: what is left is the caller's own. */
const ofTheAnswerAlone = new Set([
  'x-request-id',
  'date',
  'connection',
  'keep-alive',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'ratelimit',
  'ratelimit-policy',
]);

export function wiresTo(port: number): Wires {
  const address = `127.0.0.1:${port}`;
  const client = new Client(address, credentials.createInsecure());
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  return {
    address,
    grpc: (path, request, from) => overGrpc(client, path, { request, from }),
    rest: (ask, from) => overRest({ port, agent }, ask, from),
    posted: (path, type, from) => {
      const body = emptyBodies[type] ?? '';
      return overRest({ port, agent, type }, { verb: 'POST', path, body }, from);
    },
    close: () => {
      client.close();
      agent.destroy();
    },
  };
}

const headersOf = ({ token, address }: From): Record<string, string> => ({
  'x-forwarded-for': address,
  ...(token === null ? {} : { authorization: `Bearer ${token}` }),
});

function overGrpc(
  client: Client,
  path: string,
  { request, from }: { readonly request: Buffer; readonly from: From },
): Promise<Heard> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headersOf(from))) metadata.set(name, value);
  const pass = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    let body: Buffer = Buffer.alloc(0);
    let initial = new Metadata();
    const options = { deadline: Date.now() + 20_000 };
    const call = client.makeUnaryRequest(`/${path}`, pass, pass, request, metadata, options, (_, answer) => {
      body = answer ?? body;
    });
    call.on('metadata', (headers) => {
      initial = headers;
    });
    call.on('status', ({ code, details, metadata: trailers }) => {
      // The callback above comes after this.
      setImmediate(() => {
        const bytes = JSON.stringify([code, details, told(initial), told(trailers), body.toString('latin1')]);
        resolve({ code, bytes, body });
      });
    });
  });
}

const told = (metadata: Metadata) =>
  Object.entries(metadata.toJSON())
    .filter(([name]) => !ofTheAnswerAlone.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => [name, values.map((value) => Buffer.from(value as never).toString('latin1'))]);

const emptyBodies: Readonly<Record<string, string>> = {
  'application/json': '{}',
  'application/grpc-web+proto': '\0\0\0\0\0',
};

interface RestOptions {
  readonly port: number;
  readonly agent: Agent;
  readonly type?: string;
}

function overRest(
  { port, agent, type = 'application/json' }: RestOptions,
  { verb, path, body }: HttpAsk,
  from: From,
): Promise<Heard> {
  const headers = {
    ...headersOf(from),
    ...from.headers,
    ...(body === null ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, agent, method: verb, path, headers },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const answer = Buffer.concat(chunks);
          const code = response.statusCode ?? 0;
          const kept = Object.entries(response.headers).filter(([name]) => !ofTheAnswerAlone.has(name));
          resolve({
            code,
            body: answer,
            bytes: JSON.stringify([code, kept.sort(), answer.toString('latin1')]),
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body ?? undefined);
  });
}
