// `/api/auth`: logging in by password and cookie, and the second factor of whoever is logged in, or calls with a token.

import type { FastifyRequest } from 'fastify';

import { type CookieOptions, type Cookies, cookiesOf } from '#transport/dialects/mfa-enroll/cookie.js';
import { refusalOf, refusalSchema } from '#transport/dialects/mfa-enroll/refusals.js';
import { isLogin, routesOf } from '#transport/dialects/mfa-enroll/routes.js';
import type { Dialect } from '#transport/plain/dialect.js';
import type { No } from '#transport/plain/no.js';

export function mfaEnroll(options: CookieOptions): Dialect {
  const cookies = cookiesOf(options);
  return {
    name: 'mfa-enroll',
    mounts: ['/api/auth'],
    routes: routesOf(cookies),
    credentialOf: (request) => credentialOf(request, cookies),
    foreign: (request) => foreignIn(request, cookies),
    refusalOf,
    described: {
      title: 'mfa-enroll',
      description: 'Logging in, and the second factor of whoever is logged in or whose token comes along.',
      security: {
        type: 'http',
        scheme: 'bearer',
        description: 'An access token, or the token of a session. In place of it a browser sends its cookie.',
      },
      headers: [],
      refusal: refusalSchema,
    },
  };
}

/** A page does not add a token by itself: where one comes along, the cookie is not looked at. */
function credentialOf(request: FastifyRequest, cookies: Cookies): string | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) return authorization;
  const token = cookies.tokenIn(request);
  return token === null ? null : `Bearer ${token}`;
}

/**
 * Who logs in gets a cookie: from a page of another site, the browser would be logged in as whoever made that page. All else is
 * the same for a cookie that is worth nothing: nobody learns what one is worth.
 */
function foreignIn(request: FastifyRequest, cookies: Cookies): No | null {
  if (isSafe(request)) return null;
  const { authorization, origin, 'sec-fetch-site': site } = request.headers;
  const isByBrowser = isLogin(request)
    ? origin !== undefined || site !== undefined
    : authorization === undefined && cookies.tokenIn(request) !== null;
  return isByBrowser ? cookies.foreign(request) : null;
}

const isSafe = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';
