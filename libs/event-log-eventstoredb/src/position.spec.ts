import { describe, expect, it } from '@jest/globals';

import { logStart, type Position } from '#event-log/event-log.js';
import { decodePosition, encodePosition } from '#event-log-eventstoredb/position.js';

const pairs = [
  { commit: 0n, prepare: 0n },
  { commit: 0n, prepare: 9n },
  { commit: 9n, prepare: 9n },
  { commit: 10n, prepare: 2n },
  { commit: 10n, prepare: 10n },
  { commit: 2n ** 53n + 1n, prepare: 2n ** 53n + 1n },
  { commit: 2n ** 63n - 1n, prepare: 2n ** 63n - 1n },
];

describe('a position of EventStoreDB as text', () => {
  it('comes back as the same pair', () => {
    expect(pairs.map((pair) => decodePosition(encodePosition(pair)))).toEqual(pairs);
  });

  it('compares as the pair does, commit first, and after the start of the log', () => {
    const texts = pairs.map(encodePosition);
    expect([...texts].sort()).toEqual(texts);
    expect(texts.every((text) => text > logStart)).toBe(true);
  });

  it('reads the start of the log as the start', () => {
    expect(decodePosition(logStart)).toBe('start');
  });

  const notPositions = [
    '',
    '1',
    '0000000000000012',
    '1/1',
    `${'9'.repeat(20)}/${'9'.repeat(20)}`,
    `${'0'.repeat(20)}/x`,
  ];
  it.each(notPositions)('refuses %j as a bug of the caller', (text) => {
    expect(() => decodePosition(text as Position)).toThrow(TypeError);
  });
});
