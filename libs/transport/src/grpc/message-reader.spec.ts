import { deflateSync, gzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';

import { statusCodes } from '#transport/call.js';
import { decompress } from '#transport/grpc/decompress.js';
import { messageBytesMax } from '#transport/grpc/limits.js';
import { MessageReader } from '#transport/grpc/message-reader.js';

type Read = string | number;

/** The message as text, or the code that it is refused by. */
function read(pieces: readonly Buffer[], encoding?: string): Promise<Read> {
  return new Promise((resolve) => {
    const reader = new MessageReader({
      message: (bytes, isCompressed) =>
        resolve(isCompressed ? unpacked(bytes, encoding) : Buffer.from(bytes).toString()),
      refused: (code) => resolve(code),
    });
    for (const piece of pieces) reader.take(piece);
    reader.end();
  });
}

async function unpacked(bytes: Uint8Array, encoding: string | undefined): Promise<Read> {
  const found = await decompress(bytes, encoding);
  return found.kind === 'bytes' ? Buffer.from(found.bytes).toString() : found.status.code;
}

function frame(bytes: Buffer | string, { flag = 0, length = bytes.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag, 0);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, Buffer.from(bytes)]);
}

const letters = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.from([byte]));
const compressed = { flag: 1 };

describe('the message of a call', () => {
  it.each<[string, Buffer[], Read]>([
    ['in one piece', [frame('hello')], 'hello'],
    ['a byte at a time', letters(frame('hello')), 'hello'],
    ['with its prefix cut', [frame('hello').subarray(0, 3), frame('hello').subarray(3)], 'hello'],
    ['without a byte', [frame('')], ''],
    ['as large as allowed', [frame('a'.repeat(messageBytesMax))], 'a'.repeat(messageBytesMax)],
    ['that is not there', [], statusCodes.invalidArgument],
    ['whose prefix is not whole', [frame('hello').subarray(0, 4)], statusCodes.invalidArgument],
    ['that is shorter than it says', [frame('hello', { length: 6 })], statusCodes.invalidArgument],
    ['that is longer than it says', [frame('hello', { length: 4 })], statusCodes.invalidArgument],
    ['with another one after it', [frame('hello'), frame('hello')], statusCodes.invalidArgument],
    [
      'that says it is too large',
      [frame('', { length: messageBytesMax + 1 })],
      statusCodes.resourceExhausted,
    ],
    ['that says it has 4 GiB', [frame('', { length: 2 ** 32 - 1 })], statusCodes.resourceExhausted],
  ])('%s', async (_how, pieces, expected) => {
    expect(await read(pieces)).toBe(expected);
  });

  it.each<[string, string | undefined, Buffer, Read]>([
    ['by gzip', 'gzip', gzipSync('hello'), 'hello'],
    ['by deflate', 'deflate', deflateSync('hello'), 'hello'],
    ['without saying how', undefined, gzipSync('hello'), statusCodes.unimplemented],
    ['in an unknown way', 'br', gzipSync('hello'), statusCodes.unimplemented],
    ['and damaged', 'gzip', Buffer.from('hello'), statusCodes.invalidArgument],
    ['to be far too large', 'gzip', gzipSync(Buffer.alloc(2 ** 24)), statusCodes.resourceExhausted],
  ])('compressed %s', async (_how, encoding, bytes, expected) => {
    expect(await read([frame(bytes, compressed)], encoding)).toBe(expected);
  });

  it('that is not compressed is read as it is, whatever the call says of compression', async () => {
    expect(await read([frame('hello')], 'gzip')).toBe('hello');
  });
});
