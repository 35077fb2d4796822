import { describe, expect, it } from '@jest/globals';

import { AtHand } from '#application/at-hand.js';

interface Noted {
  readonly text: string;
  readonly nested: { readonly numbers: readonly number[]; readonly nothing: null };
}

const noted = (text: string): Noted => ({ text, nested: { numbers: [1, 2], nothing: null } });

describe('what is kept at hand', () => {
  const fill = (kept: AtHand<Noted>, count: number) => {
    for (let index = 0; index < count; index += 1) kept.set(`filler ${index}`, noted('filler'));
  };

  it('is the same object while it is in use', () => {
    const kept = new AtHand<Noted>(100);
    const value = noted('a');
    kept.set('a', value);
    expect(kept.get('a')).toBe(value);
    expect(kept.get('b')).toBeUndefined();
  });

  it('says the same when it was out of use for long', () => {
    const kept = new AtHand<Noted>(20_000);
    const value = noted('a');
    kept.set('a', value);
    fill(kept, 9_000);
    const found = kept.get('a');
    expect(found).toEqual(value);
    expect(found).not.toBe(value);
    expect(kept.get('a')).toBe(found);
  });

  it('is the last that was said of it, in use or not', () => {
    const kept = new AtHand<Noted>(20_000);
    kept.set('a', noted('a'));
    kept.set('a', noted('b'));
    expect(kept.get('a')).toEqual(noted('b'));
    fill(kept, 9_000);
    expect(kept.get('a')).toEqual(noted('b'));
  });

  it('is nothing once it was taken away, in use or not', () => {
    const kept = new AtHand<Noted>(20_000);
    kept.set('a', noted('a'));
    kept.set('b', noted('b'));
    kept.delete('a');
    expect(kept.get('a')).toBeUndefined();
    fill(kept, 9_000);
    kept.delete('b');
    expect(kept.get('b')).toBeUndefined();
  });

  it('is bounded', () => {
    const kept = new AtHand<Noted>(10);
    fill(kept, 100);
    expect(kept.get('filler 99')).toEqual(noted('filler'));
    expect(kept.get('filler 89')).toBeUndefined();
  });
});
