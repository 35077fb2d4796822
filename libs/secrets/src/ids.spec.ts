import { describe, expect, it } from '@jest/globals';

import { idsOf, newId } from '#secrets/ids.js';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const bytes = (value: number) => (length: number) => new Uint8Array(length).fill(value);
/** How many are not after the one before them. */
const disorderOf = (ids: readonly string[]) =>
  ids.filter((id, index) => index > 0 && id <= (ids[index - 1] ?? '')).length;

describe('an id', () => {
  it('has the time of RFC 9562 appendix A.6 in front, its version and variant, and random bits behind', () => {
    // Its example: 2022-02-22, rand_a cc3, rand_b 18c4dc0c0c07398f. Half of rand_a counts here, so cc3 is 4c3.
    const random = Uint8Array.from([0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f, 0xcc, 0xc3]);
    const id = idsOf(
      () => 0x017f22e279b0,
      () => random,
    )();
    expect(id).toBe('017f22e2-79b0-74c3-98c4-dc0c0c07398f');
  });

  it('has each of the bytes that were drawn in its own place, and asks for no more of them', () => {
    const asked: number[] = [];
    const random = (length: number): Uint8Array => {
      asked.push(length);
      return Uint8Array.from([0x81, 0x12, 0x23, 0x34, 0x45, 0x56, 0x67, 0x78, 0x02, 0x9a]);
    };
    expect(idsOf(() => 1, random)()).toBe('00000000-0001-729a-8112-233445566778');
    expect(asked).toEqual([10]);
  });

  it.each([
    [0, '00000000-0001-7000-8000-000000000000', 1],
    [0xff, '00000000-0001-77ff-bfff-ffffffffffff', 1],
    [0xff, 'ffffffff-ffff-77ff-bfff-ffffffffffff', 2 ** 48 - 1],
  ])('is well formed with random bytes of %i: %s', (value, id, time) => {
    expect(idsOf(() => time, bytes(value))()).toBe(id);
    expect(id).toMatch(uuidV7);
  });

  it('is after all others that were made before, also within a millisecond and when the clock goes back', () => {
    const times = [
      ...new Array(9_000).fill(1_000),
      ...new Array(100).fill(1_001),
      ...new Array(100).fill(5),
      2_000,
    ];
    let at = 0;
    const next = idsOf(() => times[at++], bytes(0xff));
    const ids = times.map(() => next());
    expect(disorderOf(ids)).toBe(0);
    expect(ids.every((id) => uuidV7.test(id))).toBe(true);
  });

  it('is back at the clock as soon as the clock has caught up', () => {
    let time = 1_000;
    const next = idsOf(() => time, bytes(0));
    const ids = Array.from({ length: 4_097 }, next);
    expect(ids.at(-1)).toBe('00000000-03e9-7000-8000-000000000000');
    time = 1_002;
    expect(next()).toBe('00000000-03ea-7000-8000-000000000000');
  });

  it('differs from a hundred thousand others, and has the time of its making', () => {
    const from = Date.now();
    const ids = Array.from({ length: 100_000 }, newId);
    const time = Number.parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(from);
    expect(time).toBeLessThanOrEqual(Date.now() + 100);
    expect(disorderOf(ids)).toBe(0);
    expect(new Set(ids.map((id) => id.slice(19))).size).toBe(ids.length);
  });
});
