import { constants, type ServerHttp2Stream } from 'node:http2';

import { droppedBytesMax } from '#transport/grpc/limits.js';

/**
 * After an answer that is complete (RFC 9113 §8.1). What the caller still sends is read and dropped: closed with it
 * unread, the stream would leave it counted against the memory of its connection, until that one serves nobody.
 */
export function dropRest(stream: ServerHttp2Stream): void {
  if (stream.readableEnded || stream.destroyed) return;
  let dropped = 0;
  stream.on('data', (bytes: Buffer) => {
    dropped += bytes.length;
    if (dropped > droppedBytesMax) stream.close(constants.NGHTTP2_NO_ERROR);
  });
  stream.resume();
}
