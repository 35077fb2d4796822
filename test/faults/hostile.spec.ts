import { afterEach, describe, expect, it } from '@jest/globals';

import { calls } from '#test/conformance/access/calls.js';
import { endAll } from '#test/e2e/server-process.js';
import { attack, isBack } from '#test/faults/hostile.js';
import { besiege, type Planted } from '#test/faults/hostile-server.js';

afterEach(endAll);

const routes = calls.flatMap((call) => call.routes);
const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? Date.now() % 1_000_000);

const siegeOf = async (requests: number, planted?: Planted) =>
  attack({ ...(await besiege(planted)), seed, requests, atOnce: 32, routes, slow: 0 });

describe(`hostile input (COUNTERSIGN_TEST_SEED=${seed})`, () => {
  it('ends nothing, breaks nothing, goes unanswered nowhere, and leaves no memory behind', async () => {
    const { violations, hasEnded, bystander, memory } = await siegeOf(3_000);
    expect({ violations, hasEnded }).toEqual({ violations: [], hasEnded: false });
    expect({ ...memory, isBack: isBack(memory.after, memory.before) }).toMatchObject({ isBack: true });
    expect(bystander).toMatchObject({ failed: 0 });
    expect(bystander.calls).toBeGreaterThan(5);
  }, 120_000);

  it('a planted bug is seen', async () => {
    expect(await siegeOf(800, 'crash')).toMatchObject({ hasEnded: true });
  }, 60_000);
});
