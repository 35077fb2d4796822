import { describe, expect, it } from '@jest/globals';

import { codecOf } from '#event-catalog/codec.js';
import { type Entries, older } from '#event-catalog/entry.js';
import { integer, list, nullable, oneOf, record, some, text, yesOrNo } from '#event-catalog/fields.js';
import type { JsonValue } from '#event-catalog/stored-event.js';
import { UndecodableEvent } from '#event-catalog/undecodable-event.js';

interface Window {
  readonly width: number;
  readonly glass: 'clear' | 'frosted';
}

type HouseEvent =
  | {
      readonly type: 'house.built';
      readonly street: string;
      readonly floors: number;
      readonly windows: readonly Window[];
      readonly owner: string | null;
    }
  | { readonly type: 'house.painted'; readonly colours: Partial<{ wall: string; door: string }> }
  | { readonly type: 'house.torn-down' };

const window = record<Window>({ width: integer, glass: oneOf('clear', 'frosted') });

/** Houses were written in three ways: by address, then without windows, then as they are now. */
const entries = {
  'house.built': {
    meaning: 'A house was built.',
    older: [
      older({ address: text, floors: integer }, ({ address, floors }) => ({
        street: address.slice(0, address.indexOf(',')),
        floors,
        inhabited: false,
      })),
      older({ street: text, floors: integer, inhabited: yesOrNo }, ({ street, floors, inhabited }) => ({
        street,
        floors,
        windows: [],
        owner: inhabited ? 'somebody' : null,
      })),
    ],
    fields: { street: text, floors: integer, windows: list(window), owner: nullable(text) },
  },
  'house.painted': {
    meaning: 'A house has other colours.',
    fields: { colours: some<{ wall: string; door: string }>('some colours', { wall: text, door: text }) },
  },
  'house.torn-down': { meaning: 'A house is gone.', fields: {} },
} satisfies Entries<HouseEvent>;

const codec = codecOf<HouseEvent>(entries);

const built = {
  type: 'house.built',
  street: 'High Street',
  floors: 2,
  windows: [
    { width: 90, glass: 'clear' },
    { width: 120, glass: 'frosted' },
  ],
  owner: null,
} as const satisfies HouseEvent;
const { type: _, ...fields } = built;

const decoding = (data: unknown, type = 'house.built') => undecodabilityOf(() => decode(data, type));
const decode = (data: unknown, type = 'house.built') =>
  codec.decode({ type, data: data as Record<string, JsonValue> });

function undecodabilityOf(act: () => unknown): unknown {
  try {
    return { decoded: act() };
  } catch (error) {
    return error instanceof UndecodableEvent ? error.undecodability : error;
  }
}

describe('an event', () => {
  it('is written with the version of its form, in the order of its fields', () => {
    const { data, type } = codec.encode(
      Object.fromEntries(Object.entries(built).reverse()) as unknown as HouseEvent,
    );
    expect(type).toBe('house.built');
    expect(JSON.stringify(data)).toBe(JSON.stringify({ v: 3, ...fields }));
  });

  it('is read as it was written', () => {
    const events: HouseEvent[] = [
      built,
      { ...built, windows: [], owner: 'Ada' },
      { type: 'house.painted', colours: {} },
      { type: 'house.painted', colours: { door: 'red' } },
      { type: 'house.torn-down' },
    ];
    expect(events.map((event) => codec.decode(codec.encode(event)))).toEqual(events);
  });
});

