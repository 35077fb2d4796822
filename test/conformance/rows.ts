// The table of behaviours. A row knows no protocol; where one cannot keep it, or keeps it in words of its own, the
// row says so with the reason.

import { expect } from '@jest/globals';

import { type Asking, changed, expectRefusal, factors, newHuman, users } from '#test/conformance/asking.js';
import { sessionRows } from '#test/conformance/session-rows.js';
import { codeOf, human, wrongCodeOf } from '#test/conformance/world.js';

export interface Row {
  readonly title: string;
  readonly keeps: (asking: Asking) => Promise<void>;
  /** By the name of the protocol, why it cannot. */
  readonly gaps?: Readonly<Record<string, string>>;
}

const nobody = '01a1fe46-0000-7000-8000-000000000000';
const ulidForm = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const methodTypes = `${users}/ListAuthenticationMethodTypes`;

const enrolment: readonly Row[] = [
  {
    title: 'a user enrols: a secret, a wrong code, the right one, and the same one again',
    keeps: async ({ here, call, done, newUser }) => {
      const userId = await newUser();
      const { secret, uri, details } = await done(`${users}/RegisterTOTP`, { userId });
      expect(details).toEqual(changed(here.organizationId));
      expect(secret).toMatch(/^[A-Z2-7]{32,}$/);
      expect(uri).toContain(`secret=${String(secret)}`);
      expect((await done(methodTypes, { userId })).authMethodTypes).toBeUndefined();

      const verify = `${users}/VerifyTOTPRegistration`;
      const wrong = await call(verify, { userId, code: wrongCodeOf(String(secret)) });
      expectRefusal(wrong, 3, 'EVENT-8isk2', 'wrong-code');
      const code = codeOf(String(secret));
      expect(await done(verify, { userId, code })).toEqual({ details: changed(here.organizationId) });
      expectRefusal(await call(verify, { userId, code }), 6, 'COMMAND-qx4ls', 'totp-already-ready');
      expectRefusal(
        await call(`${users}/RegisterTOTP`, { userId }),
        6,
        'COMMAND-do9se',
        'totp-already-ready',
      );
    },
  },
  {
    title: 'a code that was accepted is not accepted again',
    keeps: async ({ call, enrolled }) => {
      const { userId, spent } = await enrolled();
      const again = await call(`${factors}/VerifyTotp`, { userId, code: spent });
      expectRefusal(again, 3, 'EVENT-8isk2', 'code-already-used');
    },
  },
  {
    title: 'too many wrong codes in a row are delayed, and the moment of the next one is told',
    keeps: async ({ call, enrolled }) => {
      const { userId, secret } = await enrolled();
      const guess = () => call(`${factors}/VerifyTotp`, { userId, code: wrongCodeOf(secret) });
      for (let wrong = 1; wrong <= 5; wrong += 1) expect((await guess()).status).toBe(3);
      const delayed = await guess();
      expectRefusal(delayed, 8, 'CSIGN-attempts-delayed', 'attempts-delayed');
      expect(delayed.headers['retry-after']).toMatch(/^([1-9]|[12]\d|30)$/);
      expect(delayed.details).toContainEqual({
        '@type': 'type.googleapis.com/google.rpc.RetryInfo',
        retryDelay: expect.stringMatching(/^\d+(\.\d+)?s$/),
      });
    },
  },
  {
    title: 'recovery codes are made, counted, and void when they are removed',
    keeps: async ({ done, enrolled }) => {
      const { userId } = await enrolled();
      const { recoveryCodes } = await done(`${users}/GenerateRecoveryCodes`, { userId, count: 3 });
      expect(new Set(recoveryCodes as string[]).size).toBe(3);
      const remaining = 'countersign.v1.RecoveryCodeService/GetRemainingRecoveryCodes';
      expect((await done(remaining, { userId })).recoveryCodesLeft).toBe(3);
      const [code = ''] = recoveryCodes as string[];
      const verify = 'countersign.v1.RecoveryCodeService/VerifyRecoveryCode';
      expect((await done(verify, { userId, code })).recoveryCodesLeft).toBe(2);
      expect((await done(methodTypes, { userId })).authMethodTypes).toEqual([
        'AUTHENTICATION_METHOD_TYPE_TOTP',
        'AUTHENTICATION_METHOD_TYPE_RECOVERY_CODE',
      ]);
      await done(`${users}/RemoveRecoveryCodes`, { userId });
      // There even when it is 0, as the contract says.
      expect((await done(remaining, { userId })).recoveryCodesLeft).toBe(0);
    },
  },
  {
    title: 'a TOTP is removed, and then there is none',
    keeps: async ({ call, done, enrolled }) => {
      const { userId } = await enrolled();
      await done(`${users}/RemoveTOTP`, { userId });
      expectRefusal(await call(`${users}/RemoveTOTP`, { userId }), 5, 'COMMAND-Hd9sd', 'totp-not-found');
    },
  },
];

