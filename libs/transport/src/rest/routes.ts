// The REST side of every service: routes by the contract's own options, onto the same pipeline as every stack.

import type { DescMethodServerStreaming, DescMethodUnary } from '@bufbuild/protobuf';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { isUnary, type Read, type Reader, type Served, statusCodes } from '#transport/call.js';
import { answerStream, failStream } from '#transport/http-stream.js';
import {
  type AnswerOptions,
  answerCall,
  answerFailure,
  answerMethod,
  answerNothing,
  answerRefusal,
  answerUnsupported,
} from '#transport/rest/answers.js';
import { type RestBinding, restBindings } from '#transport/rest/bindings.js';
import { type Body, readBodiesAsJson } from '#transport/rest/body.js';
import { type IncomingOptions, incomingOf } from '#transport/rest/incoming.js';
import { parseJsonBody } from '#transport/rest/json-body.js';
import { linesOf } from '#transport/rest/lines.js';
import { type RequestParts, type RequestReader, requestReader } from '#transport/rest/request-reader.js';
import { statusOfViolations } from '#transport/rest/status-json.js';
import { streamWithinMs } from '#transport/stream-limits.js';

export interface RestOptions extends AnswerOptions {
  /** Of the client; behind a trusted proxy, the one that the proxy tells. */
  readonly addressOf: (request: FastifyRequest) => string;
  readonly deadlineMs?: number;
}

/** As long as a gRPC call may take that names no deadline. */
export const restDeadlineMs = 10_000;

/** Far above every call there is: the largest carries a user with its metadata. */
export const restBodyBytesMax = 64 * 1024;

/** Whoever comes to a known path with another of these is told which there are. */
export const methodsTold = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export function registerRest(server: FastifyInstance, served: Served, options: RestOptions): void {
  const bindings = restBindings(served.services);
  void server.register((scope, _, done) => {
    // Thrown out of here, it would end the process from outside of the start.
    try {
      addRoutes(scope, bindings, { served, options });
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

function addRoutes(scope: FastifyInstance, bindings: readonly RestBinding[], serving: Serving): void {
  readBodiesAsJson(scope);
  scope.setErrorHandler((error, request, reply) => answerFailure({ error, request, reply }, serving.options));
  for (const binding of bindings) addRoute(scope, binding, serving);
  addOtherMethods(scope, bindings);
  addNothingElse(scope, bindings);
}

interface Serving {
  readonly served: Served;
  readonly options: RestOptions;
}

function addRoute(scope: FastifyInstance, binding: RestBinding, { served, options }: Serving): void {
  const { method, verb, template } = binding;
  const read = requestReader(binding);
  const answer = isUnary(method)
    ? answering(binding, method, { served, options })
    : streaming(method, { served, options });
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const body = request.body as Body | undefined;
    if (body?.kind === 'unsupported') {
      answerUnsupported(reply, body.reason);
      return;
    }
    answer(request, reply, () => readWith(read, request, body?.bytes)).catch((error: unknown) =>
      failStream(reply, () => answerFailure({ error, request, reply }, options)),
    );
  };
  // Who asks for the head of a stream alone would wait for its end.
  const heads = isUnary(method) ? {} : { exposeHeadRoute: false };
  scope.route({ method: verb, url: template.route, bodyLimit: restBodyBytesMax, ...heads, handler });
}

type Answering = (request: FastifyRequest, reply: FastifyReply, read: Reader) => Promise<void>;

function answering(
  binding: RestBinding,
  method: DescMethodUnary,
  { served, options: { addressOf, deadlineMs = restDeadlineMs } }: Serving,
): Answering {
  const brings: IncomingOptions = { addressOf, deadlineMs };
  return (request, reply, read) =>
    served
      .invoke(method, read, incomingOf(request, reply, brings))
      .then((answered) => answerCall(reply, binding, answered));
}

function streaming(
  method: DescMethodServerStreaming,
  { served, options: { addressOf } }: Serving,
): Answering {
  const brings: IncomingOptions = { addressOf, deadlineMs: streamWithinMs };
  const writing = linesOf(method.output);
  return async (request, reply, read) => {
    const streamed = await served.stream(method, read, incomingOf(request, reply, brings));
    if (streamed.kind === 'streaming') await answerStream(reply, streamed, writing);
    else answerRefusal(reply, streamed);
  };
}

function readWith(read: RequestReader, { params, query }: FastifyRequest, bytes: Buffer | undefined): Read {
  const body = bytes === undefined ? undefined : parseJsonBody(bytes);
  if (body?.kind === 'refused') {
    return {
      kind: 'refused',
      status: { code: statusCodes.invalidArgument, message: body.reason, details: [] },
    };
  }
  const wanted = read({
    params: params as RequestParts['params'],
    query: query as RequestParts['query'],
    body: body?.value,
  });
  if (wanted.kind === 'message') return wanted;
  return { kind: 'refused', status: statusOfViolations(wanted.violations) };
}

function addOtherMethods(scope: FastifyInstance, bindings: readonly RestBinding[]): void {
  for (const url of new Set(bindings.map(({ template }) => template.route))) {
    const verbs = new Set(
      bindings.filter(({ template }) => covers(template.route, url)).map(({ verb }) => verb),
    );
    const allowed: readonly string[] = hasHead(bindings, url) ? [...verbs, 'HEAD'] : [...verbs];
    const others = methodsTold.filter((method) => !allowed.includes(method));
    const allow = allowed.toSorted().join(', ');
    // Before the body, which nobody is going to look at.
    const onRequest = (_: FastifyRequest, reply: FastifyReply): void => answerMethod(reply, allow);
    scope.route({ method: others, url, onRequest, handler: neverReached });
  }
}

/** Where GET streams it has none, also where the path is one of another call's, too. */
function hasHead(bindings: readonly RestBinding[], url: string): boolean {
  const gets = bindings.filter(({ verb, template }) => verb === 'GET' && covers(template.route, url));
  const [answering] = gets.filter(({ template }) => template.route === url).concat(gets);
  return answering !== undefined && isUnary(answering.method);
}

/** A user's id may be the word that is a part of another path: GET /users/{id} also answers at /users/new. */
function covers(route: string, url: string): boolean {
  const [wanted, found] = [route.split('/'), url.split('/')];
  return (
    wanted.length === found.length &&
    wanted.every((part, index) => part === found[index] || (part.startsWith(':') && !part.includes('::')))
  );
}

/** Below the first part of our paths, what is not there is told as these calls tell things. */
function addNothingElse(scope: FastifyInstance, bindings: readonly RestBinding[]): void {
  const firsts = new Set(bindings.map(({ template }) => template.path.split('/')[1] ?? ''));
  for (const first of firsts) {
    const onRequest = (_: FastifyRequest, reply: FastifyReply): void => answerNothing(reply);
    scope.route({ method: [...methodsTold], url: `/${first}/*`, onRequest, handler: neverReached });
  }
}

function neverReached(): never {
  throw new Error('the hook before this has answered');
}