describe('an older version', () => {
  it('is lifted step by step', () => {
    expect(decode({ v: 1, address: 'High Street, London', floors: 2 })).toEqual({
      type: 'house.built',
      street: 'High Street',
      floors: 2,
      windows: [],
      owner: null,
    });
    expect(decode({ v: 2, street: 'High Street', floors: 2, inhabited: true })).toEqual({
      type: 'house.built',
      street: 'High Street',
      floors: 2,
      windows: [],
      owner: 'somebody',
    });
  });

  it('is checked by its own fields, and not by those of today', () => {
    expect(decoding({ v: 1, ...fields })).toEqual({
      code: 'missing-field',
      type: 'house.built',
      version: 1,
      field: 'address',
    });
    expect(decoding({ v: 2, street: 'High Street', floors: '2', inhabited: true })).toEqual({
      code: 'ill-typed-field',
      type: 'house.built',
      version: 2,
      field: 'floors',
    });
  });

  it('is left as it was stored', () => {
    const data = Object.freeze({ v: 1, address: 'High Street, London', floors: 2 });
    decode(data);
    expect(data).toEqual({ v: 1, address: 'High Street, London', floors: 2 });
  });

  it('that is lifted to something else than the next version is refused', () => {
    const careless = codecOf<{ readonly type: 'a'; readonly size: number }>({
      a: {
        meaning: 'A size was told.',
        fields: { size: integer },
        older: [older({ size: text }, ({ size }) => ({ size }))],
      },
    });
    expect(
      undecodabilityOf(() => careless.decode({ type: 'a', data: { v: 1, size: 'large' } })),
    ).toMatchObject({ code: 'ill-typed-field', version: 2, field: 'size' });
  });
});

describe('what is no such event is not read', () => {
  it.each<readonly [string, unknown, string]>([
    ['an unknown type', { v: 1 }, 'house.moved'],
    ['a type that every object seems to have', { v: 1 }, 'constructor'],
  ])('%s', (_title, data, type) => {
    expect(decoding(data, type)).toEqual({ code: 'unknown-type', type });
  });

  it.each<readonly [string, unknown, number | null]>([
    ['a newer version', { ...fields, v: 4 }, 4],
    ['version 0', { ...fields, v: 0 }, 0],
    ['a version between two', { ...fields, v: 2.5 }, null],
    ['a version as text', { ...fields, v: '3' }, null],
    ['no version', fields, null],
    ['a list', [3], null],
    ['nothing', null, null],
  ])('%s', (_title, data, version) => {
    expect(decoding(data)).toEqual({ code: 'unknown-version', type: 'house.built', version, newest: 3 });
  });

  it.each(Object.keys(fields))('one that lacks its %s', (field) => {
    const data = Object.fromEntries(Object.entries({ v: 3, ...fields }).filter(([name]) => name !== field));
    expect(decoding(data)).toEqual({ code: 'missing-field', type: 'house.built', version: 3, field });
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ['a number for a text', { street: 7 }, 'street'],
    ['a text for a number', { floors: '2' }, 'floors'],
    ['half a floor', { floors: 2.5 }, 'floors'],
    ['more floors than can be counted', { floors: 2 ** 53 }, 'floors'],
    ['null where something must be', { street: null }, 'street'],
    ['something else than null or a text', { owner: false }, 'owner'],
    ['an object for a list', { windows: {} }, 'windows'],
    ['a list for an object', { windows: [[90, 'clear']] }, 'windows[0]'],
    ['no choice of those there are', { windows: [{ width: 90, glass: 'red' }] }, 'windows[0].glass'],
    ['a part that is missing', { windows: [{ width: 90 }] }, 'windows[0].glass'],
    [
      'a part too many',
      { windows: [fields.windows[0], { width: 1, glass: 'clear', open: 1 }] },
      'windows[1].open',
    ],
  ])('%s', (_title, wrong, field) => {
    expect(decoding({ v: 3, ...fields, ...wrong })).toEqual({
      code: 'ill-typed-field',
      type: 'house.built',
      version: 3,
      field,
    });
  });

  it.each<readonly [string, unknown, string]>([
    ['an unknown part of many that may be left out', { roof: 'red' }, 'colours.roof'],
    ['an ill-typed part of many that may be left out', { door: 7 }, 'colours.door'],
    ['null for all of them', null, 'colours'],
  ])('%s', (_title, colours, field) => {
    expect(decoding({ v: 1, colours }, 'house.painted')).toEqual({
      code: 'ill-typed-field',
      type: 'house.painted',
      version: 1,
      field,
    });
  });

  it.each([
    ['one with a field too many', 'garden', 'garden'],
    ['one with the type among its fields', 'type', 'type'],
    ['one with what may be anything for a field', '__proto__', '(not a name)'],
    ['one with a secret for a field', 'JBSW Y3DP', '(not a name)'],
  ])('%s', (_title, name, field) => {
    const data = JSON.parse(`{"v":3,${JSON.stringify(fields).slice(1, -1)},${JSON.stringify(name)}:1}`);
    expect(decoding(data)).toEqual({ code: 'extra-field', type: 'house.built', version: 3, field });
  });

  it('and no value of it is told', () => {
    const canary = 'canary-4711';
    const wrongs = [
      { ...fields, v: canary },
      { ...fields, v: 3, floors: canary },
      { ...fields, v: 3, street: [canary] },
      { ...fields, v: 3, windows: [{ width: canary, glass: canary }] },
      { ...fields, v: 3, [canary]: canary },
      { v: 3, street: canary },
    ];
    const texts = wrongs.map((data) => textOf(() => decode(data)));
    expect(texts.filter((text) => text.includes('house.built'))).toHaveLength(wrongs.length);
    expect(texts.filter((text) => text.includes(canary))).toEqual([]);
  });
});

