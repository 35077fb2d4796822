import { expect } from '@jest/globals';

import type { StoreClaim } from '#read-models/contract/engine.js';
import { animal, apply, checkpointAt, meal, rowsOf, zoo } from '#read-models/contract/samples.js';
import type { Row } from '#read-models/projection.js';
import { Fenced, type OpenedChange, RowRefused } from '#read-models/store.js';

export function applyClaims(claim: StoreClaim): void {
  checkpoints(claim);
  changes(claim);
  refusals(claim);
  parking(claim);
}

const keepingLegs = (name: string, legs: number): OpenedChange => ({
  change: 'put',
  table: 'animals',
  row: { id: 'a', name, legs },
  keeps: ['legs'],
});

function checkpoints(claim: StoreClaim): void {
  claim(
    'a build has no checkpoint before its first batch, and then that of the last one',
    async ({ store }) => {
      const build = await store.open(zoo);
      expect(await store.checkpoint(build)).toBeNull();
      await store.apply({ build, changes: [], from: null, to: checkpointAt(3) });
      expect(await store.checkpoint(build)).toEqual(checkpointAt(3));
      await store.apply({ build, changes: [], from: checkpointAt(3), to: checkpointAt(9) });
      expect(await store.checkpoint(build)).toEqual(checkpointAt(9));
    },
  );

  claim('delivering a batch twice is delivering it once: the second is fenced', async ({ store }) => {
    const build = await store.open(zoo);
    const first = { build, changes: [animal('a')], from: null, to: checkpointAt(1) };
    await store.apply(first);
    await apply(store, build, [animal('a', { name: 'newer' })]);
    await expect(store.apply(first)).rejects.toThrow(Fenced);
    expect(await rowsOf(store)).toMatchObject([{ name: 'newer' }]);
    expect(await store.checkpoint(build)).toEqual(checkpointAt(2));
  });

  const others = [
    ['no checkpoint', null],
    ['one of another log', { ...checkpointAt(5), log: 'another' }],
    ['an earlier one', checkpointAt(4)],
    ['a later one', checkpointAt(6)],
    ['one of another count', { ...checkpointAt(5), events: 4 }],
  ] as const;
  for (const [what, from] of others) {
    claim(`a batch that goes on from ${what} writes nothing`, async ({ store }) => {
      const build = await store.open(zoo);
      await store.apply({ build, changes: [], from: null, to: checkpointAt(5) });
      const parked = { position: checkpointAt(1).position, error: 'broken', attempts: 1 };
      await expect(
        store.apply({
          build,
          changes: [animal('a')],
          from,
          to: checkpointAt(7),
          parking: [{ stream: 's', parked }],
        }),
      ).rejects.toThrow(Fenced);
      expect(await rowsOf(store)).toEqual([]);
      expect(await store.parked(build)).toEqual([]);
      expect(await store.checkpoint(build)).toEqual(checkpointAt(5));
    });
  }

  claim('of two that go on from the same checkpoint at once, one counts', async (under) => {
    const { store } = under;
    const build = await store.open(zoo);
    const batch = (id: string) => ({ build, changes: [animal(id)], from: null, to: checkpointAt(1) });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((id) => store.apply(batch(id))));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const one of outcomes) expect(one.status === 'fulfilled' || one.reason instanceof Fenced).toBe(true);
    expect(await rowsOf(store)).toHaveLength(1);
  });
}

