// The dialect that people log in by, as pages and programs call it, with people who have passwords and apps.

import { answerOf } from '#application/testing/attempt.js';
import { givePassword, password } from '#application/testing/logins.js';
import { human } from '#application/testing/people.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { cookieNameByDefault } from '#transport/dialects/mfa-enroll/cookie.js';
import { mfaEnroll } from '#transport/dialects/mfa-enroll/dialect.js';
import { openPlainDesk, type PlainDesk, type Reply } from '#transport/testing/plain-desk.js';

export const origin = 'http://localhost:8080';

export type Headers = Record<string, string>;

export interface Person {
  readonly userId: UserId;
  readonly email: string;
}

export interface EnrolledPerson extends Person {
  readonly cookie: string;
  readonly codes: readonly string[];
  readonly confirmed: Reply;
  /** What the app shows, so many steps from now. */
  readonly code: (steps?: number) => string;
}

export interface LoginDesk extends PlainDesk {
  post(path: string, body: object | null, headers?: Headers): Promise<Reply>;
  get(headers: Headers): Promise<Reply>;
  logIn(email: string, more?: object): Promise<Reply>;
  /** By then an app shows another code. */
  later(): void;
  somebody(of?: OrganizationId): Promise<Person>;
  enrolled(): Promise<EnrolledPerson>;
}

/** As a browser keeps it. */
export const cookieOf = ({ headers }: Reply) => String(headers['set-cookie']).split(';', 1)[0] ?? '';
export const tokenOf = (reply: Reply) => cookieOf(reply).slice(`${cookieNameByDefault}=`.length);
export const page = (cookie: string, more: Headers = { origin }): Headers => ({ cookie, ...more });

export const refused = (code: number, error: string) => ({ status: code, body: { code, error } });
export const unauthorized = refused(401, 'Unauthorized');
export const forbidden = refused(403, 'Forbidden');

export async function openLoginDesk(): Promise<LoginDesk> {
  const plain = await openPlainDesk(mfaEnroll({ name: cookieNameByDefault, externalUrl: origin }));
  const { house, send, codeOf } = plain;
  const post: LoginDesk['post'] = (path, body, headers = {}) =>
    send({ method: 'POST', url: `/api/auth${path}`, headers, ...(body && { payload: body }) });
  const logIn: LoginDesk['logIn'] = (email, more = {}) => post('/login', { email, password, ...more });
  const later = () => {
    house.clock.now += 60_000;
  };
  let people = 0;
  const somebody: LoginDesk['somebody'] = async (of) => {
    people += 1;
    const userId = `0198f3a2-0000-7000-8000-0000003${String(people).padStart(5, '0')}` as UserId;
    const email = `cookie-${people}@example.com`;
    await answerOf(house, human(userId, email, of && { organizationId: of }));
    await givePassword(house, userId, of && { of });
    return { userId, email };
  };
  const enrolled: LoginDesk['enrolled'] = async () => {
    const { userId, email } = await somebody();
    const cookie = cookieOf(await logIn(email));
    const { secret } = (await post('/mfa/enroll', null, page(cookie))).body as { readonly secret: string };
    const confirmed = await post('/mfa/enroll/confirm', { code: codeOf(secret) }, page(cookie));
    later();
    const { backup_codes: codes } = confirmed.body as { readonly backup_codes: readonly string[] };
    return { userId, email, cookie, codes, confirmed, code: (steps = 0) => codeOf(secret, steps) };
  };
  const get: LoginDesk['get'] = (headers) => send({ method: 'GET', url: '/api/auth/mfa', headers });
  return Object.assign(plain, { post, get, logIn, later, somebody, enrolled });
}
