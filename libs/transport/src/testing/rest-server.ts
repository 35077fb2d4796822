// A REST server over made-up services, whose calls answer with what they were asked, unless told otherwise.

import { type DescService, type JsonValue, type Message, toJson } from '@bufbuild/protobuf';
import { type FastifyInstance, fastify, type InjectOptions, type LightMyRequestResponse } from 'fastify';

import type { Answered, Incoming } from '#transport/call.js';
import { registerRest } from '#transport/rest/routes.js';
import { lenientService, strictService } from '#transport/testing/made-up-contract.js';
import { reading } from '#transport/testing/reading.js';
import { unaryOnly } from '#transport/testing/unary-only.js';

export interface Called {
  readonly method: string;
  readonly request: JsonValue;
  readonly incoming: Incoming;
}

export interface RestServer {
  readonly server: FastifyInstance;
  readonly calls: readonly Called[];
  readonly failures: readonly unknown[];
}

const madeUp: readonly DescService[] = [lenientService, strictService];

type Answer = (message: Message, incoming: Incoming) => Answered | Promise<Answered>;

export function serveRest(answer?: Answer, deadlineMs = 50, services = madeUp): RestServer {
  const calls: Called[] = [];
  const failures: unknown[] = [];
  const invoke = reading((method, message, incoming) => {
    calls.push({ method: method.name, request: toJson(method.input, message), incoming });
    return answer?.(message, incoming) ?? { kind: 'answered', message, headers: {} };
  });
  const server = fastify({ genReqId: () => 'request-1' });
  registerRest(server, unaryOnly({ services, invoke }), {
    addressOf: ({ ip }) => ip,
    onFailure: (error) => {
      failures.push(error);
    },
    deadlineMs,
  });
  return { server, calls, failures };
}

export async function askRest(
  request: InjectOptions,
): Promise<RestServer & { readonly response: LightMyRequestResponse; readonly call: Called | undefined }> {
  const rest = serveRest();
  const response = await rest.server.inject(request);
  await rest.server.close();
  return { ...rest, response, call: rest.calls[0] };
}

export function jsonOf(response: LightMyRequestResponse): unknown {
  return JSON.parse(response.body);
}
