// How an attack is sent, and what came back: every request is answered, or its connection is closed, in time.

import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';

import type { GrpcAttack } from '#test/faults/hostile-grpc.js';
import type { HttpAttack } from '#test/faults/hostile-http.js';

/** Of HTTP or gRPC; or the end of a connection without any; or nothing at all, which is wrong. */
export interface Reply {
  readonly said: 'http' | 'http/2' | 'grpc' | 'closed' | 'nothing';
  readonly codes: readonly number[];
  readonly text: string;
}

/** As long as the server may take for a request that is never finished, and some seconds for a slow machine. */
export const answerWithinMs = 30_000;

async function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  // That the other side cuts off is an answer here.
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve).once('close', () => resolve());
  });
  return socket;
}

/** All that comes back until the connection ends; null where it does not. */
async function heardFrom(socket: Socket, withinMs: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const isOver = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    socket.on('end', end).on('close', end);
    if (socket.destroyed) end();
  });
  socket.destroy();
  return isOver ? Buffer.concat(chunks) : null;
}

/**
 * What may not be finished is not waited for: the other side is told that nothing more comes. Who says so of a
 * sound request has left, and is not answered.
 */
export async function sendHttp(port: number, { bytes, isSound }: HttpAttack): Promise<Reply> {
  const socket = await opened(port);
  const heard = heardFrom(socket, answerWithinMs);
  if (isSound) socket.write(bytes);
  else socket.end(bytes);
  const answer = await heard;
  if (answer === null) return { said: 'nothing', codes: [], text: '' };
  const text = answer.toString('latin1');
  const codes = [...text.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, code]) => Number(code));
  return { said: codes.length === 0 ? 'closed' : 'http', codes, text: text.slice(0, 500) };
}

/** The connection is left in the middle of it: what counts is what becomes of the others. */
export async function sendFrames(port: number, bytes: Buffer, stayMs: number): Promise<Reply> {
  const socket = await opened(port);
  const heard = heardFrom(socket, stayMs);
  socket.write(bytes);
  await heard;
  return { said: 'closed', codes: [], text: '' };
}

/** A few connections for all calls, opened anew when one was ended. */
export class GrpcWire {
  readonly #port: number;
  #session: ClientHttp2Session | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  close(): void {
    this.#session?.destroy();
  }

  send(attack: GrpcAttack): Promise<Reply> {
    return new Promise((resolve) => {
      const stream = this.#opened().request({ ...attack.headers }, { endStream: false });
      const timer = setTimeout(() => end('nothing', []), answerWithinMs);
      let status: number | null = null;
      let text = '';
      const end = (said: Reply['said'], codes: readonly number[]): void => {
        clearTimeout(timer);
        stream.destroy();
        resolve({ said, codes, text });
      };
      const look = (headers: Record<string, unknown>): void => {
        if (headers['grpc-status'] === undefined) return;
        status = Number(headers['grpc-status']);
        text = String(headers['grpc-message'] ?? '');
      };
      stream.on('error', () => undefined);
      let http = 0;
      stream.on('response', (headers) => {
        http = Number(headers[':status'] ?? 0);
        look(headers);
      });
      stream.on('trailers', look);
      stream.on('data', () => undefined);
      stream.on('close', () => {
        if (status !== null) end('grpc', [status]);
        else end(http === 0 ? 'closed' : 'http/2', http === 0 ? [] : [http]);
      });
      stream.end(attack.body);
      if (attack.leaves) stream.close(constants.NGHTTP2_CANCEL);
    });
  }

  #opened(): ClientHttp2Session {
    const known = this.#session;
    if (known !== null && !known.closed && !known.destroyed) return known;
    const session = connectHttp2(`http://127.0.0.1:${this.#port}`);
    session.on('error', () => undefined);
    session.on('goaway', () => session.close());
    this.#session = session;
    return session;
  }
}
