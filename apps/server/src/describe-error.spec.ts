import { describe, expect, it } from '@jest/globals';

import { unavailable } from '#event-log/errors.js';
import { describeError } from '#server/describe-error.js';

const secret = 'hunter2';

describe('an error in the log', () => {
  it('tells its kind, its code and its place', () => {
    const described = describeError(Object.assign(new TypeError(secret), { code: 'ERR_X' }));
    expect(described).toMatchObject({ name: 'TypeError', code: 'ERR_X' });
    expect(described.at[0]).toContain('describe-error.spec.ts');
  });

  it('that is ours tells its text too', () => {
    expect(describeError(unavailable('no answer'))).toMatchObject({
      name: 'EventLogError',
      code: 'unavailable',
      message: 'the event log is unavailable: no answer',
    });
  });

  it.each([
    ['its message', new Error(secret)],
    [
      'a message that looks like a place',
      new Error(`x\n    at ${secret} (file:///a.js:1:1)\n    at b (c.js:1:1)`),
    ],
    ['its name', Object.assign(new Error('x'), { name: `${secret} !` })],
    ['its code', Object.assign(new Error('x'), { code: `${secret} !` })],
    ['its cause', new Error('x', { cause: new Error(secret, { cause: secret }) })],
    ['the cause of an error of ours', unavailable('x', new Error(secret))],
    [
      'a field of its own',
      Object.assign(new Error('x'), { body: secret, headers: { authorization: secret } }),
    ],
    ['what was thrown instead of an error', secret],
  ])('never tells %s', (_title, error) => {
    expect(JSON.stringify(describeError(error))).not.toContain(secret);
  });

  it('follows causes, and not for ever', () => {
    const circular = new Error('x');
    circular.cause = circular;
    expect(JSON.stringify(describeError(circular)).match(/"name"/g)).toHaveLength(6);
  });
});
