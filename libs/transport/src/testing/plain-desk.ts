// A dialect of plain JSON on a server of its own, over a whole application with sessions.

import { type FastifyInstance, fastify, type InjectOptions } from 'fastify';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { human, machine } from '#application/testing/people.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { UserId } from '#domain/ids.js';
import type { Dialect } from '#transport/plain/dialect.js';
import { registerDialect } from '#transport/plain/register.js';
import { type RestOptions, registerRest } from '#transport/rest/routes.js';
import { openSessionsDesk, type SessionsDesk } from '#transport/testing/sessions-desk.js';

export interface Reply {
  readonly status: number;
  /** As JSON where it is some. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface PlainDesk extends Omit<SessionsDesk, 'call'> {
  readonly server: FastifyInstance;
  send(request: InjectOptions): Promise<Reply>;
  /** Of somebody new, without a factor; the token may do whatever its user may, unless told otherwise. */
  newcomer(given?: Newcomer): Promise<{ readonly userId: UserId; readonly token: string }>;
}

interface Newcomer {
  readonly userId?: string;
  readonly kind?: 'human' | 'machine';
  readonly scopes?: readonly string[];
}

/** For what a dialect has no call of its own. */
const ofContract = [UserService, FactorService, RecoveryCodeService];

export const requestId = '01JREQUEST0000000000000000';

export async function openPlainDesk(...dialects: readonly Dialect[]): Promise<PlainDesk> {
  const desk = await openSessionsDesk();
  const server = fastify({ genReqId: () => requestId });
  const options: RestOptions = {
    addressOf: ({ ip }) => ip,
    onFailure: (error) => {
      desk.failures.push(error);
    },
  };
  for (const dialect of dialects) registerDialect(server, dialect, { served: desk.served, options });
  registerRest(server, { ...desk.served, services: ofContract }, options);
  return {
    ...desk,
    server,
    send: async (request) => {
      const { statusCode: status, headers, body } = await server.inject(request);
      const isJson = `${headers['content-type']}`.startsWith('application/json');
      return { status, headers, body: isJson && body !== '' ? JSON.parse(body) : body };
    },
    newcomer: newcomers(desk),
    close: async () => {
      await server.close();
      await desk.close();
    },
  };
}

function newcomers({ house }: SessionsDesk): PlainDesk['newcomer'] {
  let people = 0;
  return async ({ userId: chosen, kind = 'human', scopes = ['all'] } = {}) => {
    people += 1;
    const userId = (chosen ?? `0198f3a2-0000-7000-8000-0000002${String(people).padStart(5, '0')}`) as UserId;
    const name = `newcomer-${people}`;
    await answerOf(house, kind === 'human' ? human(userId, `${name}@example.com`) : machine(userId, name));
    const added = await answerOf(
      house,
      new AddAccessToken({ organizationId, userId, name: 'Spec', scopes, by }),
    );
    return { userId, token: added.token };
  };
}
