// 001: `X-API-Key`; `{code: status, error: phrase, details?}`.

import {
  type Contract,
  type Expected,
  is,
  type Known,
  moment,
  notice,
  picture,
  secret,
  showing,
  showingSpent,
  text,
} from '#test/conformance/contracts/contract.js';

const path = '/auth/v1/users/current/totp';

const refused = (code: number, error: string): Expected => is(code, { code, error, details: text });
const bad = refused(400, 'Bad Request');
const conflict = refused(409, 'Conflict');
const notFound = refused(404, 'Not Found');
const forbidden = refused(403, 'Forbidden');
const tooMany = refused(429, 'Too Many Requests');

export const apiKey: Contract = {
  name: 'api-key',
  headers: ({ token }) => ({ 'x-api-key': token }),
  mount: '/auth/v1/users',
  begin: `${path}/setup`,
  confirm: `${path}/enable`,
  check: `${path}/verify`,
  begunIn: ({ secret: shown }: Pick<Known, 'secret'>) => ({ id: '', secret: shown }),
  codesIn: () => [],
  refused: {
    'no credential': refused(401, 'Unauthorized'),
    'a machine': forbidden,
    'a field that is not known': is(400, {
      code: 400,
      error: 'Bad Request',
      details: 'colour is not known here',
    }),
    'half a body': bad,
    'a list': bad,
    'a body over the limit': refused(413, 'Payload Too Large'),
    'another content type': refused(415, 'Unsupported Media Type'),
    'another method': refused(405, 'Method Not Allowed'),
    'a path that is none': notFound,
    'no code': is(400, { code: 400, error: 'Bad Request', details: 'code is required' }),
    'what is no code': bad,
    'a wrong code': bad,
    'too many wrong codes': tooMany,
    'too many calls': tooMany,
    'an exhausted quota': forbidden,
    'a policy': is(403, { code: 403, error: 'Forbidden', details: notice }),
  },
  calls: [
    {
      verb: 'POST',
      path: `${path}/setup`,
      fits: () => ({}),
      answers: [
        {
          when: 'without a body',
          given: 'newcomer',
          is: is(200, { qr_code_url: picture, secret }),
        },
        { when: 'once more', given: 'begun', is: is(200, { qr_code_url: picture, secret }) },
        { when: 'where an app is ready', given: 'ready', is: conflict },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/enable`,
      fits: showing,
      code: { given: 'begun' },
      answers: [
        { when: 'with the first code', given: 'begun', body: showing, is: is(200, { enabled: true }) },
        { when: 'of an app that is ready', given: 'ready', body: showing, is: conflict },
        { when: 'before setup', given: 'newcomer', body: () => ({ code: '123456' }), is: notFound },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/verify`,
      fits: showing,
      code: { given: 'ready' },
      answers: [
        { when: 'with a code', given: 'ready', body: showing, is: is(200, { valid: true }) },
        { when: 'with the code that enabled it', given: 'ready', body: showingSpent, is: bad },
        { when: 'with a code once more', given: 'ready', body: showing, again: true, is: bad },
        { when: 'before setup', given: 'newcomer', body: () => ({ code: '123456' }), is: notFound },
      ],
    },
    {
      verb: 'GET',
      path,
      fits: null,
      answers: [
        { when: 'without an app', given: 'newcomer', is: is(200, { enabled: false }) },
        { when: 'before the first code', given: 'begun', is: is(200, { enabled: false }) },
        {
          when: 'of an app that is ready',
          given: 'ready',
          is: is(200, { enabled: true, created_at: moment, last_used_at: moment }),
        },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/disable`,
      fits: showing,
      code: { given: 'ready' },
      answers: [
        { when: 'with a code', given: 'ready', body: showing, is: is(200, { enabled: false }) },
        { when: 'with the code that enabled it', given: 'ready', body: showingSpent, is: bad },
        { when: 'without an app', given: 'newcomer', body: () => ({ code: '123456' }), is: notFound },
      ],
    },
  ],
};
