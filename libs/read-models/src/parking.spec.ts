import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { DomainEvent } from '#event-catalog/catalogue.js';
import type { NewEvent } from '#event-log/event-log.js';
import { checkpointAt } from '#read-models/contract/samples.js';
import { added, joined, left, newEvent, registryFailingFor, renamed } from '#read-models/testing/registry.js';
import { RunnerHouse } from '#read-models/testing/runner-house.js';

let house: RunnerHouse;
beforeEach(() => {
  house = new RunnerHouse();
});
afterEach(() => house.close());

const organization = (id: string): string => `organization-${id}`;

describe('an event that cannot be made into rows', () => {
  const ill: NewEvent = { ...newEvent(renamed('x')), data: { v: 1, name: 5 } };
  const unfit = renamed('a\0b');
  const throwing = renamed('bad');
  const kinds: readonly (readonly [string, DomainEvent | NewEvent, RegExp])[] = [
    ['for which a projection throws', throwing, /^org\.changed: Error at /],
    ['that cannot be decoded', ill, /^org\.changed: .*name/],
    ['whose row the store refuses', unfit, /^org\.changed: .*name/],
  ];

  it.each(kinds)('%s parks its stream, and no other', async (_, event, error) => {
    await house.append(organization('b'), added('Bob'));
    await house.append(organization('a'), added('Ada'));
    const at = await house.append(organization('a'), event);
    await house.append(organization('b'), renamed('Eve'));
    await house.append(organization('a'), joined('u1'));
    const runner = await house.run({ projection: registryFailingFor(new Set(['bad'])) });
    await house.untilCaughtUp(runner);
    await house.append(organization('a'), renamed('later'));
    await house.append(organization('b'), joined('u2'));
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Ada', changes: 0 }, { name: 'Eve' }]);
    expect(await house.rows('members')).toMatchObject([{ organization: 'b' }]);
    const parked = [
      { stream: organization('a'), position: at, attempts: 3, error: expect.stringMatching(error) },
    ];
    expect(await house.store.parked(await house.open())).toEqual(parked);
    const status = await runner.status();
    expect(status).toMatchObject({ parked, lastError: expect.stringMatching(error), lagSeconds: 0 });
    expect(house.troubles).toEqual([expect.stringContaining(`${organization('a')} is parked at ${at}`)]);
    expect(status.events).toBe(7);
  });

  it('is told without what it holds', async () => {
    await house.append(organization('a'), added('Ada'), renamed('bad'));
    await house.untilCaughtUp(await house.run({ projection: registryFailingFor(new Set(['bad'])) }));
    expect(JSON.stringify(await house.store.parked(await house.open()))).not.toContain('no rows for');
  });

  it('is not left behind by what was written before it, in one batch with several of its kind', async () => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await house.append(organization(name), added(name));
    for (const name of names) await house.append(organization(name), renamed(name === 'c' ? 'fine' : 'bad'));
    const runner = await house.run({ projection: registryFailingFor(new Set(['bad'])) });
    await house.untilCaughtUp(runner);
    expect((await house.rows('organizations')).map(({ name }) => name)).toEqual(['a', 'b', 'fine', 'd']);
    expect((await runner.status()).parked.map(({ stream }) => stream)).toEqual(
      ['a', 'b', 'd'].map(organization),
    );
    expect((await runner.status()).events).toBe(8);
  });

  it('is paused for a second in all, however many there are: the rest is tried once', async () => {
    const names = Array.from({ length: 30 }, (_, at) => String(at).padStart(2, '0'));
    for (const name of names) await house.append(organization(name), added(name), renamed('bad'));
    await house.append(organization('healthy'), added('Ada'));
    const projection = registryFailingFor(new Set(['bad']));
    const runner = await house.run({ projection, poisonDelaysMs: [40, 600] });
    await house.untilCaughtUp(runner);
    const attempts = (await runner.status()).parked.map((one) => one.attempts);
    const expected = names.map((_, at) => (at > 9 ? 1 : 2));
    expect(attempts).toEqual([3, ...expected.slice(1)]);
    expect(await house.rows('organizations')).toContainEqual(expect.objectContaining({ name: 'Ada' }));
  });

  it('stays parked when the runner is started again', async () => {
    await house.append(organization('a'), added('Ada'), renamed('bad'));
    const projection = registryFailingFor(new Set(['bad']));
    const first = await house.run({ projection });
    await house.untilCaughtUp(first);
    await first.close();
    await house.append(organization('a'), renamed('later'));
    const second = await house.run({ projection });
    await house.untilCaughtUp(second);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Ada' }]);
    expect((await second.status()).parked).toHaveLength(1);
  });
});

