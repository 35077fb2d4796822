// 004: a cookie or a bearer token; `{error: phrase, message, code: status, details?}`.

import { expect } from '@jest/globals';

import {
  type Answer,
  type Contract,
  type Expected,
  is,
  type Known,
  notice,
  otpauth,
  picture,
  secret,
  showing,
  showingSpent,
  ten,
  text,
} from '#test/conformance/contracts/contract.js';

const path = '/api/auth';
export const password = 'correct horse battery staple';

const refused = (code: number, error: string, details?: unknown): Expected =>
  is(code, { error, message: text, code, ...(details !== undefined && { details }) });
const ofField = (field: string): Expected => refused(400, 'Bad Request', [{ field, message: text }]);
const conflict = refused(409, 'Conflict', text);
const wrong = ofField('code');
const unauthorized = refused(401, 'Unauthorized');
const forbidden = refused(403, 'Forbidden');
const tooMany = refused(429, 'Too Many Requests');
const anyCode = () => ({ code: '123456' });
const backupCode = ({ recoveryCodes }: Known) => ({ backup_code: ` ${recoveryCodes[0]?.toLowerCase()} ` });
const loggingIn = ({ email }: Known) => ({ email, password });
const cookie = {
  'set-cookie': expect.stringMatching(/^countersign\.sid=css_[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/),
};
const noCookie = {
  'set-cookie': expect.stringMatching(/^countersign\.sid=; Path=\/; HttpOnly; SameSite=Lax; Max-Age=0$/),
};
const newToken = { 'x-countersign-session-token': expect.stringMatching(/^css_[\w-]+$/) };
const begun = is(200, { secret, otpauth_uri: otpauth, qr_code: picture });
const verified = is(200, { verified: true });

const foreign = (given: Answer['given'], body?: Answer['body']): Answer => ({
  when: 'from a page of another site',
  given,
  by: 'foreign page',
  ...(body && { body }),
  is: forbidden,
});

export const mfaEnroll: Contract = {
  name: 'mfa-enroll',
  logsIn: true,
  headers: ({ token }) => ({ authorization: `Bearer ${token}` }),
  mount: path,
  begin: `${path}/mfa/enroll`,
  confirm: `${path}/mfa/enroll/confirm`,
  check: `${path}/mfa/verify`,
  begunIn: ({ secret: shown }: Pick<Known, 'secret'>) => ({ id: '', secret: shown }),
  codesIn: (_, { backup_codes }: { readonly backup_codes: readonly string[] }) => backup_codes,
  refused: {
    'no credential': unauthorized,
    'a machine': forbidden,
    'a field that is not known': ofField('colour'),
    'half a body': refused(400, 'Bad Request', text),
    'a list': ofField(''),
    'a body over the limit': refused(413, 'Payload Too Large'),
    'another content type': refused(415, 'Unsupported Media Type'),
    'another method': refused(405, 'Method Not Allowed'),
    'a path that is none': refused(404, 'Not Found'),
    'no code': ofField('code'),
    'what is no code': wrong,
    'a wrong code': wrong,
    'too many wrong codes': tooMany,
    'too many calls': tooMany,
    'an exhausted quota': forbidden,
    'a policy': refused(403, 'Forbidden', notice),
  },
  calls: [
    {
      verb: 'POST',
      path: `${path}/login`,
      fits: loggingIn,
      open: true,
      answers: [
        {
          when: 'without an app',
          given: 'newcomer',
          body: loggingIn,
          is: is(200, { mfa_required: false }, cookie),
        },
        {
          when: 'of an app that is ready',
          given: 'ready',
          body: loggingIn,
          is: is(200, { mfa_required: true }, cookie),
        },
        {
          when: 'with a wrong password',
          given: 'newcomer',
          body: ({ email }) => ({ email, password: `${password}!` }),
          is: unauthorized,
        },
        {
          when: 'of nobody',
          given: 'newcomer',
          body: () => ({ email: 'nobody-at-all@example.com', password }),
          is: unauthorized,
        },
        {
          when: 'without a password',
          given: 'newcomer',
          body: ({ email }) => ({ email }),
          is: ofField('password'),
        },
        foreign('newcomer', loggingIn),
      ],
    },
    {
      verb: 'POST',
      path: `${path}/mfa/enroll`,
      fits: () => ({}),
      answers: [
        { when: 'without a body', given: 'newcomer', is: begun },
        { when: 'once more', given: 'begun', is: begun },
        { when: 'by cookie', given: 'newcomer', by: 'cookie', is: begun },
        { when: 'where it is enabled', given: 'ready', is: conflict },
        foreign('newcomer'),
      ],
    },
    {
      verb: 'POST',
      path: `${path}/mfa/enroll/confirm`,
      fits: showing,
      code: { given: 'begun' },
      answers: [
        { when: 'with the first code', given: 'begun', body: showing, is: is(200, { backup_codes: ten }) },
        { when: 'where it is enabled', given: 'ready', body: showing, is: conflict },
        { when: 'before it began', given: 'newcomer', body: anyCode, is: conflict },
        foreign('begun', showing),
      ],
    },
    {
      verb: 'POST',
      path: `${path}/mfa/verify`,
      fits: showing,
      code: { given: 'ready' },
      answers: [
        { when: 'with a code', given: 'ready', body: showing, is: verified },
        { when: 'with a backup code', given: 'ready', body: backupCode, is: verified },
        {
          when: 'with a code, by cookie',
          given: 'ready',
          body: showing,
          by: 'cookie',
          is: is(200, { verified: true }, cookie),
        },
        {
          when: 'with a backup code, by cookie',
          given: 'ready',
          body: backupCode,
          by: 'cookie',
          is: is(200, { verified: true }, cookie),
        },
        {
          when: 'with a code, by the token of the session',
          given: 'ready',
          body: showing,
          by: 'token of the session',
          is: is(200, { verified: true }, newToken),
        },
        {
          when: 'by a token that is dead since it verified',
          given: 'ready',
          body: showing,
          by: 'token of the session',
          again: true,
          is: unauthorized,
        },
        {
          when: 'by a cookie that is dead since it verified',
          given: 'ready',
          body: showing,
          by: 'cookie',
          again: true,
          is: unauthorized,
        },
        { when: 'with the code that confirmed', given: 'ready', body: showingSpent, is: wrong },
        { when: 'with a code once more', given: 'ready', body: showing, again: true, is: wrong },
        {
          when: 'with a backup code once more',
          given: 'ready',
          body: backupCode,
          again: true,
          is: ofField('backup_code'),
        },
        { when: 'before it began', given: 'newcomer', body: anyCode, is: conflict },
        foreign('ready', showing),
      ],
    },
    {
      verb: 'GET',
      path: `${path}/mfa`,
      fits: null,
      answers: [
        {
          when: 'before it began',
          given: 'newcomer',
          is: is(200, { enabled: false, backup_codes_remaining: 0 }),
        },
        {
          when: 'where it is enabled',
          given: 'ready',
          is: is(200, { enabled: true, backup_codes_remaining: 10 }),
        },
        {
          when: 'by cookie, before the second factor was shown',
          given: 'ready',
          by: 'cookie',
          is: forbidden,
        },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/mfa/disable`,
      fits: showing,
      code: { given: 'ready' },
      answers: [
        { when: 'with a code', given: 'ready', body: showing, is: is(200, { enabled: false }) },
        {
          when: 'with a backup code',
          given: 'ready',
          body: (known) => ({ code: backupCode(known).backup_code }),
          is: is(200, { enabled: false }),
        },
        { when: 'with the code that confirmed', given: 'ready', body: showingSpent, is: wrong },
        { when: 'before it began', given: 'newcomer', body: anyCode, is: conflict },
        foreign('ready', showing),
      ],
    },
    {
      verb: 'POST',
      path: `${path}/logout`,
      fits: () => ({}),
      answers: [
        { when: 'by cookie', given: 'newcomer', by: 'cookie', is: is(204, '', noCookie) },
        {
          when: 'by cookie once more',
          given: 'newcomer',
          by: 'cookie',
          again: true,
          is: unauthorized,
        },
        {
          when: 'by an access token, which has no session',
          given: 'newcomer',
          is: refused(400, 'Bad Request', text),
        },
        foreign('newcomer'),
      ],
    },
  ],
};
