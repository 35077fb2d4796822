import { describe, expect, test } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import type { MetadataKeyHash } from '#domain/ids.js';
import {
  elsewhere,
  erased,
  human,
  humanAdded,
  locked,
  machine,
  machineAdded,
  organizationId,
  removed,
  sealed,
} from '#domain/testing/people.js';
import {
  accountOf,
  at,
  before,
  circumstances,
  given,
  now,
  type Timed,
} from '#domain/testing/specification.js';
import { addHuman, addMachine } from '#domain/user/decide.js';
import {
  metadataMax,
  metadataOf,
  removeMetadata,
  setMetadata,
  withFirstMetadata,
} from '#domain/user-metadata/decide.js';
import { evolveUserMetadata, noMetadata } from '#domain/user-metadata/state.js';

const hash = (key: string) => `hash of ${key}` as MetadataKeyHash;
const entry = (key: string, value: string) => ({
  keyHash: hash(key),
  key: sealed(key),
  value: sealed(value),
});
const set = (key: string, value: string) => ({ type: 'user.metadata.set', ...entry(key, value) }) as const;
const gone = (key: string) => ({ type: 'user.metadata.removed', keyHash: hash(key) }) as const;
const allGone = { type: 'user.metadata.removed.all' } as const;

const keys = (count: number) => Array.from({ length: count }, (_, index) => `key ${index}`);
const full = keys(metadataMax).map((key) => set(key, 'something'));
const toSet = (...entries: readonly ReturnType<typeof entry>[]) => ({ organizationId, entries });
const toRemove = (...names: readonly string[]) => ({ organizationId, keyHashes: names.map(hash) });

describe('metadata of a user', () => {
  test.each([
    ['human', humanAdded],
    ['machine', machineAdded],
  ] as const)('is set by its keys, several at once: %s', (_, added) => {
    given(added)
      .when(setMetadata, toSet(entry('colour', 'blue'), entry('shoe size', '38')))
      .then(set('colour', 'blue'), set('shoe size', '38'));
  });

  test('is written only where its value is another', () => {
    given(humanAdded, set('colour', 'blue'), set('shoe size', '38'))
      .when(setMetadata, toSet(entry('colour', 'blue'), entry('shoe size', '39')))
      .then(set('shoe size', '39'));
    given(humanAdded, set('colour', 'blue'))
      .when(setMetadata, toSet(entry('colour', 'blue')))
      .then();
  });

  test('may be set for a user who is locked', () => {
    given(humanAdded, locked)
      .when(setMetadata, toSet(entry('colour', 'blue')))
      .then(set('colour', 'blue'));
  });

  test('has fifty keys at most', () => {
    expect(metadataMax).toBe(50);
    given(humanAdded, ...full.slice(1))
      .when(setMetadata, toSet(entry('another', 'x')))
      .then(set('another', 'x'));
    given(humanAdded, ...full)
      .when(setMetadata, toSet(entry('another', 'x')))
      .thenRejected({ code: 'metadata-max', maximum: 50 });
    given(humanAdded, ...full.slice(1))
      .when(setMetadata, toSet(entry('key 1', 'x'), entry('one', 'x'), entry('two', 'x')))
      .thenRejected({ code: 'metadata-max', maximum: 50 });
  });

  test('may be changed under each of its fifty keys', () => {
    given(humanAdded, ...full)
      .when(setMetadata, toSet(entry('key 7', 'else')))
      .then(set('key 7', 'else'));
  });

  test('is removed by its keys', () => {
    given(humanAdded, set('a', '1'), set('b', '2'), set('c', '3'))
      .when(removeMetadata, toRemove('c', 'a'))
      .then(gone('c'), gone('a'));
    given(humanAdded, set('a', '1')).when(removeMetadata, toRemove('a')).then(gone('a'));
  });

  test('is removed by one event where nothing is left', () => {
    given(humanAdded, set('a', '1'), set('b', '2')).when(removeMetadata, toRemove('b', 'a')).then(allGone);
    given(humanAdded, set('a', '1'), set('b', '2'))
      .when(removeMetadata, toRemove('a', 'a'))
      .then(gone('a'), gone('a'));
  });

  test.each([
    ['a key that was never set', [humanAdded, set('a', '1')]],
    ['a key that was removed', [humanAdded, set('a', '1'), set('b', '2'), gone('b')]],
    ['a key that was removed with all others', [humanAdded, set('b', '2'), allGone, set('a', '1')]],
  ])('is not removed at all where one key is unknown: %s', (_, past) => {
    given(...past)
      .when(removeMetadata, toRemove('a', 'b'))
      .thenRejected({ code: 'metadata-not-found' });
  });

  test.each([
    ['nobody', []],
    ['somebody of another organization', [{ ...humanAdded, ...elsewhere }, set('a', '1')]],
    ['somebody who was removed', [humanAdded, set('a', '1'), removed]],
    ['somebody who was erased', [humanAdded, set('a', '1'), removed, erased]],
  ] as const)('is not that of %s', (_, past) => {
    const notFound = { code: 'user-not-found' } as const;
    given(...past)
      .when(setMetadata, toSet(entry('a', '1')))
      .thenRejected(notFound);
    given(...past)
      .when(removeMetadata, toRemove('a'))
      .thenRejected(notFound);
  });
});

