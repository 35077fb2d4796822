import { describe, expect, it } from '@jest/globals';

import { evenly } from '#application/session/evenly.js';

const after = (delayMs: number, kind: 'accepted' | 'rejected') => async () => {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  return { kind };
};

describe('a no that is told evenly', () => {
  it('comes no sooner than a step after it was asked for, however soon it was known', async () => {
    const started = performance.now();
    expect(await evenly(async () => ({ kind: 'rejected' }))).toEqual({ kind: 'rejected' });
    // Timers may be a millisecond early.
    expect(performance.now() - started).toBeGreaterThan(8);
  });

  it('comes at the end of the step in which it was known', async () => {
    const started = performance.now();
    await evenly(after(13, 'rejected'));
    expect(performance.now() - started).toBeGreaterThan(18);
  });

  it('waits for nothing where it is a yes, or fails', async () => {
    const order: string[] = [];
    const step = new Promise((resolve) => setTimeout(resolve, 5)).then(() => order.push('less than a step'));
    await evenly(async () => ({ kind: 'accepted' })).then(() => order.push('yes'));
    const failing = evenly(() => Promise.reject(new Error('blown')));
    await failing.catch(() => order.push('failure'));
    await step;
    expect(order).toEqual(['yes', 'failure', 'less than a step']);
  });
});
