import { describe, expect, test } from '@jest/globals';

import type { Instant, Sealed } from '#domain/ids.js';
import type { InstanceEvent } from '#domain/instance/events.js';
import { evolveInstance, noInstance } from '#domain/instance/state.js';
import { addSigningKey, type SigningKeyWanted } from '#domain/signing-keys/decide.js';
import type { SigningKeyEvent } from '#domain/signing-keys/events.js';
import {
  keysInUse,
  keyThatSigns,
  noSigningKeys,
  proofSeconds,
  publishedKeys,
  publishedSecondsMax,
  type SigningKeys,
  signingKeyDays,
  signsAfterSeconds,
} from '#domain/signing-keys/state.js';
import { at, now, specificationOf, type Timed } from '#domain/testing/specification.js';

const given = specificationOf({ initial: noInstance, evolve: evolveInstance, circumstances: { now } });

const setUp: InstanceEvent = { type: 'instance.added', instanceId: 'one' };
const second = 1_000;
const day = 86_400 * second;

const keyOf = (keyId: string) => ({
  keyId,
  publicKey: `public ${keyId}`,
  privateKey: `private ${keyId}` as Sealed,
});
const added = (keyId: string, withdrawsEarlier = false): SigningKeyEvent => ({
  type: 'instance.signing.key.added',
  ...keyOf(keyId),
  withdrawsEarlier,
});
const wanting = (wanted: SigningKeyWanted) => ({ key: keyOf('new'), wanted });

function keysAfter(...past: readonly Timed<InstanceEvent>[]): SigningKeys {
  const state = past.reduce(
    (before, { at: time, event }) => evolveInstance(before, event, time),
    evolveInstance(noInstance, setUp, 0),
  );
  return state.status === 'ready' ? state.signingKeys : noSigningKeys;
}
const idsOf = (keys: SigningKeys): readonly string[] => keys.map(({ keyId }) => keyId);

describe('a signing key is added', () => {
  test('to an instance that is set up', () => {
    given().when(addSigningKey, wanting('ordered')).thenRejected({ code: 'instance-not-set-up' });
  });

  test.each(['due', 'ordered'] as const)('where there is none, beside no other: %s', (wanted) => {
    given(setUp).when(addSigningKey, wanting(wanted)).then(added('new'));
  });

  test('when the newest is as old as one may be, and not before', () => {
    const old = now - signingKeyDays * day;
    given(setUp, at(old, added('old')))
      .when(addSigningKey, wanting('due'))
      .then(added('new'));
    given(setUp, at(old + 1, added('old')))
      .when(addSigningKey, wanting('due'))
      .then();
    given(setUp, at(old, added('old')), at(now, added('other')))
      .when(addSigningKey, wanting('due'))
      .then();
  });

  test('when it is ordered, unless one that was ordered does not sign yet', () => {
    const signing = at(now - signsAfterSeconds * second, added('second'));
    const waiting = at(now - signsAfterSeconds * second + 1, added('second'));
    given(setUp, at(now, added('first')))
      .when(addSigningKey, wanting('ordered'))
      .then(added('new'));
    given(setUp, at(now - day, added('first')), signing)
      .when(addSigningKey, wanting('ordered'))
      .then(added('new'));
    given(setUp, at(now - day, added('first')), waiting)
      .when(addSigningKey, wanting('ordered'))
      .then();
  });

  test('at once in the place of all others, however young they are', () => {
    given(setUp, at(now - day, added('first')), at(now, added('second')))
      .when(addSigningKey, wanting('at-once'))
      .then(added('new', true));
  });
});

describe('what signs', () => {
  test('is nothing before there is a key', () => {
    expect(keyThatSigns(noSigningKeys, now)).toBeNull();
  });

  test('is the first key at once', () => {
    expect(keyThatSigns(keysAfter(at(now, added('first'))), now)?.keyId).toBe('first');
  });

  test('is a later key once it was published for long enough, and the one before until then', () => {
    const keys = keysAfter(at(now - day, added('first')), at(now, added('second')));
    const from = now + signsAfterSeconds * second;
    expect(keyThatSigns(keys, from - 1)?.keyId).toBe('first');
    expect(keyThatSigns(keys, from)?.keyId).toBe('second');
  });

  test('is something published also where a clock is behind', () => {
    const keys = keysAfter(at(now, added('first')), at(now + day, added('second')));
    expect(keyThatSigns(keys, now - day)?.keyId).toBe('first');
  });

  test('is at once what withdraws the others', () => {
    const keys = keysAfter(at(now - day, added('first')), at(now, added('second', true)));
    expect(keyThatSigns(keys, now)?.keyId).toBe('second');
    expect(idsOf(publishedKeys(keys, now))).toEqual(['second']);
  });
});

describe('a published key', () => {
  const keys = keysAfter(at(now - day, added('first')), at(now, added('second')));
  const uses = (moment: Instant) =>
    keysInUse(keys, moment).map(({ key, use, until }) => [key.keyId, use, until]);
  const signs = now + signsAfterSeconds * second;
  const over = signs + (proofSeconds + publishedSecondsMax) * second;

  test('waits, then signs, then verifies, and it is known until when', () => {
    expect(uses(now)).toEqual([
      ['first', 'signs', signs],
      ['second', 'waits', signs],
    ]);
    expect(uses(signs)).toEqual([
      ['first', 'verifies', over],
      ['second', 'signs', null],
    ]);
    expect(uses(over)).toEqual([['second', 'signs', null]]);
  });

  test('is not there before the first is added', () => {
    expect(keysInUse(keysAfter(), now)).toEqual([]);
  });
});

describe('what is published', () => {
  const keys = keysAfter(at(now - day, added('first')), at(now, added('second')));

  /** Everything that a moment of rotation has to hold for, a second after the other. */
  const moments = Array.from({ length: 2 * 3_600 }, (_, index) => now + index * second);

  test('is every key by which a proof that has not expired was signed', () => {
    const missing = moments.filter((moment) => {
      const published = idsOf(publishedKeys(keys, moment));
      const signed = [moment, moment - proofSeconds * second].map((then) => keyThatSigns(keys, then)?.keyId);
      return signed.some((keyId) => !published.includes(String(keyId)));
    });
    expect(missing).toEqual([]);
  });

  test('is a new key for longer than any copy is kept, before it signs', () => {
    expect(signsAfterSeconds).toBeGreaterThan(publishedSecondsMax);
    expect(idsOf(publishedKeys(keys, now))).toEqual(['first', 'second']);
  });

  test('is an old key for longer than any copy is kept, and then no more', () => {
    const last = now + (signsAfterSeconds + proofSeconds + publishedSecondsMax) * second;
    expect(idsOf(publishedKeys(keys, last - 1))).toEqual(['first', 'second']);
    expect(idsOf(publishedKeys(keys, last))).toEqual(['second']);
  });

  test('is the newest key however old it is', () => {
    expect(idsOf(publishedKeys(keys, now + 1_000 * day))).toEqual(['second']);
  });

  test('is a few keys, however often one is ordered, and no retired one is kept', () => {
    const ordered = Array.from({ length: 50 }, (_, index): Timed<InstanceEvent> => {
      const time: Instant = now + index * signsAfterSeconds * second;
      return at(time, added(`key ${index}`));
    });
    expect(idsOf(keysAfter(...ordered))).toEqual(['key 47', 'key 48', 'key 49']);
  });
});
