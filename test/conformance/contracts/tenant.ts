// 000: bearer token and X-Tenant-ID; `{code, message, details?, notices?}`.

import {
  type Answer,
  type Contract,
  count,
  type Expected,
  is,
  moment,
  notice,
  noticeCode,
  otpauth,
  secret,
  showing,
  showingSpent,
  text,
  uuid,
} from '#test/conformance/contracts/contract.js';

const path = '/v1/users/me/mfa';

const refused = (status: number, code: string, details?: object): Expected =>
  is(status, { code, message: text, ...(details && { details }) });
const ofField = (field: string): Expected =>
  refused(400, 'invalid_request', { fields: [{ field, message: text }] });
const enrolled = refused(409, 'totp_already_enrolled');
const notFound = refused(404, 'not_found');

const begun = is(200, { id: uuid, secret, qr_uri: otpauth });
const verified = is(200, { verified: true });
const factor = { id: uuid, type: 'totp', name: null, created_at: moment };
const listed = (factors: readonly object[]) => is(200, { factors, recovery_codes_remaining: 0 });

const elsewhere = (given: Answer['given']): Answer => ({
  when: 'of an app that is not there',
  given,
  elsewhere: true,
  body: showing,
  is: notFound,
});

export const tenant: Contract = {
  name: 'tenant',
  headers: ({ token, organizationId }) => ({
    authorization: `Bearer ${token}`,
    'x-tenant-id': organizationId,
  }),
  mount: '/v1/users/me',
  begin: `${path}/totp`,
  confirm: `${path}/totp/{id}/verify`,
  check: `${path}/verify`,
  begunIn: ({ id, secret: shown }: { readonly id: string; readonly secret: string }) => ({
    id,
    secret: shown,
  }),
  codesIn: () => [],
  refused: {
    'no credential': refused(401, 'unauthenticated'),
    'a machine': refused(403, 'not_a_person'),
    'a field that is not known': ofField('colour'),
    'half a body': refused(400, 'invalid_request'),
    'a list': ofField(''),
    'a body over the limit': refused(413, 'body_too_large'),
    'another content type': refused(415, 'unsupported_media_type'),
    'another method': refused(405, 'method_not_allowed'),
    'a path that is none': notFound,
    'no code': ofField('code'),
    'what is no code': refused(400, 'invalid_code'),
    'a wrong code': refused(400, 'invalid_code', { attempts_left: count }),
    'too many wrong codes': refused(429, 'too_many_attempts', {
      retry_after_seconds: count,
      attempts_left: count,
    }),
    'too many calls': refused(429, 'rate_limited', { retry_after_seconds: count }),
    'an exhausted quota': refused(403, 'quota_exhausted'),
    'a policy': is(403, { code: noticeCode, message: text, notices: [notice] }),
  },
  calls: [
    {
      verb: 'POST',
      path: `${path}/totp`,
      fits: () => ({ name: 'Telephone' }),
      answers: [
        { when: 'without a body', given: 'newcomer', is: begun },
        { when: 'with a name', given: 'newcomer', body: () => ({ name: 'Telephone' }), is: begun },
        { when: 'once more, before the first code', given: 'begun', is: begun },
        { when: 'where an app is ready', given: 'ready', is: enrolled },
        {
          when: 'where an app is ready, with a new name',
          given: 'ready',
          body: () => ({ name: 'Tablet' }),
          is: begun,
        },
      ],
    },
    {
      verb: 'POST',
      path: `${path}/totp/{id}/verify`,
      fits: showing,
      code: { given: 'begun' },
      answers: [
        {
          when: 'with the first code',
          given: 'begun',
          body: showing,
          is: is(200, { id: uuid, verified: true }),
        },
        { when: 'of an app that is ready', given: 'ready', body: showing, is: enrolled },
        elsewhere('begun'),
      ],
    },
    {
      verb: 'POST',
      path: `${path}/verify`,
      fits: showing,
      code: { given: 'ready' },
      answers: [
        { when: 'with a code', given: 'ready', body: showing, is: verified },
        {
          when: 'with the code that confirmed',
          given: 'ready',
          body: showingSpent,
          is: refused(400, 'code_already_used', { attempts_left: count }),
        },
        {
          when: 'with a code once more',
          given: 'ready',
          body: showing,
          again: true,
          is: refused(400, 'code_already_used', { attempts_left: count }),
        },
        { when: 'without an app', given: 'newcomer', body: () => ({ code: '123456' }), is: notFound },
      ],
    },
    {
      verb: 'GET',
      path,
      fits: null,
      answers: [
        { when: 'without an app', given: 'newcomer', is: listed([]) },
        {
          when: 'before the first code',
          given: 'begun',
          is: listed([{ ...factor, state: 'pending', last_used_at: null }]),
        },
        {
          when: 'of an app that is ready',
          given: 'ready',
          is: listed([{ ...factor, state: 'ready', last_used_at: moment }]),
        },
      ],
    },
    {
      verb: 'DELETE',
      path: `${path}/totp/{id}`,
      fits: showing,
      code: { given: 'ready', optional: true },
      answers: [
        { when: 'with a code', given: 'ready', body: showing, is: is(204, '') },
        { when: 'without a code', given: 'ready', is: refused(400, 'code_required') },
        { when: 'before the first code, without one', given: 'begun', is: is(204, '') },
        {
          when: 'with the code that confirmed',
          given: 'ready',
          body: showingSpent,
          is: refused(400, 'code_already_used', { attempts_left: count }),
        },
        elsewhere('newcomer'),
      ],
    },
  ],
};