const messages: readonly Row[] = [
  {
    title: 'a user is told as it was made, in whatever script',
    keeps: async ({ here, done }) => {
      const profile = { givenName: 'Ада', familyName: '愛 😀', displayName: 'Grâce “Hop” %0a' };
      const email = `unicode@${here.organizationId}.example.com`;
      const person = { ...human(email), profile };
      const { id } = await done(`${users}/CreateUser`, {
        organizationId: here.organizationId,
        username: `unicode-${here.organizationId}`,
        human: person,
      });
      const { user, details } = await done(`${users}/GetUserByID`, { userId: String(id) });
      expect(details).toEqual(changed(here.organizationId));
      expect(user).toMatchObject({
        userId: id,
        state: 'USER_STATE_ACTIVE',
        human: { profile, email: { email, isVerified: true } },
      });
    },
  },
  {
    title: 'bytes come back as they went',
    keeps: async ({ done, newUser }) => {
      const userId = await newUser();
      const metadata = [{ key: 'bytes', value: 'AP/+' }];
      await done(`${users}/SetUserMetadata`, { userId, metadata });
      expect((await done(`${users}/ListUserMetadata`, { userId })).metadata).toEqual([
        expect.objectContaining({ key: 'bytes', value: 'AP/+' }),
      ]);
    },
  },
  {
    title: 'a list tells how many there are, and as many as were asked for',
    keeps: async ({ done, newUser }) => {
      const userIds = [await newUser(), await newUser(), await newUser()];
      const queries = [{ inUserIdsQuery: { userIds } }];
      const query = { limit: 2, asc: true };
      const page = await done(`${users}/ListUsers`, { query, queries });
      expect(page.details).toMatchObject({ totalResult: '3' });
      expect(page.result).toHaveLength(2);
      const rest = await done(`${users}/ListUsers`, { query: { ...query, offset: '2' }, queries });
      const told = [...(page.result as object[]), ...(rest.result as object[])];
      expect(told.map((user) => (user as { userId: string }).userId).toSorted()).toEqual(userIds.toSorted());
    },
  },
  {
    title: 'a message that was compressed is read',
    gaps: { REST: 'a body is understood over REST only as it is, without an encoding' },
    keeps: async ({ done, newUser }) => {
      const userId = await newUser();
      const queries = [{ inUserIdsQuery: { userIds: Array.from({ length: 20 }, () => userId) } }];
      const { result } = await done(`${users}/ListUsers`, { queries }, { compressed: true });
      expect(result).toEqual([expect.objectContaining({ userId })]);
    },
  },
  {
    title: 'a field that is not known is left unread, as a newer client may send one',
    keeps: async ({ done, newUser }) => {
      const userId = await newUser();
      const { secret } = await done(`${users}/RegisterTOTP`, { userId }, { fieldOfTomorrow: true });
      expect(secret).toEqual(expect.any(String));
    },
  },
];

