// Random bytes in small portions: a call of the operating system for each would cost more than the sealing
// that they are for.

import { randomFillSync } from 'node:crypto';

/** Refilled in about 10 µs, and serves some hundred portions. */
const poolBytes = 8_192;

const pool = Buffer.allocUnsafeSlow(poolBytes);
let used = poolBytes;

/** A copy of the caller's own. The pool keeps nothing of what it gave away. */
export function randomBytesFromPool(length: number): Buffer {
  if (!Number.isSafeInteger(length) || length < 0 || length > poolBytes)
    throw new RangeError(`a portion is 0 to ${poolBytes} bytes`);
  if (used + length > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  const portion = pool.subarray(used, used + length);
  const bytes = Buffer.from(portion);
  portion.fill(0);
  used += length;
  return bytes;
}
