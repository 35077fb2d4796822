import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { Position } from '#event-log/event-log.js';
import { type Comparing, compare, differencesIn } from '#read-models/replay/comparison.js';
import { Growth } from '#read-models/replay/growth.js';
import type { Build, ModelStore, StillRows, TableDigest } from '#read-models/store.js';
import { added, joined, newEvent, plainOpener, registry } from '#read-models/testing/registry.js';
import { RunnerHouse } from '#read-models/testing/runner-house.js';

let house: RunnerHouse;
let live: Build;
let next: Build;
let growth: Growth;
/** Of the live rows, which the log goes on after. */
let held: Position;

beforeEach(async () => {
  house = new RunnerHouse();
  live = await house.open();
  for (const nth of [1, 2, 3]) {
    await house.append(`organization-${nth}`, added(`name ${nth}`));
    await house.append(`organization-${nth}`, joined('u', 'R'));
  }
  const runner = await house.run({ build: live });
  await house.untilCaughtUp(runner);
  await runner.close();
  held = runner.position;
  // Of which no rows are made: only the checkpoint tells that somebody is beyond the live rows.
  await house.append('organization-1', { ...newEvent({ type: 'org.deactivated' }), type: 'org.of.tomorrow' });
  next = await house.store.begin(registry);
  const { log, store } = house;
  growth = new Growth({
    ...{ log, store, build: next, opener: plainOpener },
    asked: {},
    onMoved: () => undefined,
  });
  await growth.begin();
});
afterEach(async () => {
  await growth.close();
  await house.close();
});

async function grow(upTo: Position): Promise<void> {
  while (growth.position < upTo) await growth.step(upTo, 1_000);
}

const compared = (planted: Partial<Comparing> = {}) =>
  compare({ store: house.store, live, next, advanceTo: grow, ...planted });

it('rows of the same position are compared, though the log goes on behind it', async () => {
  const comparison = await compared();
  expect(comparison).toMatchObject({ kind: 'equal', position: held });
  expect(growth.position).toBe(held);
});

it.each<[string, () => Promise<Position>]>([
  ['goes beyond', () => house.log.head()],
  ['stops short of', async () => String(Number(held) - 1).padStart(held.length, '0') as Position],
])('a build that %s the live rows is not compared with them', async (_, place) => {
  const upTo = await place();
  await expect(compared({ advanceTo: () => grow(upTo) })).rejects.toThrow(
    `the replay is at ${upTo}, and the live rows stand still at ${held}`,
  );
});

/** As if one row had not been read. */
const oneLess = ({ rows, digest }: TableDigest): TableDigest => ({
  rows: rows - 1,
  digest: digest.replace(/^../, (byte) => (byte === '00' ? '01' : '00')),
});

function misreading(side: 'live' | 'replayed'): ModelStore {
  const { store } = house;
  const misread = async (told: Promise<TableDigest>, of: typeof side) =>
    of === side ? oneLess(await told) : told;
  const calls: Partial<ModelStore> = {
    digest: (build, table) => misread(store.digest(build, table), 'replayed'),
    hold: (build, look) =>
      store.hold(build, (still) => {
        const { checkpoint } = still;
        const digest: StillRows['digest'] = (table) => misread(still.digest(table), 'live');
        return look({ checkpoint, digest });
      }),
  };
  return new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(calls, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' && !(name in calls) ? value.bind(target) : value;
    },
  });
}

it.each(['live', 'replayed'] as const)(
  'a row that is left out of the digest of the %s rows is a difference, and told with its table',
  async (side) => {
    const comparison = await compared({ store: misreading(side) });
    expect(comparison).toMatchObject({ kind: 'different', position: held });
    const [liveRows, replayedRows] = side === 'live' ? [2, 3] : [3, 2];
    expect(differencesIn(comparison)).toContain(`organizations has ${liveRows} rows live`);
    expect(differencesIn(comparison)).toContain(`${replayedRows} replayed`);
  },
);