const refusals: readonly Row[] = [
  {
    title: 'each field that breaks a rule is named',
    keeps: async ({ here, call }) => {
      const { organizationId } = here;
      const person = { profile: { givenName: '', familyName: 'H' }, email: { email: 'nowhere' } };
      const told = await call(`${users}/CreateUser`, { organizationId, human: person });
      expectRefusal(told, 3, 'CSIGN-invalid-input', 'invalid-input');
      expect(told.details[1]).toEqual({
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [
          { field: 'human.profile.given_name', description: expect.any(String), reason: 'text' },
          { field: 'human.email.email', description: expect.any(String), reason: 'email' },
        ],
      });
    },
  },
  {
    title: 'a user that nobody is, is not found, with the id that ZITADEL has for it in this call',
    keeps: async ({ call }) => {
      const userId = nobody;
      const ids = {
        GetUserByID: 'QUERY-Dfbg2',
        RegisterTOTP: 'COMMAND-SqyJz',
        LockUser: 'COMMAND-450yxuqrh1',
        UnlockUser: 'COMMAND-x377t913pw',
        DeactivateUser: 'COMMAND-5gp2p62iin',
        ReactivateUser: 'COMMAND-9hy5kzbuk6',
        DeleteUser: 'COMMAND-bd4ir1mblj',
      };
      for (const [name, id] of Object.entries(ids))
        expectRefusal(await call(`${users}/${name}`, { userId }), 5, id, 'user-not-found');
      const verified = await call(`${users}/VerifyTOTPRegistration`, { userId, code: '123456' });
      expectRefusal(verified, 5, 'COMMAND-4g3xq', 'user-not-found');
      const generated = await call(`${users}/GenerateRecoveryCodes`, { userId, count: 1 });
      expectRefusal(generated, 5, 'COMMAND-uXHNj', 'user-not-found');
    },
  },
  {
    title: 'a user of a foreign organization is told of with the words for nobody',
    keeps: async ({ call, foreigner }) => {
      for (const name of [
        `${users}/GetUserByID`,
        `${users}/RegisterTOTP`,
        `${users}/RemoveTOTP`,
        `${users}/LockUser`,
        `${users}/DeleteUser`,
        methodTypes,
        `${factors}/ListFactors`,
      ]) {
        const { headers: _, ...ofForeigner } = await call(name, { userId: foreigner });
        const { headers: __, ...ofNobody } = await call(name, { userId: nobody });
        expect(ofForeigner.status).toBe(5);
        expect(ofForeigner).toEqual(ofNobody);
      }
    },
  },
  {
    title: 'whoever brings no token that counts is told the same',
    keeps: async ({ call, newUser, here }) => {
      const userId = await newUser();
      const other = `${here.ownerToken.slice(0, -1)}${here.ownerToken.endsWith('A') ? 'B' : 'A'}`;
      const schemes = [{}, { authorization: `Basic ${here.ownerToken}` }, { authorization: here.ownerToken }];
      const bearers = ['nonsense', other, ''].map((token) => ({ authorization: `Bearer ${token}` }));
      for (const headers of [...schemes, ...bearers]) {
        const told = await call(`${users}/GetUserByID`, { userId }, { headers, token: null });
        expectRefusal(told, 16, 'AUTH-7fs1e', 'unauthenticated');
      }
    },
  },
  {
    title: 'who may not is told so',
    keeps: async ({ call, done, newUser }) => {
      const userId = await newUser();
      const { token } = await done(`${users}/AddPersonalAccessToken`, { userId });
      const brings = { token: String(token) };
      const told = await call('zitadel.org.v2.OrganizationService/AddOrganization', { name: 'Mine' }, brings);
      expectRefusal(told, 7, 'AUTH-AWfge', 'permission-denied');
    },
  },
  {
    title: 'a locked user is refused for that',
    keeps: async ({ call, done, newUser }) => {
      const userId = await newUser();
      await done(`${users}/LockUser`, { userId });
      expectRefusal(await call(`${users}/RegisterTOTP`, { userId }), 9, 'COMMAND-SF3fg', 'user-locked');
      await done(`${users}/UnlockUser`, { userId });
      await done(`${users}/RegisterTOTP`, { userId });
    },
  },
  {
    title: 'a message over 64 KiB is refused, and the next one answered',
    keeps: async ({ call, done, newUser }) => {
      const userId = await newUser();
      const code = '1'.repeat(70_000);
      const told = await call(`${users}/VerifyTOTPRegistration`, { userId, code });
      expect(told).toMatchObject({ status: 8, answer: {}, message: expect.stringMatching(/./) });
      expect(told.headers['x-request-id']).toMatch(ulidForm);
      await done(`${users}/GetUserByID`, { userId });
    },
  },
  {
    title: 'a method that there is not is refused by the number that the protocol has for it',
    keeps: async ({ call, noSuchMethod }) => {
      for (const path of [`${users}/Nothing`, 'zitadel.oidc.v2.OIDCService/GetAuthRequest'])
        expect(await call(path, {})).toMatchObject({ status: noSuchMethod, answer: {} });
    },
  },
];

