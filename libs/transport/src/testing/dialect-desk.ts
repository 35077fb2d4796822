// A pipeline over a whole application that answers the calls of one dialect, with the people of the desk and their tokens.

import {
  create,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';

import { defaultRateLimits } from '#access/rate-limits.js';
import { codeOf } from '#application/testing/factors.js';
import type { House } from '#application/testing/house.js';
import type { RefusalDetail } from '#contract/countersign/v1/refusal_pb.js';
import { BadRequestSchema } from '#contract/google/rpc/error_details_pb.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { TotpParameters } from '#domain/totp/events.js';
import type { Queries } from '#read-models/queries/open-queries.js';
import { type Following, follow } from '#read-models/testing/following.js';
import { base32Decode } from '#secrets/base32.js';
import type { Answered, Incoming, Served, Streamed } from '#transport/call.js';
import type { Implemented } from '#transport/implementation.js';
import { pipelineOf } from '#transport/pipeline.js';
import { type Desk, incomingWith, openDesk, type Person, unlimited } from '#transport/testing/desk.js';
import { type OperatingHere, operatingHere } from '#transport/testing/operating.js';
import { readAs } from '#transport/testing/reading.js';
import { detailIn, refusalIn, saidIn, statusIn } from '#transport/testing/status.js';

/** Whose token is brought along, and what else. Without a person, nobody's. */
type As = Person | (Partial<Incoming> & { readonly person?: Person });

type Asking<Answer> = <Method extends DescMethodUnary>(
  as: As,
  method: Method,
  request: MessageInitShape<Method['input']>,
) => Promise<Answer>;

export interface DialectDesk {
  readonly house: House;
  readonly following: Following;
  readonly served: Served;
  readonly implemented: readonly Implemented[];
  readonly failures: unknown[];
  readonly tokenOf: Desk['tokenOf'];
  readonly operating: OperatingHere;
  readonly call: Asking<Answered>;
  stream<Method extends DescMethodServerStreaming>(
    as: As,
    method: Method,
    request: MessageInitShape<Method['input']>,
  ): Promise<Streamed>;
  /** Throws what was refused. */
  ask<Method extends DescMethodUnary>(
    as: As,
    method: Method,
    request: MessageInitShape<Method['input']>,
  ): Promise<MessageShape<Method['output']>>;
  /** Of a refusal its number, our code and the id, in a line. */
  readonly said: Asking<string>;
  readonly refusal: Asking<RefusalDetail>;
  /** The fields that were refused. */
  readonly fields: Asking<readonly string[]>;
  /** What an authenticator app shows for a secret in base32, so many steps from now. */
  codeOf(secret: string, steps?: number, parameters?: TotpParameters): string;
  close(): Promise<void>;
}

export interface Dialect {
  readonly house?: Parameters<typeof openDesk>[0];
  readonly services: readonly DescService[];
  readonly implement: (parts: Implementing) => readonly (readonly Implemented[])[];
}

interface Implementing extends Pick<House, 'application' | 'run'> {
  readonly queries: Queries;
  readonly operating: OperatingHere;
  readonly implemented: () => readonly Implemented[];
}

export async function openDialectDesk({ house: given, services, implement }: Dialect): Promise<DialectDesk> {
  const failures: unknown[] = [];
  const desk = await openDesk(given);
  const { house, tokenOf } = desk;
  const { application, run } = house;
  const following = await follow(application, { onTrouble: (text) => failures.push(text) });
  const { queries } = following;
  const operating = operatingHere(following);
  const implemented = implementing(implement, { application, queries, operating, run });
  const served = pipelineOf({
    application,
    services,
    implemented,
    limits: { ...defaultRateLimits, ...unlimited },
    onFailure: (error) => failures.push(error),
    onPolicyFailed: (policies) => failures.push(policies),
  });
  const bearerOf = bearers(tokenOf);
  const call = callerOf(served, bearerOf);
  return {
    house,
    following,
    operating,
    stream: callingStreams(served, bearerOf),
    served,
    implemented: implemented.flat(),
    failures,
    tokenOf,
    call,
    ask: async (...asked) => messageIn(await call(...asked), failures),
    said: async (...asked) => saidIn(await call(...asked)),
    refusal: async (...asked) => refusalIn(statusIn(await call(...asked))),
    fields: async (...asked) =>
      (detailIn(statusIn(await call(...asked)), BadRequestSchema)?.fieldViolations ?? []).map(
        ({ field }) => field,
      ),
    codeOf: (secret, steps = 0, parameters = defaultSettings.totpParameters) =>
      codeOf(house, { key: keyOf(secret), parameters }, steps),
    close: async () => {
      await following.close();
      await desk.close();
    },
  };
}

/** Each may look at all of them, once they are there. */
function implementing(implement: Dialect['implement'], parts: Omit<Implementing, 'implemented'>) {
  const implemented: ReturnType<Dialect['implement']> = implement({
    ...parts,
    implemented: () => implemented.flat(),
  });
  return implemented;
}

type BearerOf = (person: Person | undefined) => Promise<string> | null;

/** Each person has one token, made when it is first needed. */
function bearers(tokenOf: Desk['tokenOf']): BearerOf {
  const tokens = new Map<Person, Promise<string>>();
  return (person) => {
    if (person === undefined) return null;
    const token = tokens.get(person) ?? tokenOf(person);
    tokens.set(person, token);
    return token;
  };
}

function callerOf({ invoke }: Served, bearerOf: BearerOf): DialectDesk['call'] {
  return async (as, method, request) => {
    const { person, ...more } = typeof as === 'string' ? { person: as } : as;
    const incoming = incomingWith({ authorization: await bearerOf(person), ...more });
    return invoke(method, readAs(create(method.input, request as never)), incoming);
  };
}

function callingStreams({ stream }: Served, bearerOf: BearerOf): DialectDesk['stream'] {
  return async (as, method, request) => {
    const { person, ...more } = typeof as === 'string' ? { person: as } : as;
    const incoming = incomingWith({ authorization: await bearerOf(person), ...more });
    return stream(method, readAs(create(method.input, request as never)), incoming);
  };
}

function messageIn(answered: Answered, failures: readonly unknown[]): never {
  if (answered.kind === 'answered') return answered.message as never;
  throw new Error(`${saidIn(answered)} ${answered.status.message}`, { cause: failures.at(-1) });
}

function keyOf(secret: string): Buffer {
  const decoded = base32Decode(secret);
  if (decoded.kind !== 'seed') throw new Error(`${secret} is no secret`);
  return decoded.bytes;
}
