// Messages that came compressed, never unpacked further than a message may be large.

import { gunzip, inflate } from 'node:zlib';

import { type Status, type StatusCode, statusCodes } from '#transport/call.js';
import { messageBytesMax } from '#transport/grpc/limits.js';

export type Decompressed =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly status: Status };

const decompressors = new Map([
  ['gzip', gunzip],
  ['deflate', inflate],
]);

/** @param encoding as the call says */
export function decompress(message: Uint8Array, encoding: string | undefined): Promise<Decompressed> {
  const decompressor = decompressors.get(encoding ?? '');
  if (decompressor === undefined) return Promise.resolve(unknown);
  return new Promise((resolve) => {
    decompressor(message, { maxOutputLength: messageBytesMax }, (error, bytes) => {
      if (error === null) resolve({ kind: 'bytes', bytes });
      else resolve((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge : garbled);
    });
  });
}

const unknown = refusal(
  statusCodes.unimplemented,
  'messages are understood as they are, or by gzip or deflate',
);
const tooLarge = refusal(statusCodes.resourceExhausted, `the message is over ${messageBytesMax} bytes`);
const garbled = refusal(statusCodes.invalidArgument, 'the message cannot be decompressed');

function refusal(code: StatusCode, message: string): Decompressed {
  return { kind: 'refused', status: { code, message, details: [] } };
}
