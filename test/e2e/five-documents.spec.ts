// The request that each of the five public documents shows, sent to a fresh start: but for host and credential as it stands
// there, and what comes back has the names and types of its example.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { codeOf, openWorld, type Place, type World } from '#test/conformance/world.js';
import { endAll } from '#test/e2e/server-process.js';

let world: World;
let place: Place;
beforeAll(async () => {
  world = await openWorld();
  place = await world.place();
});
afterAll(endAll);

interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function post(path: string, headers: Record<string, string>, body?: string): Promise<Heard> {
  const response = await fetch(`${world.server.url}${path}`, {
    method: 'POST',
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const bearer = () => ({ Authorization: `Bearer ${place.ownerToken}` });
const text = expect.any(String);
const secret = expect.stringMatching(/^[A-Z2-7]{32}$/);
const otpauth = expect.stringMatching(/^otpauth:\/\/totp\//);
const picture = expect.stringMatching(/^data:image\/png;base64,/);

describe('"Begin TOTP enrollment"', () => {
  it('with a tenant in upper case and without a body', async () => {
    const tenantId = place.organizationId.toUpperCase();
    const heard = await post('/v1/users/me/mfa/totp', { 'X-Tenant-ID': tenantId, ...bearer() });
    expect([heard.status, heard.body]).toEqual([200, { id: text, secret, qr_uri: otpauth }]);
  });

  it('of another tenant is refused as the document says', async () => {
    const tenantId = '2489E9AD-2EE2-8E00-8EC9-32D5F69181C0';
    const heard = await post('/v1/users/me/mfa/totp', { 'X-Tenant-ID': tenantId, ...bearer() });
    expect([heard.status, heard.body]).toEqual([403, { code: 'tenant_mismatch', message: text }]);
  });

  it('without a token is unauthenticated', async () => {
    const heard = await post('/v1/users/me/mfa/totp', { 'X-Tenant-ID': place.organizationId });
    expect([heard.status, heard.body]).toEqual([401, { code: 'unauthenticated', message: text }]);
  });
});

describe('"Begin TOTP setup"', () => {
  const path = '/auth/v1/users/current/totp/setup';

  it('with a key and without a body', async () => {
    const heard = await post(path, { 'X-API-Key': place.ownerToken });
    expect([heard.status, heard.body]).toEqual([200, { qr_code_url: picture, secret }]);
  });

  it('without a key is unauthorized', async () => {
    const heard = await post(path, {});
    expect([heard.status, heard.body]).toEqual([401, { code: 401, details: text, error: 'Unauthorized' }]);
  });
});

describe('"Start the registration of a TOTP generator for a user"', () => {
  it('with an empty object', async () => {
    const headers = { 'content-type': 'application/json', ...bearer() };
    const heard = await post(`/v2/users/${place.ownerId}/totp`, headers, '{}');
    const details = {
      sequence: expect.stringMatching(/^\d+$/),
      changeDate: text,
      resourceOwner: place.organizationId,
    };
    expect([heard.status, heard.body]).toEqual([200, { details, uri: otpauth, secret }]);
  });

  it('of nobody is not found', async () => {
    const headers = { 'content-type': 'application/json', ...bearer() };
    const heard = await post('/v2/users/69629023906488334/totp', headers, '{}');
    const details = expect.arrayContaining([expect.objectContaining({ '@type': text })]);
    expect([heard.status, heard.body]).toEqual([404, { code: 5, message: text, details }]);
  });
});

describe('"POST /v1/me/2fa/setup"', () => {
  const path = '/v1/me/2fa/setup';

  it('with a token, and tells how many calls are left', async () => {
    const heard = await post(path, bearer());
    const backupCodes = Array.from({ length: 10 }, () => text);
    expect([heard.status, heard.body]).toEqual([
      200,
      { secret, otpauthUrl: otpauth, qrCode: picture, backupCodes },
    ]);
    expect(heard.headers.get('x-request-id')).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(heard.headers.get('x-ratelimit-limit')).toMatch(/^\d+$/);
    expect(heard.headers.get('x-ratelimit-remaining')).toMatch(/^\d+$/);
    expect(heard.headers.get('x-ratelimit-reset')).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('without a token says by which id its line in the log is found', async () => {
    const heard = await post(path, {});
    const requestId = heard.headers.get('x-request-id');
    expect([heard.status, heard.body]).toEqual([
      401,
      { error: { code: 'unauthenticated', message: text, requestId } },
    ]);
  });
});

describe('"Confirm MFA enrollment"', () => {
  const path = '/api/auth/mfa/enroll/confirm';
  const headers = () => ({ 'Content-Type': 'application/json', ...bearer() });

  it('with the literal code of the document is refused, by its field', async () => {
    await post('/api/auth/mfa/enroll', bearer());
    const heard = await post(path, headers(), '{"code": "example_string"}');
    const details = [{ field: 'code', message: text }];
    expect([heard.status, heard.body]).toEqual([
      400,
      { error: 'Bad Request', message: text, code: 400, details },
    ]);
  });

  it('with the code that the app shows tells backup codes', async () => {
    const begun = await post('/api/auth/mfa/enroll', bearer());
    const { secret: shown } = begun.body as { readonly secret: string };
    const heard = await post(path, headers(), JSON.stringify({ code: codeOf(shown) }));
    expect([heard.status, heard.body]).toEqual([
      200,
      { backup_codes: Array.from({ length: 10 }, () => text) },
    ]);
  });

  it('without a token is unauthorized', async () => {
    const heard = await post(path, { 'Content-Type': 'application/json' }, '{"code": "123456"}');
    expect([heard.status, heard.body]).toEqual([401, { error: 'Unauthorized', message: text, code: 401 }]);
  });
});
