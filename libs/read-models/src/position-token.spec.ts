import { randomUUID } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { positionText } from '#event-log/counted-position.js';
import { logStart, type Position } from '#event-log/event-log.js';
import { PositionTokens } from '#read-models/position-token.js';

const tokens = new PositionTokens('0198f3a2-0000-7000-8000-000000000001');
const positions = fc.oneof(
  fc.nat().map(positionText),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }).map((offset) => {
    const text = offset.toString().padStart(20, '0');
    return `${text}/${text}` as Position;
  }),
);

describe('a position token', () => {
  it('stands for its position, of whichever engine, and fits a header', () => {
    fc.assert(
      fc.property(positions, (position) => {
        const token = tokens.tokenOf(position);
        expect(tokens.positionIn(token)).toBe(position);
        expect(token).toMatch(/^[!-~]{1,80}$/);
      }),
    );
    expect(tokens.positionIn(tokens.tokenOf(logStart))).toBe(logStart);
  });

  it('is the same in each process on the log', () => {
    const identity = randomUUID();
    const token = new PositionTokens(identity).tokenOf(positionText(7));
    expect(new PositionTokens(identity).positionIn(token)).toBe(positionText(7));
  });

  it('of another log is none', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(), (identity, number) => {
        const other = new PositionTokens(identity).tokenOf(positionText(number));
        expect(tokens.positionIn(other)).toBeNull();
      }),
    );
  });

  it('with one character changed, missing or too many is none', () => {
    const whole = tokens.tokenOf(positionText(4711));
    const places = [...whole].map((_, at) => at);
    const changed = places.map(
      (at) => whole.slice(0, at) + (whole[at] === '1' ? '2' : '1') + whole.slice(at + 1),
    );
    const shortened = places.map((at) => whole.slice(0, at) + whole.slice(at + 1));
    for (const token of [...changed, ...shortened, `${whole}0`, whole.toUpperCase().replace('.', ',')])
      expect(tokens.positionIn(token)).toBeNull();
    expect(changed.length + shortened.length).toBeGreaterThan(30);
  });

  it.each(['', '.', '0', '0000000000000001', 'x.', '.1', `0.${'1'.repeat(65)}`, 'zz.\u00e9', 'a b.1'])(
    'is not %j',
    (token) => {
      expect(tokens.positionIn(token)).toBeNull();
    },
  );
});
