import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { Position } from '#event-log/event-log.js';
import { LiveRunner, type LiveRunnerOptions } from '#read-models/live-runner.js';
import type { Projection } from '#read-models/projection.js';
import { Replay } from '#read-models/replay/replay.js';
import { added, plainOpener, registry, renamed } from '#read-models/testing/registry.js';
import { RunnerHouse, until } from '#read-models/testing/runner-house.js';

let house: RunnerHouse;
let runner: LiveRunner;
beforeEach(async () => {
  house = new RunnerHouse();
  await house.append('organization-a', added('Ada'));
  runner = await start();
  await untilAt(await house.log.head());
});
afterEach(async () => {
  await runner.close();
  await house.close();
});

function start(options: Partial<LiveRunnerOptions> = {}): Promise<LiveRunner> {
  const { log, store, troubles } = house;
  const onTrouble = (text: string) => troubles.push(text);
  return LiveRunner.start({ log, store, opener: plainOpener, projection: registry, onTrouble, ...options });
}

const untilAt = (position: Position) => until(() => runner.position >= position);

async function startAgain(): Promise<void> {
  await runner.close();
  runner = await start();
}

const phase = async () => (await runner.status()).phase;

it('a projection that is paused stays so when it is started again, and when another build is live', async () => {
  await runner.pause();
  await startAgain();
  await house.append('organization-a', renamed('Eve'));
  expect(await phase()).toBe('paused');
  const { log, store } = house;
  const replay = await Replay.begin(registry, {}, { log, store, opener: plainOpener });
  await replay.rested;
  await runner.look();
  const after = await house.append('organization-a', renamed('Zoe'));
  expect(await phase()).toBe('paused');
  await runner.resume();
  await untilAt(after);
  await startAgain();
  await untilAt(await house.append('organization-a', renamed('Ida')));
  expect(await phase()).not.toBe('paused');
  expect(await house.rows('organizations')).toMatchObject([{ name: 'Ida' }]);
});

it('how far a build is that went live is told, though nothing comes after it', async () => {
  const told: Position[] = [];
  await runner.close();
  runner = await start({ onMoved: (position) => told.push(position) });
  await runner.pause();
  const { log, store } = house;
  const last = await house.append('organization-b', added('Eve'));
  const replay = await Replay.begin(registry, {}, { log, store, opener: plainOpener });
  await replay.rested;
  await runner.look();
  await until(() => told.at(-1) === last);
});

it('a projection whose pause cannot be kept goes on', async () => {
  const { store } = house;
  await store.close();
  await expect(runner.pause()).rejects.toMatchObject({ name: 'ModelStoreError' });
  expect(await phase()).not.toBe('paused');
});

it('rows of another version are left to who makes them, and that is told', async () => {
  await runner.close();
  let fenced = 0;
  runner = await start({ onFenced: () => (fenced += 1) });
  const later: Projection = { ...registry, version: 2 };
  const build = await house.store.begin(later);
  await house.store.apply({ build, changes: [], from: null, to: await checkpointNow() });
  await house.store.makeLive(build);
  await house.append('organization-a', renamed('Eve'));
  await until(() => fenced > 0);
  expect(fenced).toBe(1);
  expect(house.troubles).toEqual([
    expect.stringMatching(/live in version 2, and this release has version 1/),
  ]);
});

async function checkpointNow() {
  return { log: await house.log.identity(), position: await house.log.head(), events: 1 };
}
