import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { RemovePolicy } from '#application/policy/remove-policy.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { wrongPassword } from '#application/testing/logins.js';
import { otherId } from '#application/testing/people.js';
import type { OrganizationId } from '#domain/ids.js';

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

describe('policies of an organization', () => {
  const set = (text: string, of: OrganizationId = organizationId) =>
    answerOf(desk.house, new SetPolicy({ organizationId: of, name: 'spec', text, by }));
  const remove = (of: OrganizationId) =>
    answerOf(desk.house, new RemovePolicy({ organizationId: of, name: 'spec', by }));
  afterEach(() => remove(organizationId));

  const begun = () => desk.appends.filter(({ types }) => types.includes('session.added')).length;
  const notHere = '@notice("Not from here") @code("not_here") forbid (principal, action, resource);';

  it('refuse a login whose password is right, in their own words, and no session begins', async () => {
    const { email } = await desk.somebody();
    await set(notHere);
    const before = begun();
    const reply = await logIn(email);
    expect(reply).toMatchObject({ ...forbidden, body: { details: 'Not from here' } });
    expect(reply.headers['set-cookie']).toBeUndefined();
    expect(reply.headers['x-countersign-notice']).toMatch(/not_here/);
    expect(begun()).toBe(before);
  });

  it('say nothing to whoever has not the right password, so that nobody learns who is there', async () => {
    const { email } = await desk.somebody();
    await set(notHere);
    const wrong = await logIn(email, { password: wrongPassword });
    const nobody = await logIn('nobody-at-all@example.com');
    expect([wrong.status, wrong.body]).toEqual([nobody.status, nobody.body]);
    expect(wrong).toMatchObject(unauthorized);
    expect(wrong.headers['x-countersign-notice']).toBeUndefined();
  });

  it('are those of whoever logs in, and no other', async () => {
    const { email } = await desk.somebody();
    const stranger = await desk.somebody(otherId);
    await set(notHere);
    expect(await logIn(email)).toMatchObject(forbidden);
    expect(await logIn(stranger.email)).toMatchObject({ status: 200 });
  });

  it.each([
    ['who begins a session of its own', 'context.self && !context.secondFactor', 200],
    ['by what the session will be', 'context.via == Credential::"session"', 200],
    ['by the call', 'context.call == "zitadel.session.v2.SessionService.CreateSession"', 200],
    ['by the address', 'context.address.isLoopback()', 200],
    ['by another address', '!context.address.isLoopback()', 403],
  ])('let in %s', async (_, condition, status) => {
    const { email } = await desk.somebody();
    await set(
      `permit (principal is User, action == Action::"session.write", resource) when { ${condition} };`,
    );
    expect((await logIn(email)).status).toBe(status);
  });

  it('tell with a login that they permit what they have to say', async () => {
    const { email } = await desk.somebody();
    await set('@notice("Until May") permit (principal, action, resource);');
    const reply = await logIn(email);
    expect([reply.status, reply.body]).toEqual([200, { mfa_required: false }]);
    expect(reply.headers['x-countersign-notice']).toMatch(/Until May/);
  });
});
