// A listening server as the service opens it, with REST beside the calls of browsers, whose calls answer with what they
// were asked, unless told otherwise.

import type { AddressInfo } from 'node:net';

import { create, type DescMessage, type JsonValue, type Message, toBinary, toJson } from '@bufbuild/protobuf';
import { pino } from 'pino';

import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { createHttpServer } from '#server/http-server.js';
import { RequestsInFlight } from '#server/requests-in-flight.js';
import type { Answered, Incoming } from '#transport/call.js';
import { registerRest } from '#transport/rest/routes.js';
import { lenientService, strictService } from '#transport/testing/made-up-contract.js';
import { reading } from '#transport/testing/reading.js';
import { unaryOnly } from '#transport/testing/unary-only.js';
import { registerCors } from '#transport/web/cors.js';
import { registerWeb } from '#transport/web/routes.js';

export interface WebCall {
  readonly method: string;
  readonly request: JsonValue;
  readonly incoming: Incoming;
}

export interface WebServer {
  readonly url: string;
  readonly calls: readonly WebCall[];
  readonly failures: readonly unknown[];
  ask(path: string, request?: RequestInit): Promise<Response>;
  /** To a method that answers with what it was asked. */
  post(contentType: string, body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface WebServerOptions {
  readonly answer?: (message: Message, incoming: Incoming) => Answered | Promise<Answered>;
  readonly origins?: readonly string[];
  readonly deadlineMs?: number;
}

/** Of a message that is its own answer. */
export const echoPath = `/${lenientService.typeName}/Add`;
export const strictPath = `/${strictService.typeName}/Add`;

export async function openWebServer(options: WebServerOptions = {}): Promise<WebServer> {
  const { answer, origins = [], deadlineMs } = options;
  const calls: WebCall[] = [];
  const failures: unknown[] = [];
  const invoke = reading((method, message, incoming) => {
    calls.push({ method: method.name, request: toJson(method.input, message), incoming });
    return answer?.(message, incoming) ?? { kind: 'answered', message, headers: {} };
  });
  const server = createHttpServer({
    log: pino({ level: 'silent' }),
    inFlight: new RequestsInFlight(),
    isTls: false,
    isStopping: () => false,
  });
  const served = unaryOnly({ services: [UserService, lenientService, strictService], invoke });
  const stackOptions = {
    addressOf: ({ ip }: { readonly ip: string }) => ip,
    onFailure: (error: unknown) => {
      failures.push(error);
    },
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
  registerCors(server, origins);
  registerRest(server, served, stackOptions);
  registerWeb(server, served, stackOptions);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  const ask = (path: string, request?: RequestInit) => fetch(`${url}${path}`, request);
  return {
    url,
    calls,
    failures,
    ask,
    post: (contentType, body, headers = {}) =>
      ask(echoPath, {
        method: 'POST',
        headers: { 'content-type': contentType, ...headers },
        body: typeof body === 'string' ? body : new Uint8Array(body),
      }),
    close: async () => {
      const closed = server.close();
      server.server.closeAllConnections();
      await closed;
    },
  };
}

export interface WebFrame {
  readonly flags: number;
  readonly bytes: Buffer;
}

export function frame(bytes: Uint8Array, flags = 0, length = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

export function framesIn(body: Buffer): readonly WebFrame[] {
  if (body.length === 0) return [];
  const end = 5 + body.readUInt32BE(1);
  return [{ flags: body.readUInt8(0), bytes: body.subarray(5, end) }, ...framesIn(body.subarray(end))];
}

/** What a call over gRPC-Web ended with, as its last frame says. */
export function trailersIn(body: Buffer): Readonly<Record<string, string>> {
  const last = framesIn(body).at(-1);
  const lines = last?.flags === 0x80 ? last.bytes.toString('latin1').split('\r\n') : [];
  return Object.fromEntries(
    lines
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );
}

export async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

export interface WebEnd {
  readonly code: string | undefined;
  readonly message: string;
}

/** How a call ended, in either protocol. */
export async function endOf(response: Response): Promise<WebEnd> {
  const bytes = await bytesOf(response);
  if (!response.headers.get('content-type')?.startsWith('application/grpc-web')) {
    return JSON.parse(bytes.toString()) as WebEnd;
  }
  const isText = response.headers.get('content-type')?.includes('text') ?? false;
  const { 'grpc-status': code, 'grpc-message': message = '' } = trailersIn(
    isText ? Buffer.from(bytes.toString(), 'base64') : bytes,
  );
  return { code, message: decodeURIComponent(message) };
}

export const things: DescMessage = lenientService.methods[0]?.input as DescMessage;
export const proto = Buffer.from(toBinary(things, create(things, { userId: 'u' } as never)));
export const json = Buffer.from('{"userId":"u"}');