const around: readonly Row[] = [
  {
    title: 'a request id is kept where it is plain, made where it is not, and on refusals too',
    keeps: async ({ call, newUser }) => {
      const kept = { headers: { 'x-request-id': 'conformance-0123' } };
      const userId = await newUser();
      for (const id of [userId, nobody]) {
        const asked = { userId: id };
        const idOf = async (headers: Record<string, string>) =>
          (await call(`${users}/GetUserByID`, asked, { headers })).headers['x-request-id'];
        expect(await idOf(kept.headers)).toBe('conformance-0123');
        expect(await idOf({})).toMatch(ulidForm);
        expect(await idOf({ 'x-request-id': 'not plain' })).toMatch(ulidForm);
      }
    },
  },
  {
    title: 'a call under an idempotency key is done once, and what was shown is not shown again',
    keeps: async ({ here, done }) => {
      const once = (key: string) => ({ headers: { 'idempotency-key': `${here.organizationId} ${key}` } });
      const wanted = newHuman(here.organizationId);
      const created = await done(`${users}/CreateUser`, wanted, once('create'));
      expect(await done(`${users}/CreateUser`, wanted, once('create'))).toEqual(created);

      const userId = String(created.id);
      const first = await done(`${users}/RegisterTOTP`, { userId }, once('register'));
      const second = await done(`${users}/RegisterTOTP`, { userId }, once('register'));
      expect(first).toMatchObject({ secret: expect.any(String), uri: expect.any(String) });
      expect(second).toEqual({ details: first.details });

      const named = { userId, name: 'another' };
      const { totpId, details } = await done(`${factors}/StartTotpRegistration`, named, once('start'));
      const again = await done(`${factors}/StartTotpRegistration`, named, once('start'));
      expect(again).toMatchObject({ totpId, details, secretAlreadyShown: true });
      expect(again).not.toHaveProperty('secret');
      expect(again).not.toHaveProperty('uri');
    },
  },
  {
    title:
      'a change says where it stands, a query shows what stands there, and takes no place of another log',
    keeps: async ({ here, call }) => {
      const name = 'x-countersign-position';
      const created = await call(`${users}/CreateUser`, newHuman(here.organizationId));
      const position = String(created.headers[name]);
      expect(position).toMatch(/^[!-~]+$/);
      const list = (brought: string) =>
        call(
          `${users}/ListUsers`,
          {},
          { headers: { [name]: brought, 'x-zitadel-orgid': here.organizationId } },
        );
      const { status, answer, headers } = await list(position);
      expect({ status, told: headers[name] }).toEqual({ status: 0, told: undefined });
      expect(JSON.stringify(answer)).toContain(String(created.answer.id));
      expectRefusal(await list(`0${position}`), 3, 'CSIGN-position-unknown', 'position-unknown');
    },
  },
  {
    title: 'an idempotency key stands for one request, and has a form',
    keeps: async ({ call, newUser }) => {
      const userId = await newUser();
      const headers = { 'idempotency-key': `${userId} reused` };
      const count = (wanted: number) =>
        call(`${users}/GenerateRecoveryCodes`, { userId, count: wanted }, { headers });
      expect((await count(1)).status).toBe(0);
      expectRefusal(await count(2), 9, 'CSIGN-idempotency-key-reused', 'idempotency-key-reused');
      const malformed = { headers: { 'idempotency-key': 'k'.repeat(256) } };
      expectRefusal(
        await call(`${users}/RegisterTOTP`, { userId }, malformed),
        3,
        'CSIGN-idempotency-key-malformed',
        'idempotency-key-malformed',
      );
    },
  },
  {
    title: 'the organization that a caller chooses is the one that is acted in',
    keeps: async ({ here, administrator, call, done }) => {
      const { organizationId: _, ...wanted } = newHuman(here.organizationId);
      const choosing = (organizationId: string) => ({
        token: administrator,
        headers: { 'x-zitadel-orgid': organizationId },
      });
      const { id } = await done(`${users}/CreateUser`, wanted, choosing(here.organizationId));
      const { details } = await done(`${users}/GetUserByID`, { userId: String(id) });
      expect(details).toEqual(changed(here.organizationId));
      const nowhere = await call(`${users}/CreateUser`, wanted, choosing(nobody));
      expectRefusal(nowhere, 5, 'CSIGN-organization-not-found', 'organization-not-found');
    },
  },
  {
    title: 'a call that takes longer than its caller waits is told so',
    gaps: { REST: 'no header of REST says how long a caller waits' },
    keeps: async ({ call, newUser }) => {
      const userId = await newUser();
      // Fifty slow hashes take some hundred milliseconds.
      const told = await call(`${users}/GenerateRecoveryCodes`, { userId, count: 50 }, { timeoutMs: 5 });
      expect(told).toMatchObject({ status: 4, answer: {} });
      expect(told.headers['x-request-id']).toMatch(ulidForm);
    },
  },
];

export const rows: readonly Row[] = [...enrolment, ...messages, ...refusals, ...around, ...sessionRows];
