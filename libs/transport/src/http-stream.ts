// Streams over HTTP/1.1: written to the answer itself as they come, since nothing that stands before it can wait.

import type { Message } from '@bufbuild/protobuf';
import type { FastifyReply } from 'fastify';

import type { Status, Streaming } from '#transport/call.js';
import { pump } from '#transport/pump.js';
import { lingerMs } from '#transport/stream-limits.js';

export interface Writing {
  readonly contentType: string;
  readonly of: (message: Message) => string | Buffer;
  /** Null where nothing has to be said of such an end. */
  readonly ofEnd: (status: Status | null) => string | Buffer | null;
}

export async function answerStream(
  reply: FastifyReply,
  streaming: Streaming,
  writing: Writing,
): Promise<void> {
  for (const name in streaming.headers) reply.header(name, streaming.headers[name]);
  reply.header('content-type', writing.contentType);
  // A proxy that gathers what it passes on would show nothing for minutes.
  reply.header('x-accel-buffering', 'no');
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  raw.flushHeaders();
  await pump(streaming, {
    write: (message) => raw.destroyed || raw.write(writing.of(message)),
    drained: () => drained(reply),
    end: (status) => end(reply, writing.ofEnd(status), status !== null),
  });
}

function drained({ raw }: FastifyReply): Promise<void> {
  if (raw.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      raw.off('drain', done);
      raw.off('close', done);
      resolve();
    };
    raw.on('drain', done);
    raw.on('close', done);
  });
}

function end({ raw }: FastifyReply, last: string | Buffer | null, isEarly: boolean): void {
  if (raw.destroyed) return;
  if (last === null) raw.end();
  else raw.end(last);
  if (!isEarly) return;
  // Whoever does not read would hold up the end of the process.
  const late = setTimeout(() => raw.destroy(), lingerMs).unref();
  raw.once('close', () => clearTimeout(late));
}

/** What has begun as a stream cannot be answered otherwise any more. */
export function failStream(reply: FastifyReply, answer: () => void): void {
  answer();
  if (reply.raw.headersSent && !reply.raw.writableEnded) reply.raw.destroy();
}
