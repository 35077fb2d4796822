import { ErrorType } from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';

import { failureOf, meaningByType } from '#event-log-eventstoredb/thread/failures.js';

describe('what an error of the client means', () => {
  it('is said for every type of error that the client has', () => {
    expect(Object.keys(meaningByType).sort()).toEqual(Object.values(ErrorType).sort());
  });

  it.each([
    [
      { type: 'wrong-expected-version', actualVersion: 41n, message: '' },
      { meaning: 'conflict', actual: 41 },
    ],
    [
      { type: 'wrong-expected-version', actualVersion: 'no_stream' },
      { meaning: 'conflict', actual: 'no-stream' },
    ],
    [{ type: 'not-leader', code: 5 }, { meaning: 'not-leader' }],
    [{ type: 'stream-not-found' }, { meaning: 'not-found' }],
    [{ type: 'stream-deleted' }, { meaning: 'deleted' }],
    [
      { type: 'maximum-append-size-exceeded', maxAppendSize: 1_024 },
      { meaning: 'too-large', maximum: 1_024 },
    ],
    [{ type: 'access-denied' }, { meaning: 'refused' }],
    [{ type: 'timeout', code: 10 }, { meaning: 'retry' }],
    [{ type: 'unavailable', code: 14 }, { meaning: 'retry' }],
  ])('is read from the fields of %j', (error, expected) => {
    expect(failureOf(error)).toMatchObject({ ...expected, sent: true });
  });

  it.each([
    ['a raw status UNAVAILABLE', { code: 14, message: '14 UNAVAILABLE' }, 'retry'],
    ['a raw status INVALID_ARGUMENT', { type: 'unknown', code: 3 }, 'bad-position'],
    ['a raw status UNAUTHENTICATED', { code: 16 }, 'refused'],
    ['a code that no table knows', { type: 'unknown', code: 13 }, 'retry'],
    ['a type that no table knows', { type: 'from-the-future' }, 'retry'],
    ['an error without any field', new Error('what'), 'retry'],
    ['a thrown text', 'Impossible situation', 'retry'],
    ['nothing at all', undefined, 'retry'],
  ])('of %s is found by its code, or unknown', (_name, error, meaning) => {
    expect(failureOf(error).meaning).toBe(meaning);
  });

  it('never needs a text: an empty one is replaced by the type', () => {
    expect(failureOf({ type: 'unknown', message: '' }).reason).toBe('unknown');
  });
});
