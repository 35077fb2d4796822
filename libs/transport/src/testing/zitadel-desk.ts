// A pipeline over a whole application that answers ZITADEL's calls, with the people of the desk and their tokens.

import { create, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';

import { defaultRateLimits } from '#access/rate-limits.js';
import { Directory } from '#application/queries/directory.js';
import type { Sources } from '#application/queries/queries.js';
import type { House } from '#application/testing/house.js';
import { BadRequestSchema } from '#contract/google/rpc/error_details_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { base32Decode } from '#secrets/base32.js';
import { totpCode } from '#secrets/totp.js';
import type { Answered, Incoming, Served } from '#transport/call.js';
import { zitadelServices } from '#transport/dialects/zitadel/services.js';
import type { Implemented } from '#transport/implementation.js';
import { pipelineOf } from '#transport/pipeline.js';
import { openDesk, type Person, unlimited } from '#transport/testing/desk.js';
import { readAs } from '#transport/testing/reading.js';
import { detailIn, saidIn, statusIn } from '#transport/testing/status.js';

type As = Person | Partial<Incoming>;

export interface ZitadelDesk {
  readonly house: House;
  readonly sources: Sources;
  readonly implemented: readonly Implemented[];
  readonly failures: unknown[];
  tokenOf(person: Person, scopes?: readonly string[]): Promise<string>;
  call<Method extends DescMethodUnary>(
    as: As,
    method: Method,
    request: MessageInitShape<Method['input']>,
  ): Promise<Answered>;
  /** Throws what was refused. */
  ask<Method extends DescMethodUnary>(
    as: As,
    method: Method,
    request: MessageInitShape<Method['input']>,
  ): Promise<MessageShape<Method['output']>>;
  /** Of a refusal its code, our code and the id, in a line. */
  said<Method extends DescMethodUnary>(
    as: As,
    method: Method,
    request: MessageInitShape<Method['input']>,
  ): Promise<string>;
  /** The fields that were refused. */
  fields<Method extends DescMethodUnary>(
    as: As,
    method: Method,
    request: MessageInitShape<Method['input']>,
  ): Promise<readonly string[]>;
  /** What an authenticator app shows for a secret in base32. */
  codeOf(secret: string): string;
  close(): Promise<void>;
}

export async function openZitadelDesk(): Promise<ZitadelDesk> {
  const failures: unknown[] = [];
  const log = new InMemoryEventLog();
  const over = Directory.over({ log, onTrouble: (error) => failures.push(error) });
  const desk = await openDesk({ house: { log: over.log } });
  over.directory.start();
  const { house, tokenOf } = desk;
  const { application, run } = house;
  const implemented = zitadelServices({ application, directory: over.directory, run });
  const served = pipelineOf({
    application,
    services: [UserService, OrganizationService, SettingsService],
    implemented: [implemented],
    limits: { ...defaultRateLimits, ...unlimited },
    onFailure: (error) => failures.push(error),
  });
  const call = callerOf(served, tokenOf);
  return {
    house,
    sources: { application, directory: over.directory, signal: new AbortController().signal },
    implemented,
    failures,
    tokenOf,
    call,
    ask: async (as, method, request) => messageIn(await call(as, method, request), failures),
    said: async (as, method, request) => saidIn(await call(as, method, request)),
    fields: async (as, method, request) =>
      (detailIn(statusIn(await call(as, method, request)), BadRequestSchema)?.fieldViolations ?? []).map(
        ({ field }) => field,
      ),
    codeOf: (secret) => shownBy(secret, house.clock.now),
    close: async () => {
      await over.directory.close();
      await desk.close();
    },
  };
}

/** Each person has one token, made when it is first needed. */
function callerOf({ invoke }: Served, tokenOf: ZitadelDesk['tokenOf']): ZitadelDesk['call'] {
  const tokens = new Map<Person, Promise<string>>();
  const incomingOf = async (as: As): Promise<Partial<Incoming>> => {
    if (typeof as !== 'string') return as;
    const token = tokens.get(as) ?? tokenOf(as);
    tokens.set(as, token);
    return { authorization: await token };
  };
  return async (as, method, request) =>
    invoke(method, readAs(create(method.input, request as never)), {
      requestId: 'request-1',
      traceId: null,
      authorization: null,
      organization: null,
      idempotencyKey: null,
      address: '192.0.2.1',
      signal: new AbortController().signal,
      traceParent: null,
      ...(await incomingOf(as)),
    });
}

function messageIn(answered: Answered, failures: readonly unknown[]): never {
  if (answered.kind === 'answered') return answered.message as never;
  throw new Error(`${saidIn(answered)} ${answered.status.message}`, { cause: failures.at(-1) });
}

function shownBy(secret: string, at: number): string {
  const decoded = base32Decode(secret);
  if (decoded.kind !== 'seed') throw new Error(`${secret} is no secret`);
  const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
  return totpCode({ key: decoded.bytes, parameters, at });
}
