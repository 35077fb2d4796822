import { describe, expect, it } from '@jest/globals';

import { older } from '#event-catalog/entry.js';
import { integer, nullable, sealed, text } from '#event-catalog/fields.js';
import { errorsDocument } from '#tools/errors-document.js';
import { eventRows } from '#tools/events-document.js';

describe('docs/events.md', () => {
  it('tells each version of an event, the newest first, and what of it is sealed', () => {
    const entry = {
      meaning: 'A house was built.',
      fields: { floors: integer, owner: nullable(sealed()) },
      older: [older({ address: text }, () => ({})), older({}, () => ({}))],
    };
    expect(eventRows('house.built', entry)).toEqual([
      ['`house.built`', '3', '`floors`: integer<br>`owner`: **sealed**, or null', 'A house was built.'],
      ['`house.built`', '2', 'none', 'Read as version 3.'],
      ['`house.built`', '1', '`address`: text', 'Read as version 3.'],
    ]);
  });
});

describe('docs/errors.md', () => {
  it('tells of each refusal its code, status and id, its meaning and what it carries, by the alphabet', () => {
    const document = errorsDocument({
      'wrong-code': {
        meaning: 'It is right for a|b only.',
        carries: ['attemptsLeft', 'nextAttemptAt'],
        status: 'INVALID_ARGUMENT',
        id: 'ONE',
      },
      'user-locked': { meaning: 'Shut out.', carries: [], status: 'FAILED_PRECONDITION', id: 'OTHER' },
    });
    expect(document.split('\n').slice(-4)).toEqual([
      '|---|---|---|---|---|',
      '| `user-locked` | FAILED_PRECONDITION | `OTHER` | Shut out. | nothing |',
      '| `wrong-code` | INVALID_ARGUMENT | `ONE` | It is right for a\\|b only. | `attemptsLeft`, `nextAttemptAt` |',
      '',
    ]);
  });
});
