import { describe, expect, it } from '@jest/globals';

import { currentRequestId, requestIdFrom, withRequestId } from '#server/request-id.js';
import { ulid } from '#server/ulid.js';

const ulidForm = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

describe('a ULID', () => {
  it('is its time and its chance in Crockford’s base32', () => {
    expect(ulid(0, new Uint8Array(10))).toBe('00000000000000000000000000');
    expect(ulid(2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe('7ZZZZZZZZZZZZZZZZZZZZZZZZZ');
    // The example of the specification: 1469918176385 is 01ARYZ6S41.
    expect(ulid(1_469_918_176_385, new Uint8Array(10)).slice(0, 10)).toBe('01ARYZ6S41');
  });

  it('sorts by its time', () => {
    expect(ulid(1_000) < ulid(1_001)).toBe(true);
  });
});

describe('the id of a request', () => {
  it.each(['12345678', 'a'.repeat(64), '0190d2a0-7b1c-7000-8000-000000000000', 'Az_-0123'])(
    'keeps %s',
    (inbound) => {
      expect(requestIdFrom(inbound)).toBe(inbound);
    },
  );

  it.each([
    undefined,
    '',
    '1234567',
    'a'.repeat(65),
    'abcdefgh\n',
    'abcd efgh',
    'abcdefgh"',
    'äbcdefgh',
    ['abcdefgh', 'abcdefgh'],
  ])('is a ULID of ours instead of %j', (inbound) => {
    expect(requestIdFrom(inbound)).toMatch(ulidForm);
  });

  it('outside any request is that of the start, and stays', () => {
    expect(currentRequestId()).toMatch(ulidForm);
    expect(currentRequestId()).toBe(currentRequestId());
  });

  it('follows what a request sets off, and does not reach the next', async () => {
    const seen = await withRequestId('first-one', async () => {
      await Promise.resolve();
      return [
        currentRequestId(),
        await withRequestId('second-one', async () => currentRequestId()),
        currentRequestId(),
      ];
    });
    expect(seen).toEqual(['first-one', 'second-one', 'first-one']);
  });
});