describe('a parked stream', () => {
  const failing = new Set<string>();
  beforeEach(() => {
    failing.clear();
    failing.add('bad');
  });

  async function parked(): ReturnType<RunnerHouse['run']> {
    await house.append(
      organization('a'),
      added('Ada'),
      renamed('bad'),
      joined('u1'),
      renamed('Eve'),
      left('u1'),
    );
    const runner = await house.run({ projection: registryFailingFor(failing) });
    await house.untilCaughtUp(runner);
    return runner;
  }

  it('is made into rows in order when it is unparked, and gone on with', async () => {
    const runner = await parked();
    failing.clear();
    expect(await runner.unpark(organization('a'))).toBe('gone-on');
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Eve', changes: 4 }]);
    expect(await house.rows('members')).toEqual([]);
    expect(await house.store.parked(await house.open())).toEqual([]);
    await house.append(organization('a'), renamed('Zoe'));
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Zoe', changes: 5 }]);
    expect((await runner.status()).parked).toEqual([]);
  });

  it('whose event fails again is parked again, with one attempt more', async () => {
    const runner = await parked();
    const [before] = (await runner.status()).parked;
    expect(await runner.unpark(organization('a'))).toBe('parked-again');
    const [after] = (await runner.status()).parked;
    expect(after).toEqual({ ...before, attempts: (before?.attempts ?? 0) + 1 });
    expect(await house.store.parked(await house.open())).toEqual([after]);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Ada' }]);
  });

  it.each(['worse', 'a\0b'])('whose later event fails is parked there (%j)', async (name) => {
    const runner = await parked();
    failing.add('worse');
    const at = await house.append(organization('a'), renamed(name));
    await house.untilCaughtUp(runner);
    failing.delete('bad');
    expect(await runner.unpark(organization('a'))).toBe('parked-again');
    expect((await runner.status()).parked).toMatchObject([{ position: at, attempts: 1 }]);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Eve', changes: 4 }]);
  });

  it('goes on without the event that is skipped', async () => {
    const runner = await parked();
    expect(await runner.skip(organization('a'))).toBe('gone-on');
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Eve', changes: 4 }]);
    expect(await house.store.parked(await house.open())).toEqual([]);
  });

  it('that is not parked is told to be none', async () => {
    const runner = await parked();
    expect(await runner.unpark(organization('b'))).toBe('not-parked');
    expect(await runner.skip('a')).toBe('not-parked');
  });

  it('of more than a page is gone through whole', async () => {
    const runner = await parked();
    for (let page = 0; page < 3; page += 1) {
      await house.append(
        organization('a'),
        ...Array.from({ length: 500 }, (_, at) => joined(`v${page}-${at}`)),
      );
    }
    await house.untilCaughtUp(runner);
    failing.clear();
    expect(await runner.unpark(organization('a'))).toBe('gone-on');
    expect(await house.rows('members')).toHaveLength(1_500);
  });

  it('is skipped and gone on with while the runner is paused, and others stand still', async () => {
    const runner = await parked();
    await house.append(organization('b'), added('Bob'), renamed('bad'), renamed('Eve'));
    await house.untilCaughtUp(runner);
    runner.pause();
    await house.append(organization('c'), added('Zoe'));
    expect(await runner.skip(organization('a'))).toBe('gone-on');
    failing.clear();
    expect(await runner.unpark(organization('b'))).toBe('gone-on');
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Eve' }, { name: 'Eve' }]);
    runner.resume();
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toHaveLength(3);
  });

  it.each(['skip', 'unpark'] as const)(
    'is told to who asks for %s once more after it was told',
    async (order) => {
      const runner = await parked();
      for (let times = 0; times < 20; times += 1)
        expect(await runner[order](organization('b'))).toBe('not-parked');
    },
  );

  it('that is fenced while it is gone on with ends the runner', async () => {
    const runner = await parked();
    const build = await house.open();
    const from = await house.store.checkpoint(build);
    await house.store.apply({ build, changes: [], from, to: { ...checkpointAt(9), log: from?.log ?? '' } });
    await expect(runner.unpark(organization('a'))).rejects.toMatchObject({ name: 'Fenced' });
    expect(await runner.ended).toMatchObject({ code: 'fenced' });
  });
});
