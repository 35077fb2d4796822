// The sessions of a user: told by a service that runs, or by the rows of a data directory on which none does.

import { pathOf } from '#cli/change-of-user.js';
import type { Call } from '#cli/command.js';
import { type House, refused } from '#cli/house.js';
import { reach } from '#cli/reach.js';
import { type Json, listOf, type ServiceApi } from '#cli/service-api.js';
import type { UserId } from '#domain/ids.js';
import { everyOrganization, pageMax } from '#read-models/queries/queries.js';
import type { SessionAnswer } from '#read-models/queries/sessions.js';

export interface ToldSession {
  readonly sessionId: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly isExpired: boolean;
  /** Of `user`, `password`, `totp` and `recovery-code`. */
  readonly checked: readonly string[];
  /** As whoever made it described it. */
  readonly userAgent: string | null;
}

/** The latest first. Throws `CommandFailure` where there is no such user. */
export function sessionsOf(call: Call, userId: string): Promise<readonly ToldSession[]> {
  return reach(call, {
    byApi: (service) => sessionsThere(service, userId),
    offline: (house) => sessionsHere(house, userId),
  });
}

export async function sessionsHere(house: House, userId: string): Promise<readonly ToldSession[]> {
  await house.user(userId);
  const search = {
    filters: [{ kind: 'user', userId: userId as UserId }],
    isAscending: false,
    page: { offset: 0, limit: pageMax },
  } as const;
  const told = await house.ask((queries, asking) => queries.listSessions(everyOrganization, search, asking));
  if (told.kind === 'rejected') throw refused(told.refusal);
  return told.answer.items.map(toldHere);
}

export async function sessionsThere(service: ServiceApi, userId: string): Promise<readonly ToldSession[]> {
  // Of nobody there would only be no sessions.
  await service.ask({ verb: 'GET', path: `/v2/users/${pathOf(userId)}` });
  const query = { limit: pageMax, asc: false };
  const queries = [{ userIdQuery: { id: userId } }];
  const { sessions } = await service.ask({
    verb: 'POST',
    path: '/v2/sessions/search',
    body: { query, queries },
  });
  return listOf(sessions).map(toldThere);
}

export const isLive = ({ isExpired }: ToldSession): boolean => !isExpired;

const factors = { user: 'user', password: 'password', totp: 'totp', recoveryCode: 'recovery-code' };

function toldThere({ id, creationDate, expirationDate, factors: checked, userAgent }: Json): ToldSession {
  const expiresAt = String(expirationDate);
  const { description } = (userAgent ?? {}) as Json;
  return {
    sessionId: String(id),
    createdAt: String(creationDate),
    expiresAt,
    isExpired: Date.parse(expiresAt) <= Date.now(),
    checked: Object.entries(factors)
      .filter(([field]) => ((checked ?? {}) as Json)[field] !== undefined)
      .map(([, name]) => name),
    userAgent: typeof description === 'string' ? description : null,
  };
}

function toldHere(session: SessionAnswer): ToldSession {
  const { sessionId, user, passwordAt, totpAt, recoveryCodeAt, createdAt, expiresAt, userAgent } = session;
  const at = {
    user: user?.checkedAt ?? null,
    password: passwordAt,
    totp: totpAt,
    recoveryCode: recoveryCodeAt,
  };
  return {
    sessionId,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    isExpired: expiresAt <= Date.now(),
    checked: Object.entries(factors)
      .filter(([field]) => at[field as keyof typeof at] !== null)
      .map(([, name]) => name),
    userAgent: userAgent?.description ?? null,
  };
}
