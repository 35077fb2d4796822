import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  cookieOf,
  forbidden,
  type Headers,
  type LoginDesk,
  openLoginDesk,
  origin,
  page,
  tokenOf,
  unauthorized,
} from '#transport/testing/login-desk.js';
import type { Reply } from '#transport/testing/plain-desk.js';

let desk: LoginDesk;
beforeAll(async () => {
  desk = await openLoginDesk();
});
afterAll(() => desk.close());

const post: LoginDesk['post'] = (...asked) => desk.post(...asked);
const get: LoginDesk['get'] = (...asked) => desk.get(...asked);
const logIn: LoginDesk['logIn'] = (...asked) => desk.logIn(...asked);
const enrolled = () => desk.enrolled();

describe('a session that calls with its token in a header', () => {
  const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
  const newTokenIn = ({ headers }: Reply) => String(headers['x-countersign-session-token'] ?? '');

  it('is completed by verifying, and has another token from then on', async () => {
    const { email, code } = await enrolled();
    const begun = tokenOf(await logIn(email));
    expect(await get(bearer(begun))).toMatchObject(forbidden);
    const verified = await post('/mfa/verify', { code: code() }, bearer(begun));
    expect([verified.status, verified.body]).toEqual([200, { verified: true }]);
    expect(await get(bearer(newTokenIn(verified)))).toMatchObject({ status: 200 });
    expect(await get(bearer(begun))).toMatchObject(unauthorized);
    expect(await post('/mfa/verify', { code: code(1) }, bearer(begun))).toMatchObject(unauthorized);
  });

  it('is completed by a backup code, and refused in the words of its field', async () => {
    const { email, codes } = await enrolled();
    const [backup_code = ''] = codes;
    const begun = tokenOf(await logIn(email));
    const verified = await post('/mfa/verify', { backup_code }, bearer(begun));
    expect(await get(bearer(newTokenIn(verified)))).toMatchObject({ status: 200 });
    const again = await post('/mfa/verify', { backup_code }, bearer(tokenOf(await logIn(email))));
    expect(again).toMatchObject({ status: 400, body: { details: [{ field: 'backup_code' }] } });
    expect(newTokenIn(again)).toBe('');
  });

  it('sets and takes away no cookie: a page of another site could do so with a session of its own', async () => {
    const { email, code, cookie } = await enrolled();
    const begun = tokenOf(await logIn(email));
    const headers = { ...bearer(begun), cookie, origin: 'https://evil.example' };
    const verified = await post('/mfa/verify', { code: code() }, headers);
    expect([verified.status, verified.headers['set-cookie']]).toEqual([200, undefined]);
    const out = await post('/logout', null, bearer(newTokenIn(verified)));
    expect([out.status, out.headers['set-cookie']]).toEqual([204, undefined]);
    expect(await get(page(cookie))).toMatchObject({ status: 200 });
  });

  it('is told its token once, whoever repeats the call', async () => {
    const { email, code } = await enrolled();
    const key = { 'idempotency-key': 'verify-1' };
    const shown = { code: code() };
    const begun = tokenOf(await logIn(email));
    const token = newTokenIn(await post('/mfa/verify', shown, { ...bearer(begun), ...key }));
    const again = await post('/mfa/verify', shown, { ...bearer(token), ...key });
    expect([again.status, newTokenIn(again)]).toEqual([200, '']);
    expect(await get(bearer(token))).toMatchObject({ status: 200 });
  });

  it('by cookie keeps its cookie when the call is repeated', async () => {
    const { email, code } = await enrolled();
    const key = { origin, 'idempotency-key': 'verify-2' };
    const shown = { code: code() };
    const first = await post('/mfa/verify', shown, page(cookieOf(await logIn(email)), key));
    const again = await post('/mfa/verify', shown, page(cookieOf(first), key));
    expect([again.status, again.headers['set-cookie']]).toEqual([200, undefined]);
  });
});