function changes(claim: StoreClaim): void {
  const first = animal('a', { name: 'Ada', legs: 4 });
  const outcomes: readonly (readonly [string, readonly OpenedChange[], readonly Row[]])[] = [
    [
      'a row that is put stands there; what it does not name is null',
      [first],
      [{ id: 'a', legs: 4, photo: null }],
    ],
    [
      'a row that is put again is another as a whole',
      [first, animal('a', { name: 'Eve' })],
      [{ name: 'Eve', legs: null }],
    ],
    [
      'a row that is put keeps the columns that it is to keep, where there is one',
      [first, keepingLegs('Eve', 2)],
      [{ name: 'Eve', legs: 4 }],
    ],
    [
      'a row that is put and keeps columns is put whole where there is none',
      [keepingLegs('Eve', 2)],
      [{ name: 'Eve', legs: 2 }],
    ],
    [
      'cells are set in every row that has the cells that are named, and in no other',
      [
        first,
        animal('b', { legs: 4 }),
        animal('c', { legs: 2 }),
        { change: 'set', table: 'animals', where: { legs: 4 }, cells: { nickname: 'quad' } },
      ],
      [{ nickname: 'quad', name: 'Ada' }, { nickname: 'quad' }, { nickname: null }],
    ],
    [
      'a cell that is null is found by null',
      [first, animal('b'), { change: 'set', table: 'animals', where: { legs: null }, cells: { legs: 0 } }],
      [{ legs: 4 }, { legs: 0 }],
    ],
    [
      'a cell is set to null',
      [first, { change: 'set', table: 'animals', where: { id: 'a' }, cells: { legs: null } }],
      [{ legs: null, name: 'Ada' }],
    ],
    [
      'setting what is not there changes nothing',
      [first, { change: 'set', table: 'animals', where: { id: 'z' }, cells: { legs: 1 } }],
      [{ id: 'a', legs: 4 }],
    ],
    [
      'every row that has the cells that are named is removed, and no other',
      [
        first,
        animal('b', { legs: 4 }),
        animal('c'),
        { change: 'remove', table: 'animals', where: { legs: 4 } },
      ],
      [{ id: 'c' }],
    ],
    [
      'removing what is not there changes nothing',
      [first, { change: 'remove', table: 'animals', where: { id: 'z' } }],
      [{ id: 'a' }],
    ],
    [
      'a row may be put, removed and put again in one batch',
      [first, { change: 'remove', table: 'animals', where: { id: 'a' } }, animal('a', { name: 'Eve' })],
      [{ name: 'Eve', legs: null }],
    ],
    [
      'changes count in their order, also between put and set of the same row',
      [
        { change: 'set', table: 'animals', where: { id: 'a' }, cells: { legs: 9 } },
        first,
        { change: 'set', table: 'animals', where: { id: 'a' }, cells: { legs: 3 } },
        { change: 'set', table: 'animals', where: { legs: 3 }, cells: { legs: 6, nickname: 'hex' } },
      ],
      [{ id: 'a', legs: 6, nickname: 'hex' }],
    ],
  ];
  for (const [title, made, expected] of outcomes) {
    claim(title, async ({ store }) => {
      await apply(store, await store.open(zoo), made);
      expect(await rowsOf(store)).toMatchObject(expected);
      expect(await rowsOf(store)).toHaveLength(expected.length);
    });
    claim(`${title}: over several batches, too`, async ({ store }) => {
      const build = await store.open(zoo);
      for (const change of made) await apply(store, build, [change]);
      expect(await rowsOf(store)).toMatchObject(expected);
      expect(await rowsOf(store)).toHaveLength(expected.length);
    });
  }

  claim('a key of several columns tells rows apart by all of them', async ({ store }) => {
    const again: OpenedChange = meal('a', 2, 'leaves');
    await apply(store, await store.open(zoo), [meal('a', 1), meal('a', 2), meal('b', 1), again]);
    expect(await rowsOf(store, 'meals')).toEqual([
      { animal: 'a', number: 1, food: 'hay' },
      { animal: 'a', number: 2, food: 'leaves' },
      { animal: 'b', number: 1, food: 'hay' },
    ]);
  });

  claim('a batch of many rows of several tables is taken whole', async ({ store }) => {
    const many = Array.from({ length: 3_000 }, (_, at) => [
      animal(`a${at % 2_000}`, { legs: at }),
      meal('m', at),
    ]);
    await apply(store, await store.open(zoo), many.flat());
    const rows = await rowsOf(store);
    expect(rows).toHaveLength(2_000);
    expect(rows.find(({ id }) => id === 'a999')).toMatchObject({ legs: 2_999 });
    expect(await rowsOf(store, 'meals')).toHaveLength(3_000);
  });
}