describe('metadata that is known from the start', () => {
  const first = [entry('a', '1'), entry('b', '2')];

  test('comes with whoever is added', () => {
    given()
      .when((account) => withFirstMetadata(addHuman(account, human, circumstances()), first), null)
      .then(humanAdded, set('a', '1'), set('b', '2'));
    given()
      .when((account) => withFirstMetadata(addMachine(account, machine, circumstances()), []), null)
      .then(machineAdded);
  });

  test('does not come without its user', () => {
    given(humanAdded)
      .when((account) => withFirstMetadata(addHuman(account, human, circumstances()), first), null)
      .thenRejected({ code: 'user-already-exists' });
  });

  test('has fifty keys at most', () => {
    const adding = (count: number) =>
      given().when(
        (account) =>
          withFirstMetadata(
            addMachine(account, machine, circumstances()),
            keys(count).map((key) => entry(key, 'something')),
          ),
        null,
      );
    adding(50).then(machineAdded, ...full);
    adding(51).thenRejected({ code: 'metadata-max', maximum: 50 });
  });
});

describe('folding', () => {
  const kept = (...past: readonly (AccountEvent | Timed<AccountEvent>)[]) =>
    accountOf(humanAdded, ...past).metadata;

  test('each key has its value, and since when, in the order of their first setting', () => {
    const past = [at(now, set('a', '1')), at(now + 1, set('b', '2')), at(now + 2, set('a', '3'))];
    expect(kept(...past)).toStrictEqual([
      { ...entry('a', '3'), createdAt: now, changedAt: now + 2 },
      { ...entry('b', '2'), createdAt: now + 1, changedAt: now + 1 },
    ]);
  });

  test('a key that was removed begins anew', () => {
    expect(kept(set('a', '1'), gone('a'), at(now, set('a', '1')))).toStrictEqual([
      { ...entry('a', '1'), createdAt: now, changedAt: now },
    ]);
  });

  test('an entry is found by its key', () => {
    const account = accountOf(humanAdded, set('a', '1'), set('b', '2'));
    expect(metadataOf(account, hash('b'))).toMatchObject(entry('b', '2'));
    expect(metadataOf(account, hash('c'))).toBeNull();
  });

  test.each<AccountEvent>([allGone, removed, erased])('nothing is left after $type', (event) => {
    const { metadata } = accountOf(humanAdded, set('a', '1'));
    expect(evolveUserMetadata(metadata, event, before)).toBe(noMetadata);
  });

  test('what is no business of metadata leaves it the same object', () => {
    const { metadata } = accountOf(humanAdded, set('a', '1'));
    expect(evolveUserMetadata(metadata, locked, before)).toBe(metadata);
    expect(evolveUserMetadata(metadata, gone('b'), before)).toBe(metadata);
  });

  test('it belongs to the user and to nothing else', () => {
    const account = accountOf(humanAdded);
    const after = accountOf(humanAdded, set('a', '1'));
    expect({ ...after, metadata: noMetadata }).toStrictEqual(account);
  });
});
