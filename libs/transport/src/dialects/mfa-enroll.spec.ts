import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { givePassword, password, wrongPassword } from '#application/testing/logins.js';
import { human } from '#application/testing/people.js';
import { LockUser } from '#application/user/lock-user.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { UserId } from '#domain/ids.js';
import { cookieNameByDefault } from '#transport/dialects/mfa-enroll/cookie.js';
import { mfaEnroll } from '#transport/dialects/mfa-enroll/dialect.js';
import {
  cookieOf,
  forbidden,
  type Headers,
  type LoginDesk,
  openLoginDesk,
  origin,
  page,
  refused,
  tokenOf,
  unauthorized,
} from '#transport/testing/login-desk.js';
import { openPlainDesk } from '#transport/testing/plain-desk.js';

const secureOrigin = 'https://id.example';

let desk: LoginDesk;
beforeAll(async () => {
  desk = await openLoginDesk();
});
afterAll(() => desk.close());

const post: LoginDesk['post'] = (...asked) => desk.post(...asked);
const get: LoginDesk['get'] = (...asked) => desk.get(...asked);
const logIn: LoginDesk['logIn'] = (...asked) => desk.logIn(...asked);
const somebody = () => desk.somebody();
const enrolled = () => desk.enrolled();

describe('logging in', () => {
  it('sets a cookie that pages cannot read, and that no other site sends', async () => {
    const { email } = await somebody();
    const reply = await logIn(email);
    expect(reply).toMatchObject({ status: 200, body: { mfa_required: false } });
    expect(reply.headers['set-cookie']).toMatch(
      /^countersign\.sid=css_[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(await get(page(cookieOf(reply)))).toMatchObject({
      status: 200,
      body: { enabled: false, backup_codes_remaining: 0 },
    });
  });

  it('behind https binds the cookie to its host', async () => {
    const secure = await openPlainDesk(mfaEnroll({ name: 'sid', externalUrl: secureOrigin }));
    const userId = '0198f3a2-0000-7000-8000-000000399999' as UserId;
    await answerOf(secure.house, human(userId, 'secure@example.com'));
    await givePassword(secure.house, userId);
    const payload = { email: 'secure@example.com', password };
    const { headers } = await secure.send({ method: 'POST', url: '/api/auth/login', payload });
    await secure.close();
    expect(headers['set-cookie']).toMatch(/^__Host-sid=css_[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
  });

  it('says the same of a wrong password, a name that nobody has, and a user who is locked', async () => {
    const { email, userId } = await somebody();
    const wrong = await logIn(email, { password: wrongPassword });
    expect(wrong).toMatchObject(unauthorized);
    expect(wrong.headers['set-cookie']).toBeUndefined();
    expect((await logIn('nobody@example.com')).body).toEqual(wrong.body);
    await answerOf(desk.house, new LockUser({ organizationId, userId, by }));
    expect((await logIn(email)).body).toEqual(wrong.body);
  });

  it('names what is missing or not known', async () => {
    expect(await post('/login', { email: 'ada@example.com', remember: 'me' })).toMatchObject({
      ...refused(400, 'Bad Request'),
      body: {
        details: [
          { field: 'remember', message: 'is not known here' },
          { field: 'password', message: 'is required' },
        ],
      },
    });
    expect(await logIn('')).toMatchObject({ status: 400, body: { details: [{ field: 'email' }] } });
  });

  it('begins a session of its own, whatever cookie was planted', async () => {
    const planted = await somebody();
    const { email } = await somebody();
    const cookie = cookieOf(await logIn(planted.email));
    const own = cookieOf(await post('/login', { email, password }, page(cookie)));
    expect(own).not.toBe(cookie);
    expect(await post('/logout', null, page(cookie))).toMatchObject({ status: 204 });
    expect(await get(page(own))).toMatchObject({ status: 200 });
  });

  it('counts by address how often it is tried', async () => {
    const { headers } = await logIn('nobody-else@example.com');
    expect(headers['ratelimit-policy']).toMatch(/"logins"/);
  });

  it('of who has to enrol lets in to that alone', async () => {
    const { email } = await somebody();
    const settings = (secondFactorRequired: boolean) =>
      new ChangeOrganizationSettings({
        organizationId,
        changed: new SettingsFields({ secondFactorRequired }),
        by,
      });
    await answerOf(desk.house, settings(true));
    const reply = await logIn(email);
    const cookie = cookieOf(reply);
    const looked = await get(page(cookie));
    const begun = await post('/mfa/enroll', null, page(cookie));
    const { secret } = begun.body as { readonly secret: string };
    const confirmed = await post('/mfa/enroll/confirm', { code: desk.codeOf(secret) }, page(cookie));
    await answerOf(desk.house, settings(false));
    expect([reply.body, looked.status, begun.status, confirmed.status]).toEqual([
      { mfa_required: false },
      403,
      200,
      200,
    ]);
  });
});

interface Codes {
  readonly backup_codes: readonly string[];
}

describe('enrolling', () => {
  it('tells secret and picture, and backup codes with the first code, of one change', async () => {
    const { email } = await somebody();
    const cookie = cookieOf(await logIn(email));
    const begun = await post('/mfa/enroll', null, page(cookie));
    const { secret, otpauth_uri, qr_code } = begun.body as Record<string, string>;
    expect(new URL(otpauth_uri ?? '').searchParams.get('secret')).toBe(secret);
    expect(qr_code).toMatch(/^data:image\/png;base64,/);
    const before = desk.appends.length;
    const code = desk.codeOf(secret ?? '');
    const { status, body } = await post('/mfa/enroll/confirm', { code }, page(cookie));
    expect([status, new Set((body as Codes).backup_codes).size]).toEqual([200, 10]);
    expect(desk.appends.slice(before).map(({ types }) => types)).toEqual([
      ['user.human.mfa.otp.verified', 'user.human.mfa.recoverycode.added'],
      ['session.totp.checked'],
    ]);
    expect((await get(page(cookie))).body).toEqual({ enabled: true, backup_codes_remaining: 10 });
    expect(await post('/mfa/enroll', null, page(cookie))).toMatchObject({
      ...refused(409, 'Conflict'),
      body: { details: expect.any(String) },
    });
  });

  it.each(['example_string', '000000'])('of the code %j it says what is wrong with it', async (code) => {
    const { email } = await somebody();
    const cookie = cookieOf(await logIn(email));
    await post('/mfa/enroll', null, page(cookie));
    expect(await post('/mfa/enroll/confirm', { code }, page(cookie))).toMatchObject({
      ...refused(400, 'Bad Request'),
      body: { details: [{ field: 'code', message: expect.any(String) }] },
    });
  });

  it('works with a bearer token, from no page at all', async () => {
    const { token } = await desk.newcomer();
    const headers = { authorization: `Bearer ${token}`, cookie: `${cookieNameByDefault}=nonsense` };
    const { secret } = (await post('/mfa/enroll', null, headers)).body as { readonly secret: string };
    expect(await post('/mfa/enroll/confirm', { code: desk.codeOf(secret) }, headers)).toMatchObject({
      status: 200,
    });
    desk.later();
    const verified = await post('/mfa/verify', { code: desk.codeOf(secret) }, headers);
    expect(verified).toMatchObject({ status: 200, body: { verified: true } });
    expect(verified.headers['set-cookie']).toBeUndefined();
    expect(await post('/logout', null, headers)).toMatchObject({ status: 400 });
  });
});

describe('a session whose user has a factor', () => {
  it('can do nothing but verify, and has another cookie from then on', async () => {
    const { email, code } = await enrolled();
    const reply = await logIn(email);
    expect(reply.body).toEqual({ mfa_required: true });
    const begun = cookieOf(reply);
    for (const path of ['/mfa/enroll', '/mfa/disable'])
      expect(await post(path, path === '/mfa/disable' ? { code: code() } : null, page(begun))).toMatchObject(
        forbidden,
      );
    expect(await get(page(begun))).toMatchObject(forbidden);
    const verified = await post('/mfa/verify', { code: code() }, page(begun));
    expect(verified).toMatchObject({ status: 200, body: { verified: true } });
    const complete = cookieOf(verified);
    expect(complete).not.toBe(begun);
    expect(await get(page(complete))).toMatchObject({ status: 200 });
    expect(await get(page(begun))).toMatchObject(unauthorized);
    expect(await post('/mfa/verify', { code: code(1) }, page(begun))).toMatchObject(unauthorized);
  });

  it('verifies by a backup code, once', async () => {
    const { email, codes } = await enrolled();
    const [backupCode = ''] = codes;
    const spend = async () =>
      post('/mfa/verify', { backup_code: backupCode }, page(cookieOf(await logIn(email))));
    expect(await spend()).toMatchObject({ status: 200 });
    expect(await spend()).toMatchObject({ status: 400, body: { details: [{ field: 'backup_code' }] } });
  });

  it('refuses a wrong code, and one that was used, and then has it wait', async () => {
    const { email, code } = await enrolled();
    const cookie = cookieOf(await logIn(email));
    const verify = (text: string) => post('/mfa/verify', { code: text }, page(cookie));
    for (const wrong of Array<string>(5).fill(code(20)))
      expect(await verify(wrong)).toMatchObject({ status: 400, body: { details: [{ field: 'code' }] } });
    expect(await verify(code())).toMatchObject({
      ...refused(429, 'Too Many Requests'),
      headers: { 'retry-after': '30' },
    });
  });

  it('may show its factor over any wire, and change nothing with it before', async () => {
    const { email, userId, code } = await enrolled();
    const missing = /second-factor-required/;
    const token = tokenOf(await logIn(email));
    const authorization = `Bearer ${token}`;
    expect(await desk.said({ authorization }, UserService.method.getUserByID, { userId })).toMatch(missing);
    const { sessionId } = desk.house.parts.secrets.parseSessionToken(token) ?? { sessionId: '' };
    const { sessionId: others } = await desk.begin();
    const set = (asked: object, id = sessionId) =>
      desk.said({ authorization }, SessionService.method.setSession, { sessionId: id, ...asked });
    const totp = { code: code() };
    expect(await set({ metadata: { colour: new Uint8Array(1) } })).toMatch(missing);
    expect(await set({ checks: { totp }, lifetime: { seconds: 60n } })).toMatch(missing);
    expect(await set({ checks: { password: { password } } })).toMatch(missing);
    expect(await set({ checks: { totp } }, others)).toMatch(missing);
    expect(await set({ checks: { totp } })).toBe('answered');
  });

  it('is let in without a credential nowhere but where a dialect says so', async () => {
    const { email } = await somebody();
    const user = { search: { case: 'loginName', value: email } } as const;
    const checks = { user, password: { password } };
    expect(await desk.said({}, SessionService.method.createSession, { checks })).toMatch(/unauthenticated/);
  });

  it('is over with its logout, before its factor was shown as well as after', async () => {
    const { email, cookie } = await enrolled();
    for (const one of [cookie, cookieOf(await logIn(email))]) {
      const reply = await post('/logout', null, page(one));
      expect(reply).toMatchObject({ status: 204, body: '' });
      expect(reply.headers['set-cookie']).toMatch(/^countersign\.sid=; .*Max-Age=0$/);
      expect(await post('/mfa/verify', { code: '123456' }, page(one))).toMatchObject(unauthorized);
    }
  });

  it('disables its factor by a code of it', async () => {
    const { cookie, code } = await enrolled();
    expect(await post('/mfa/disable', { code: code() }, page(cookie))).toMatchObject({
      status: 200,
      body: { enabled: false },
    });
    expect((await get(page(cookie))).body).toEqual({ enabled: false, backup_codes_remaining: 0 });
  });
});

describe('a page of another site', () => {
  const foreign: readonly (readonly [string, Headers])[] = [
    ['of another origin', { origin: 'https://evil.example' }],
    ['of no origin', { origin: 'null' }],
    ['of another port', { origin: 'http://localhost:8081' }],
    ['of another scheme', { origin: 'https://localhost:8080' }],
    ['of a neighbour', { 'sec-fetch-site': 'same-site', origin }],
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['that does not say', {}],
  ];

  it.each(foreign)('%s can change nothing with the cookie', async (_, headers) => {
    const { email } = await somebody();
    const cookie = cookieOf(await logIn(email));
    expect(await post('/mfa/enroll', null, page(cookie, headers))).toMatchObject(forbidden);
    expect(await post('/logout', null, page(cookie, headers))).toMatchObject(forbidden);
    for (const method of ['GET', 'HEAD'] as const) {
      const asked = { method, url: '/api/auth/mfa', headers: page(cookie, headers) };
      expect(await desk.send(asked)).toMatchObject({ status: 200 });
    }
  });

  const bodies: readonly (readonly [string, string | Buffer, Headers])[] = [
    ['a form', 'code=123456', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form of text', '{"code": "=123456"}', { 'content-type': 'text/plain' }],
    ['a form with files', '--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['JSON that is none', '{', { 'content-type': 'application/json' }],
    ['more than a body may have', Buffer.alloc(70_000), { 'content-type': 'application/json' }],
  ];

  it.each(bodies)(
    'is told nothing else by %s, with a cookie that is worth something and without',
    async (_, payload, type) => {
      const { email } = await somebody();
      const alive = cookieOf(await logIn(email));
      const send = async (path: string, headers: Headers) => {
        const asked = {
          method: 'POST',
          url: `/api/auth${path}`,
          payload,
          headers: { ...type, ...headers },
        } as const;
        const { status, headers: told, body } = await desk.send(asked);
        return { status, names: Object.keys(told).toSorted(), body };
      };
      const { appends } = desk;
      const before = appends.length;
      for (const [, from] of foreign) {
        const told = await send('/mfa/verify', page(alive, from));
        expect(told).toMatchObject(forbidden);
        expect(await send('/mfa/verify', page(`${cookieNameByDefault}=css_dead`, from))).toEqual(told);
      }
      for (const [, from] of foreign.slice(0, -1))
        expect(await send('/login', from)).toMatchObject(forbidden);
      expect(appends).toHaveLength(before);
      expect((await send('/mfa/verify', page(alive))).status).not.toBe(403);
      expect((await send('/mfa/verify', {})).status).not.toBe(403);
    },
  );

  it.each(foreign.slice(0, -1))('%s can log nobody in', async (_, headers) => {
    const { email } = await somebody();
    const reply = await post('/login', { email, password }, headers);
    expect(reply).toMatchObject(forbidden);
    expect(reply.headers['set-cookie']).toBeUndefined();
  });

  it('is told from one of ours by what the browser says of it', async () => {
    const { email } = await somebody();
    const cookie = cookieOf(await logIn(email));
    expect(await post('/mfa/enroll', null, page(cookie, { 'sec-fetch-site': 'same-origin' }))).toMatchObject({
      status: 200,
    });
  });

  it('that plants a second cookie of the name takes both away', async () => {
    const { email } = await somebody();
    const cookie = cookieOf(await logIn(email));
    expect(await get(page(`${cookie}; other=1`))).toMatchObject({ status: 200 });
    expect(await get(page(`${cookieNameByDefault}=planted; ${cookie}`))).toMatchObject(unauthorized);
  });
});

describe('the words of mfa-enroll', () => {
  it('are said where nothing is, and where nobody is known', async () => {
    const { token } = await desk.newcomer({ kind: 'machine' });
    expect(await post('/nothing', null)).toMatchObject(refused(404, 'Not Found'));
    expect(await desk.send({ method: 'GET', url: '/api/auth/login' })).toMatchObject(
      refused(405, 'Method Not Allowed'),
    );
    expect(await get({})).toMatchObject(unauthorized);
    expect(await post('/mfa/enroll', null, { authorization: `Bearer ${token}` })).toMatchObject(forbidden);
  });
});
