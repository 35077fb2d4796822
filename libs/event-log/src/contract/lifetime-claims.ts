import { expect } from '@jest/globals';

import type { Claim } from '#event-log/contract/engine.js';
import { allAfter, freshStream, samples, streamOf } from '#event-log/contract/samples.js';
import { logStart } from '#event-log/event-log.js';

/** Claims about a log as a whole: over restarts, and against other logs. */
export function lifetimeClaims(claim: Claim): void {
  claim('an empty log has its head at the start', async ({ log }) => {
    expect(await log.head()).toBe(logStart);
    expect(await allAfter(log, logStart)).toEqual([]);
  });

  claim('order, positions and contents are the same after the log was opened again', async (under) => {
    const streams = [freshStream(), freshStream()] as const;
    const start = await under.log.head();
    for (let round = 0; round < 5; round += 1) {
      for (const stream of streams) {
        await under.log.append(stream, samples(2), round === 0 ? 'no-stream' : round * 2 - 1);
      }
    }
    const before = await allAfter(under.log, start);
    const log = await under.reopen();
    expect((await allAfter(log, start)).slice(0, before.length)).toEqual(before);
    const result = await log.append(streams[0], samples(1), 9);
    expect(result.position > (before.at(-1)?.position as typeof start)).toBe(true);
    expect(await streamOf(log, streams[0])).toHaveLength(11);
  });

  claim('the identity stays when the log is opened again', async (under) => {
    const identity = await under.log.identity();
    expect(identity).toMatch(/^[0-9a-f-]{36}$/);
    expect(await (await under.reopen()).identity()).toBe(identity);
  });

  claim('closing twice is closing once', async ({ log }) => {
    await log.close();
    await log.close();
    await expect(log.identity()).rejects.toMatchObject({ code: 'unavailable' });
  });

  claim('an append that was accepted before closing is finished', async (under) => {
    const stream = freshStream();
    const appending = under.log.append(stream, samples(3), 'no-stream');
    const [result] = await Promise.all([appending, under.log.close()]);
    expect(result.revision).toBe(2);
    expect(await streamOf(await under.reopen(), stream)).toHaveLength(3);
  });
}

/** A log of its own and another one: only for engines that can make a second. */
export function identityClaims(claim: Claim, createOther: () => Promise<{ identity: string }>): void {
  claim('another log has another identity', async ({ log }) => {
    expect((await createOther()).identity).not.toBe(await log.identity());
  });
}
