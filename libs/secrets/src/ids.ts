// UUIDv7 (RFC 9562): in the order in which this process made them, so that indexes grow at their end.

import { randomBytesFromPool } from '#secrets/random-pool.js';

const counterMax = 0xfff;
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A source of ids. In the same millisecond, or when the clock goes back, the 12 bits beside the time count up. */
export function idsOf(now: () => number, random: (length: number) => Uint8Array): () => string {
  let millisecond = 0;
  let counter = 0;
  return () => {
    const bytes = random(10);
    const time = now();
    if (time > millisecond) {
      millisecond = time;
      // Half of the counter's room at least is left to count in.
      counter = ((byteAt(bytes, 8) << 8) | byteAt(bytes, 9)) & 0x7ff;
    } else if (counter < counterMax) counter += 1;
    else {
      millisecond += 1;
      counter = 0;
    }
    return format(millisecond, counter, bytes);
  };
}

export const newId = idsOf(Date.now, randomBytesFromPool);

function format(millisecond: number, counter: number, random: Uint8Array): string {
  const low = millisecond % 0x1_0000_0000;
  const high = (millisecond - low) / 0x1_0000_0000;
  const text = (byte: number) => hex[byte & 0xff];
  const drawn = (index: number) => text(byteAt(random, index));
  return (
    `${text(high >>> 8)}${text(high)}${text(low >>> 24)}${text(low >>> 16)}-${text(low >>> 8)}${text(low)}` +
    `-${text(0x70 | (counter >>> 8))}${text(counter)}-${text(0x80 | (byteAt(random, 0) & 0x3f))}${drawn(1)}` +
    `-${drawn(2)}${drawn(3)}${drawn(4)}${drawn(5)}${drawn(6)}${drawn(7)}`
  );
}

const byteAt = (bytes: Uint8Array, index: number) => bytes[index] ?? 0;