function refusals(claim: StoreClaim): void {
  const unfit: readonly (readonly [string, OpenedChange])[] = [
    ['a table that is not there', { change: 'put', table: 'plants', row: { id: 'a' } }],
    ['a column that is not there', animal('a', { wings: 2 })],
    ['null where nothing may be null', animal('a', { name: null })],
    ['a number for a text', animal('a', { name: 5 })],
    ['a text for a number', animal('a', { legs: '4' })],
    ['a number that is no integer', animal('a', { legs: 1.5 })],
    ['an integer that is not safe', animal('a', { legs: 2 ** 53 })],
    ['a text for bytes', animal('a', { photo: 'photo' })],
    ['a text with a NUL', animal('a', { name: 'a\0b' })],
    ['a text with half a character', animal('a', { name: 'a\ud800' })],
    ['a row without its key', { change: 'put', table: 'meals', row: { animal: 'a', food: 'hay' } }],
    ['keeping a column that is not there', { ...animal('a'), keeps: ['wings'] } as OpenedChange],
    [
      'setting a column of the key',
      { change: 'set', table: 'animals', where: { id: 'a' }, cells: { id: 'b' } },
    ],
    ['setting nothing', { change: 'set', table: 'animals', where: { id: 'a' }, cells: {} }],
    ['setting everywhere', { change: 'set', table: 'animals', where: {}, cells: { legs: 1 } }],
    [
      'setting an ill-fitting cell',
      { change: 'set', table: 'animals', where: { id: 'a' }, cells: { legs: 'x' } },
    ],
    ['removing everything', { change: 'remove', table: 'animals', where: {} }],
    ['removing by what no index begins with', { change: 'remove', table: 'meals', where: { number: 1 } }],
  ];
  for (const [what, change] of unfit) {
    claim(`${what} is refused, and nothing of its batch is written`, async ({ store }) => {
      const build = await store.open(zoo);
      await store.apply({
        build,
        changes: [animal('z', { name: 'zeta', legs: 1 })],
        from: null,
        to: checkpointAt(1),
      });
      const parked = { position: checkpointAt(1).position, error: 'broken', attempts: 1 };
      const batch = {
        build,
        changes: [animal('z', { name: 'other' }), meal('z', 1), change],
        from: checkpointAt(1),
        to: checkpointAt(2),
        parking: [{ stream: 's', parked }],
      };
      await expect(store.apply(batch)).rejects.toThrow(RowRefused);
      expect(await rowsOf(store)).toMatchObject([{ id: 'z', name: 'zeta', legs: 1 }]);
      expect(await rowsOf(store, 'meals')).toEqual([]);
      expect(await store.checkpoint(build)).toEqual(checkpointAt(1));
      expect(await store.parked(build)).toEqual([]);
      await apply(store, build, [animal('z', { name: 'afterwards' })]);
      expect(await rowsOf(store)).toMatchObject([{ name: 'afterwards' }]);
    });
  }

  claim('what is refused is told without its values', async ({ store }) => {
    const build = await store.open(zoo);
    const secret = animal('a', { name: 'a secret\0', legs: 1 });
    const batch = { build, changes: [secret], from: null, to: checkpointAt(1) };
    await expect(store.apply(batch)).rejects.toThrow(expect.not.stringContaining('secret') as never);
    await expect(store.apply(batch)).rejects.toThrow(/name/);
  });
}

function parking(claim: StoreClaim): void {
  claim('a stream is parked with its rows, parked anew, and gone on with', async ({ store }) => {
    const build = await store.open(zoo);
    const at = (events: number, error: string, attempts: number) => ({
      position: checkpointAt(events).position,
      error,
      attempts,
    });
    const steps = [
      [
        { stream: 't', parked: at(2, 'broken', 3) },
        { stream: 's', parked: at(1, 'broken', 4) },
      ],
      [{ stream: 's', parked: at(5, 'broken anew', 5) }],
      [{ stream: 't', parked: null }],
    ];
    let from = null as ReturnType<typeof checkpointAt> | null;
    const seen: unknown[] = [];
    for (const [index, parkings] of steps.entries()) {
      const to = checkpointAt(index + 10);
      await store.apply({ build, changes: [animal(`a${index}`)], from, to, parking: parkings });
      seen.push(await store.parked(build));
      from = to;
    }
    expect(seen).toEqual([
      [
        { stream: 's', ...at(1, 'broken', 4) },
        { stream: 't', ...at(2, 'broken', 3) },
      ],
      [
        { stream: 't', ...at(2, 'broken', 3) },
        { stream: 's', ...at(5, 'broken anew', 5) },
      ],
      [{ stream: 's', ...at(5, 'broken anew', 5) }],
    ]);
    expect(await rowsOf(store)).toHaveLength(3);
  });

  claim('a batch may park at the checkpoint that there is already', async ({ store }) => {
    const build = await store.open(zoo);
    await store.apply({ build, changes: [], from: null, to: checkpointAt(1) });
    const same = { build, changes: [animal('a')], from: checkpointAt(1), to: checkpointAt(1) };
    await store.apply({ ...same, parking: [{ stream: 's', parked: null }] });
    expect(await rowsOf(store)).toHaveLength(1);
    expect(await store.checkpoint(build)).toEqual(checkpointAt(1));
  });
}
