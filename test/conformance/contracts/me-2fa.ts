// 003: bearer token; `{error: {code, message, requestId, details?, notices?}}`; what is well-formed and wrong is 422.

import {
  type Contract,
  type Expected,
  is,
  type Known,
  moment,
  notice,
  noticeCode,
  otpauth,
  picture,
  secret,
  showing,
  showingSpent,
  ten,
  text,
} from '#test/conformance/contracts/contract.js';

const path = '/v1/me/2fa';

const refused = (status: number, code: string, fields: readonly string[] = []): Expected =>
  is(status, {
    error: {
      code,
      message: text,
      requestId: text,
      ...(fields.length > 0 && { details: fields.map((field) => ({ field, message: text })) }),
    },
  });
const enabled = refused(409, 'two_factor_already_enabled');
const notSetUp = refused(409, 'two_factor_not_set_up');
const wrong = refused(422, 'invalid_code');
const used = refused(422, 'code_already_used');
const anyCode = () => ({ code: '123456' });
const backupCode = ({ recoveryCodes }: Known) => ({ backupCode: ` ${recoveryCodes[0]?.toLowerCase()} ` });
const noBackupCode = () => ({ backupCode: '2A3B-4C5D-6E7F-8G9H' });
const begun = is(200, { secret, otpauthUrl: otpauth, qrCode: picture, backupCodes: ten });

export const me2fa: Contract = {
  name: 'me-2fa',
  headers: ({ token }) => ({ authorization: `Bearer ${token}` }),
  mount: '/v1/me',
  begin: `${path}/setup`,
  confirm: `${path}/verify-setup`,
  check: `${path}/verify`,
  begunIn: ({ secret: shown }: Pick<Known, 'secret'>) => ({ id: '', secret: shown }),
  codesIn: ({ backupCodes }: { readonly backupCodes: readonly string[] }) => backupCodes,
  refused: {
    'no credential': refused(401, 'unauthenticated'),
    'a machine': refused(403, 'not_a_person'),
    'a field that is not known': refused(400, 'bad_request', ['colour']),
    'half a body': refused(400, 'bad_request'),
    'a list': refused(400, 'bad_request', ['']),
    'a body over the limit': refused(413, 'body_too_large'),
    'another content type': refused(415, 'unsupported_media_type'),
    'another method': refused(405, 'method_not_allowed'),
    'a path that is none': refused(404, 'not_found'),
    'no code': refused(400, 'bad_request', ['code']),
    'what is no code': refused(400, 'malformed_code'),
    'a wrong code': wrong,
    'too many wrong codes': refused(429, 'too_many_attempts'),
    'too many calls': refused(429, 'rate_limited'),
    'an exhausted quota': refused(403, 'forbidden'),
    'a policy': is(403, {
      error: { code: noticeCode, message: text, requestId: text, notices: [notice] },
    }),
  },
  calls: [
    {
      verb: 'POST',
      path: `${path}/setup`,
      fits: () => ({}),
      answers: [
        { when: 'without a body', given: 'newcomer', is: begun },
        { when: 'once more', given: 'begun', is: begun },
        { when: 'where it is enabled', given: 'ready', is: enabled },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/verify-setup`,
      fits: showing,
      code: { given: 'begun' },
      answers: [
        { when: 'with the first code', given: 'begun', body: showing, is: is(200, { enabled: true }) },
        { when: 'where it is enabled', given: 'ready', body: showing, is: enabled },
        { when: 'before setup', given: 'newcomer', body: anyCode, is: notSetUp },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/verify`,
      fits: showing,
      code: { given: 'ready' },
      answers: [
        {
          when: 'with a code',
          given: 'ready',
          body: showing,
          is: is(200, { verified: true, backupCodesRemaining: 10 }),
        },
        {
          when: 'with a backup code',
          given: 'ready',
          body: backupCode,
          is: is(200, { verified: true, backupCodesRemaining: 9 }),
        },
        { when: 'with a backup code once more', given: 'ready', body: backupCode, again: true, is: wrong },
        { when: 'with no backup code of these', given: 'ready', body: noBackupCode, is: wrong },
        { when: 'with the code that enabled it', given: 'ready', body: showingSpent, is: used },
        { when: 'with a code once more', given: 'ready', body: showing, again: true, is: used },
        { when: 'before setup', given: 'newcomer', body: anyCode, is: notSetUp },
        {
          when: 'with both',
          given: 'ready',
          body: (known) => ({ ...showing(known), ...noBackupCode() }),
          is: refused(400, 'bad_request', ['backupCode']),
        },
      ],
    },
    {
      verb: 'GET',
      path,
      fits: null,
      answers: [
        {
          when: 'before setup',
          given: 'newcomer',
          is: is(200, { enabled: false, pending: false, backupCodesRemaining: 0 }),
        },
        {
          when: 'before the first code',
          given: 'begun',
          is: is(200, { enabled: false, pending: true, backupCodesRemaining: 0 }),
        },
        {
          when: 'where it is enabled',
          given: 'ready',
          is: is(200, { enabled: true, pending: false, backupCodesRemaining: 10, enabledAt: moment }),
        },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/backup-codes`,
      fits: showing,
      code: { given: 'ready' },
      answers: [
        { when: 'with a code', given: 'ready', body: showing, is: is(200, { backupCodes: ten }) },
        { when: 'with the code that enabled it', given: 'ready', body: showingSpent, is: used },
        { when: 'before setup', given: 'newcomer', body: anyCode, is: notSetUp },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/disable`,
      fits: showing,
      code: { given: 'ready' },
      answers: [
        { when: 'with a code', given: 'ready', body: showing, is: is(200, { enabled: false }) },
        { when: 'with a backup code', given: 'ready', body: backupCode, is: is(200, { enabled: false }) },
        { when: 'with no backup code of these', given: 'ready', body: noBackupCode, is: wrong },
        { when: 'with the code that enabled it', given: 'ready', body: showingSpent, is: used },
        { when: 'before setup', given: 'newcomer', body: anyCode, is: notSetUp },
      ],
    },
  ],
};