describe('what cannot be read', () => {
  it.each<readonly [string, unknown, string]>([
    ['unknown-type', { v: 1 }, 'house.moved'],
    ['unknown-version', {}, 'house.built'],
    ['missing-field', { v: 3 }, 'house.built'],
    ['extra-field', { v: 1, street: 'High Street' }, 'house.torn-down'],
    ['ill-typed-field', { v: 1, colours: 'red' }, 'house.painted'],
  ])('is an error that says why, and what it is about: %s', (code, data, type) => {
    expect(() => decode(data, type)).toThrow(
      expect.objectContaining({ name: 'UndecodableEvent', code, message: expect.stringContaining(type) }),
    );
  });
});

describe('what could not be read back is not written', () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>, RegExp]>([
    ['an unknown type', { type: 'house.moved' }, /no event of the type house\.moved/],
    ['a field that is undefined', { street: undefined }, /street/],
    ['a field that is ill-typed', { floors: Number.NaN }, /floors/],
    ['a field too many', { garden: 'large' }, /garden/],
    ['a version among the fields', { v: 3 }, /should not have: v/],
    ['a part too many', { windows: [{ width: 90, glass: 'clear', key: 'x' }] }, /windows\[0\]\.key/],
  ])('%s', (_title, wrong, text) => {
    const event = { ...built, ...wrong } as unknown as HouseEvent;
    expect(() => codec.encode(event)).toThrow(TypeError);
    expect(() => codec.encode(event)).toThrow(text);
  });
});

describe('what the compiler refuses', () => {
  type Sized = { readonly type: 'a'; readonly size: 'S' | 'L'; readonly note: string | null };
  const size = oneOf('S', 'L');
  const meaning = 'A size was told.';

  it('is every entry that does not fit its event', () => {
    const fitting: Entries<Sized> = { a: { meaning, fields: { size, note: nullable(text) } } };
    const wrong: readonly Entries<Sized>[] = [
      // @ts-expect-error: a type of event without an entry
      {},
      // @ts-expect-error: an entry of no event
      { a: fitting.a, b: { meaning, fields: {} } },
      // @ts-expect-error: a field without an entry
      { a: { meaning, fields: { size } } },
      // @ts-expect-error: a field of no event
      { a: { meaning, fields: { size, note: nullable(text), colour: text } } },
      // @ts-expect-error: wider than the field
      { a: { meaning, fields: { size: text, note: nullable(text) } } },
      // @ts-expect-error: narrower than the field
      { a: { meaning, fields: { size: oneOf('S'), note: nullable(text) } } },
      // @ts-expect-error: narrower by null
      { a: { meaning, fields: { size, note: text } } },
    ];
    expect(wrong).toHaveLength(7);
  });
});

function textOf(act: () => unknown): string {
  try {
    return `decoded ${JSON.stringify(act())}`;
  } catch (error) {
    return error instanceof Error ? `${error.stack} ${JSON.stringify(error)}` : String(error);
  }
}
