// The table of behaviours, as far as it is about logins.

import { expect } from '@jest/globals';

import { type Asking, changed, expectRefusal, factors, users } from '#test/conformance/asking.js';
import type { Row } from '#test/conformance/rows.js';
import { clearOfTurn, codeOf, human, wrongCodeOf } from '#test/conformance/world.js';

const sessions = 'zitadel.session.v2.SessionService';
const password = 'correct horse battery';
const credentials = 'type.googleapis.com/zitadel.v1.CredentialsCheckError';

let people = 0;

interface Person {
  readonly userId: string;
  readonly loginName: string;
}

async function newPerson({ here, done }: Asking): Promise<Person> {
  people += 1;
  const loginName = `login-${people}@example.com`;
  const { id } = await done(`${users}/CreateUser`, {
    organizationId: here.organizationId,
    human: { ...human(loginName), password: { password } },
  });
  return { userId: String(id), loginName };
}

const named = ({ loginName }: Person) => ({ user: { loginName } });
const shown = (person: Person) => ({ ...named(person), password: { password } });

export const sessionRows: readonly Row[] = [
  {
    title: 'a login: user and password, a code, the factors as they were checked, and the end of it',
    keeps: async (asking) => {
      const { call, done } = asking;
      const person = await newPerson(asking);
      const { userId } = person;
      const secret = String((await done(`${users}/RegisterTOTP`, { userId })).secret);
      await clearOfTurn();
      await done(`${users}/VerifyTOTPRegistration`, { userId, code: codeOf(secret, -30) });
      const created = await done(`${sessions}/CreateSession`, { checks: shown(person) });
      expect(created.details).toEqual(changed(expect.any(String) as unknown as string));
      const { sessionId } = created;
      const itself = (token: unknown) => call(`${users}/GetUserByID`, { userId }, { token: String(token) });
      expectRefusal(await itself(created.sessionToken), 7, 'AUTHZ-Kl3p0', 'second-factor-required');

      const totp = { code: codeOf(secret) };
      const set = await done(`${sessions}/SetSession`, { sessionId: String(sessionId), checks: { totp } });
      expectRefusal(await itself(created.sessionToken), 16, 'AUTH-7fs1e', 'unauthenticated');
      expect((await itself(set.sessionToken)).answer.user).toMatchObject({ userId });
      const { session } = await done(`${sessions}/GetSession`, { sessionId: String(sessionId) });
      expect(session).toMatchObject({
        id: sessionId,
        factors: {
          user: { id: userId, loginName: person.loginName },
          password: { verifiedAt: expect.any(String) },
          totp: { verifiedAt: expect.any(String) },
        },
      });
      const again = await call(`${factors}/VerifyTotp`, { userId, ...totp });
      expectRefusal(again, 3, 'EVENT-8isk2', 'code-already-used');

      await done(`${sessions}/DeleteSession`, { sessionId: String(sessionId) });
      expectRefusal(await itself(set.sessionToken), 16, 'AUTH-7fs1e', 'unauthenticated');
      const gone = await call(`${sessions}/GetSession`, { sessionId: String(sessionId) });
      expectRefusal(gone, 5, 'QUERY-SFeaa', 'session-not-found');
    },
  },
  {
    title: 'a code that was given elsewhere opens no session, and a wrong one is counted with all others',
    keeps: async (asking) => {
      const { call, done, enrolled } = asking;
      const { userId, secret, spent } = await enrolled();
      const guess = (code: string) =>
        call(`${sessions}/CreateSession`, { checks: { user: { userId }, totp: { code } } });
      expectRefusal(await guess(spent), 3, 'EVENT-8isk2', 'code-already-used');
      const wrong = await guess(wrongCodeOf(secret));
      expectRefusal(wrong, 3, 'EVENT-8isk2', 'wrong-code');
      const { attemptsLeft } = await done(`${factors}/ListFactors`, { userId });
      // Of the twenty that disable the app, both failures being its own.
      expect(attemptsLeft).toBe(18);
    },
  },
  {
    title: 'a wrong password is told as one for nobody, and with how many there were',
    keeps: async (asking) => {
      const person = await newPerson(asking);
      const nobody = { userId: '', loginName: `nobody-${person.loginName}` };
      const guess = async (checks: object) => {
        const { headers: _, ...told } = await asking.call(`${sessions}/CreateSession`, {
          checks: { ...checks, password: { password: 'not the one' } },
        });
        return told;
      };
      const ofPerson = await guess(named(person));
      expect(ofPerson).toMatchObject({ status: 3, message: 'Password is invalid (COMMAND-3M0fs)' });
      expect(ofPerson.details).toContainEqual({
        '@type': credentials,
        id: 'COMMAND-3M0fs',
        message: 'Password is invalid',
        failedAttempts: 1,
      });
      const timeless = (told: object) => JSON.stringify(told).replaceAll(/\d{4}-[\dT:.-]+Z/g, 'TIME');
      expect(timeless(await guess(named(nobody)))).toBe(timeless(ofPerson));
    },
  },
  {
    title: 'a check that is not built is named, and nothing is done',
    keeps: async (asking) => {
      const person = await newPerson(asking);
      const { userId } = person;
      const checks = { ...shown(person), otpSms: { code: '1234' } };
      const told = await asking.call(`${sessions}/CreateSession`, { checks });
      expectRefusal(told, 12, 'CSIGN-check-not-built', 'check-not-built');
      expect(told.details).toContainEqual(expect.objectContaining({ field: 'checks.otp_sms' }));
      const listed = await asking.done(`${sessions}/ListSessions`, {
        queries: [{ userIdQuery: { id: userId } }],
      });
      expect(listed.sessions).toBeUndefined();
    },
  },
  {
    title: 'metadata and what a user came by are kept, changed by their keys, and found',
    keeps: async (asking) => {
      const { done } = asking;
      const person = await newPerson(asking);
      const userAgent = { fingerprintId: `print-${person.userId}`, ip: '192.0.2.7', description: 'Firefox' };
      const { sessionId } = await done(`${sessions}/CreateSession`, {
        checks: named(person),
        metadata: { one: 'AP/+', two: 'AQ==' },
        userAgent: { ...userAgent, header: { accept: { values: ['a', 'b'] } } },
      });
      await done(`${sessions}/SetSession`, { sessionId: String(sessionId), metadata: { two: 'Ag==' } });
      const { fingerprintId } = userAgent;
      const listed = await done(`${sessions}/ListSessions`, {
        queries: [{ userAgentQuery: { fingerprintId } }, { userIdQuery: { id: person.userId } }],
      });
      expect(listed.sessions).toEqual([
        expect.objectContaining({
          id: sessionId,
          metadata: { one: 'AP/+', two: 'Ag==' },
          userAgent: { ...userAgent, header: { accept: { values: ['a', 'b'] } } },
        }),
      ]);
    },
  },
  {
    title: 'a session that is made twice under one idempotency key is one, and its token is told once',
    keeps: async (asking) => {
      const { here, done } = asking;
      const person = await newPerson(asking);
      const once = { headers: { 'idempotency-key': `${here.organizationId} ${person.userId}` } };
      const first = await done(`${sessions}/CreateSession`, { checks: shown(person) }, once);
      const second = await done(`${sessions}/CreateSession`, { checks: shown(person) }, once);
      expect(first.sessionToken).toEqual(expect.any(String));
      expect(second).toEqual({ details: first.details, sessionId: first.sessionId });
    },
  },
];
