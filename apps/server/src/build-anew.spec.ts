import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { Projection } from '#read-models/projection.js';
import { Replays } from '#read-models/replay/replays.js';
import { added, plainOpener, registry } from '#read-models/testing/registry.js';
import { RunnerHouse, until } from '#read-models/testing/runner-house.js';
import { buildAnew } from '#server/build-anew.js';

let house: RunnerHouse;
const opened: Replays[] = [];

beforeEach(async () => {
  house = new RunnerHouse();
  for (const nth of [1, 2, 3]) await house.append(`organization-${nth}`, added(`name ${nth}`));
  const runner = await house.run();
  await house.untilCaughtUp(runner);
  await runner.close();
});
afterEach(async () => {
  for (const replays of opened.splice(0)) await replays.close();
  await house.close();
});

async function open(projection: Projection): Promise<Replays> {
  const { log, store } = house;
  const reading = () => ({ log, opener: plainOpener });
  const replays = await Replays.open({ store, projections: [projection], reading });
  opened.push(replays);
  return replays;
}

const later: Projection = { ...registry, version: registry.version + 1 };
const build = async (projection: Projection, replays: Replays) =>
  buildAnew({ store: house.store, projections: [projection], replays });
const liveVersion = async () => (await house.store.builds()).find(({ isLive }) => isLive)?.version;

it('rows of an earlier version are built anew and switched to', async () => {
  const replays = await open(later);
  await build(later, replays);
  await until(() => replays.status()[0]?.phase === 'done');
  expect(await liveVersion()).toBe(later.version);
});

it.each([
  ['of the same version', registry],
  ['of a later version', { ...registry, version: 0 }],
])('rows %s are left as they are', async (_, projection) => {
  const replays = await open(projection);
  await build(projection, replays);
  expect(replays.status()).toEqual([]);
  expect(await liveVersion()).toBe(registry.version);
});

it('what was begun already is gone on with, and not begun again', async () => {
  const first = await open(later);
  await first.start(later.name, { eventsPerSecondMax: 1 });
  await first.close();
  const replays = await open(later);
  await build(later, replays);
  expect(replays.status()).toHaveLength(1);
});

it('what the earlier release had begun is given up, since it has the tables of that one', async () => {
  const first = await open(registry);
  const begun = await first.start(registry.name, { eventsPerSecondMax: 1 });
  await first.pause(begun.build);
  const replays = await open(later);
  await build(later, replays);
  await until(() => replays.status().some(({ phase }) => phase === 'done'));
  expect((await house.store.builds()).map((one) => one.build)).not.toContain(begun.build);
  expect(await liveVersion()).toBe(later.version);
});
