import { describe, expect, it } from '@jest/globals';

import { HashTurns } from '#secrets/hash-turns.js';

/** Takes turns without hashing: each is over when the spec says so. */
class Turns {
  readonly turns: HashTurns;
  readonly begun: string[] = [];
  readonly #under: PromiseWithResolvers<{ share: number }>[] = [];

  constructor(concurrent: number) {
    this.turns = new HashTurns(concurrent);
  }

  ask(lane: object, name: string): Promise<unknown> {
    return this.turns.take(lane, () => {
      this.begun.push(name);
      const work = Promise.withResolvers<{ share: number }>();
      this.#under.push(work);
      return work.promise;
    });
  }

  /** @param share of a processor that it had */
  async endOne(share = 1): Promise<void> {
    await new Promise(setImmediate);
    this.#under.shift()?.resolve({ share });
    await new Promise(setImmediate);
  }
}

const [passwords, codes] = [{}, {}];

describe('turns', () => {
  it('go from lane to lane, however many wait in one of them', async () => {
    const all = new Turns(1);
    const asked = [1, 2, 3, 4].map((turn) => all.ask(passwords, `password ${turn}`));
    asked.push(...[1, 2].map((turn) => all.ask(codes, `code ${turn}`)));
    expect([all.turns.waitingOf(passwords), all.turns.waitingOf(codes)]).toEqual([3, 2]);
    for (const _ of asked) await all.endOne();
    await Promise.all(asked);
    const inTurn = ['password 1', 'password 2', 'code 1', 'password 3', 'code 2', 'password 4'];
    expect(all.begun).toEqual(inTurn);
    expect([all.turns.running, all.turns.waitingOf(passwords)]).toEqual([0, 0]);
  });

  it('are taken at once while there are any, and no wait is foretold', async () => {
    const all = new Turns(2);
    const first = all.ask(passwords, 'one');
    expect([all.turns.isBusy, all.turns.expectedWaitMs(codes)]).toEqual([false, 0]);
    const second = all.ask(passwords, 'other');
    await new Promise(setImmediate);
    expect([all.turns.isBusy, all.begun]).toEqual([true, ['one', 'other']]);
    await all.endOne();
    await all.endOne();
    await Promise.all([first, second]);
  });

  it('foretell a wait that grows with what waits, and with the lanes that do', async () => {
    const all = new Turns(1);
    const first = all.ask(passwords, 'first');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await all.endOne();
    await first;
    const running = all.ask(passwords, 'running');
    const one = all.turns.expectedWaitMs(passwords);
    expect(one).toBeGreaterThan(10);
    const waiting = [all.ask(passwords, 'waiting')];
    expect(all.turns.expectedWaitMs(passwords)).toBeCloseTo(2 * one);
    expect(all.turns.expectedWaitMs(codes)).toBeCloseTo(2 * one);
    waiting.push(all.ask(codes, 'waiting, too'));
    expect(all.turns.expectedWaitMs(passwords)).toBeCloseTo(4 * one);
    for (const _ of [running, ...waiting]) await all.endOne();
    await Promise.all([running, ...waiting]);
  });

  it('are taken by one at a time where others lack processors, and by as many as may when they do not', async () => {
    const all = new Turns(2);
    const asked = Array.from({ length: 16 }, (_, turn) => all.ask(passwords, `password ${turn}`));
    const runningAfter = async (share: number) => {
      await all.endOne(share);
      return all.turns.running;
    };
    const lacking = [await runningAfter(0.2), await runningAfter(0.2), await runningAfter(0.2)];
    expect([...lacking, await runningAfter(0.2), await runningAfter(0.2)]).toEqual([2, 2, 2, 2, 1]);
    const enough = [await runningAfter(0.9), await runningAfter(0.9), await runningAfter(0.9)];
    expect([all.turns.isBusy, ...enough]).toEqual([true, 2, 2, 2]);
    for (const _ of asked) await all.endOne();
    await Promise.all(asked);
    expect([all.begun.length, all.turns.running]).toEqual([asked.length, 0]);
  });

  it('are free again after a failure', async () => {
    const turns = new HashTurns(1);
    const failing = turns.take(passwords, () => Promise.reject(new Error('blown')));
    await expect(failing).rejects.toThrow('blown');
    expect(turns.running).toBe(0);
  });
});
