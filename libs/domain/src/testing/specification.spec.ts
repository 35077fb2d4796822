import { describe, expect, test } from '@jest/globals';
import { accept, acceptWith, type Decision, reject } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import { at, before, circumstances, now, specificationOf } from '#domain/testing/specification.js';

interface Happened {
  readonly type: 'happened';
}
interface Times {
  readonly times: Instant[];
}
type Ask = { readonly ask: 'accept' | 'answer' | 'reject' | 'reject-and-record'; readonly notes: string[] };

const happened: Happened = { type: 'happened' };
const given = specificationOf({
  initial: { times: [] } as Times,
  evolve: ({ times }: Times, _: Happened, time: Instant) => ({ times: [...times, time] }),
  circumstances: { wanted: [] as Instant[] },
});

function decide(_: Times, { ask }: Ask): Decision<Happened, 'no', null | 'told'> {
  switch (ask) {
    case 'accept':
      return accept(happened);
    case 'answer':
      return acceptWith('told', happened);
    case 'reject':
      return reject('no');
    case 'reject-and-record':
      return reject('no', happened);
  }
}

const when = (ask: Ask['ask']) => given().when(decide, { ask, notes: [] });

describe('a spec', () => {
  test('holds when the verdict and the events are those it names', () => {
    when('accept').then(happened);
    when('answer').thenAnswers('told', happened);
    when('reject').thenRejected('no');
    when('reject-and-record').thenRejected('no', happened);
  });

  test.each([
    ['an event that did not happen', () => when('reject').thenRejected('no', happened)],
    ['an event too few', () => when('reject-and-record').thenRejected('no')],
    ['an event too few of an accepted command', () => when('accept').then()],
    ['the wrong verdict', () => when('reject').then()],
    ['the wrong verdict, with the right events', () => when('accept').thenRejected('no', happened)],
    ['no answer where there is one', () => when('answer').then(happened)],
    ['an answer where there is none', () => when('accept').thenAnswers('told', happened)],
  ])('fails that names %s', (_, spec) => {
    expect(spec).toThrow('toStrictEqual');
  });

  test('fails when the decision changes the state that it is made on', () => {
    const careless = (state: Times, _: Ask) => {
      state.times.push(now);
      return accept<Happened>();
    };
    expect(() => given(happened).when(careless, { ask: 'accept', notes: [] })).toThrow('toStrictEqual');
  });

  test('fails when the decision changes the command', () => {
    const careless = (_: Times, { notes }: Ask) => {
      notes.push('seen');
      return accept<Happened>();
    };
    expect(() => given().when(careless, { ask: 'accept', notes: [] })).toThrow('toStrictEqual');
  });

  test('folds the past with its times, and brings its circumstances', () => {
    const timesAre = ({ times }: Times, _: null, { wanted }: { wanted: Instant[] }) => {
      expect(times).toStrictEqual(wanted);
      return accept<Happened>();
    };
    given().when(timesAre, null).then();
    given(happened, at(now, happened))
      .when(timesAre, null, { wanted: [before, now] })
      .then();
  });

  test('has circumstances that can be changed one by one', () => {
    const usual = circumstances();
    expect(circumstances({ now: 1 })).toStrictEqual({ ...usual, now: 1 });
    expect(circumstances({ settings: { stepsPast: 0 } })).toStrictEqual({
      ...usual,
      settings: { ...usual.settings, stepsPast: 0 },
    });
  });
});
