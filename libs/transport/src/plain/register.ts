// The routes of a dialect on the one port, beside those of REST, whose reading of bodies they share.

import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';

import type { Served } from '#transport/call.js';
import { failStream } from '#transport/http-stream.js';
import {
  answerNo,
  answerTold,
  failureOf,
  noAside,
  noSuchMethod,
  noSuchPath,
} from '#transport/plain/answers.js';
import { Calling } from '#transport/plain/calling.js';
import type { Dialect, Route } from '#transport/plain/dialect.js';
import { no } from '#transport/plain/no.js';
import { type Body, readBodiesAsJson } from '#transport/rest/body.js';
import { incomingOf } from '#transport/rest/incoming.js';
import { methodsTold, type RestOptions, restBodyBytesMax, restDeadlineMs } from '#transport/rest/routes.js';

export function registerDialect(
  server: FastifyInstance,
  dialect: Dialect,
  { served, options }: { readonly served: Pick<Served, 'invoke'>; readonly options: RestOptions },
): void {
  const serving: Serving = { dialect, served, options };
  void server.register((scope, _, done) => {
    // Thrown out of here, it would end the process from outside of the start.
    try {
      addRoutes(scope, serving);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

interface Serving {
  readonly dialect: Dialect;
  readonly served: Pick<Served, 'invoke'>;
  readonly options: RestOptions;
}

function addRoutes(scope: FastifyInstance, serving: Serving): void {
  const { dialect } = serving;
  readBodiesAsJson(scope);
  scope.setErrorHandler((error, request, reply) => fail(serving, { error, request, reply }));
  for (const route of dialect.routes) addRoute(scope, route, serving);
  for (const path of new Set(dialect.routes.map((route) => route.path)))
    addOtherMethods(scope, path, dialect);
  for (const mount of dialect.mounts) addNothingElse(scope, mount, dialect);
}

function addRoute(scope: FastifyInstance, route: Route, serving: Serving): void {
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    answer(route, serving, { request, reply }).catch((error: unknown) =>
      failStream(reply, () => fail(serving, { error, request, reply })),
    );
  };
  const onRequest = turningAway(serving.dialect);
  scope.route({
    method: route.verb,
    url: urlOf(route.path),
    bodyLimit: restBodyBytesMax,
    onRequest,
    handler,
  });
}

/** Before the body: of which type, and how long it is, says nothing to a page of others. */
function turningAway(dialect: Dialect): onRequestHookHandler[] {
  const { foreign } = dialect;
  if (foreign === undefined) return [];
  return [
    (request, reply, done) => {
      const refused = foreign(request);
      if (refused === null) done();
      else answerNo({ dialect, reply }, refused, noAside);
    },
  ];
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function answer(route: Route, serving: Serving, { request, reply }: Exchange): Promise<void> {
  const { dialect, served, options } = serving;
  const { addressOf, deadlineMs = restDeadlineMs } = options;
  const body = request.body as Body | undefined;
  if (body?.kind === 'unsupported') {
    answerNo({ dialect, reply }, no('unsupported-type', body.reason), noAside);
    return;
  }
  const { credentialOf } = dialect;
  const incoming = incomingOf(request, reply, { addressOf, deadlineMs, credentialOf });
  const { invoke } = served;
  const calling = new Calling({ dialect, route, invoke, request, incoming, bytes: body?.bytes });
  const told = await route.run(calling);
  if (told.kind === 'no') answerNo({ dialect, reply }, told, calling.aside);
  else answerTold({ dialect, reply }, told, calling.aside);
}

interface Failure extends Exchange {
  readonly error: unknown;
}

function fail({ dialect, options }: Serving, { error, request, reply }: Failure): void {
  const failure = failureOf(error);
  if (failure.reason === 'internal') options.onFailure(error, request);
  if (!reply.sent) answerNo({ dialect, reply }, failure, noAside);
}

function addOtherMethods(scope: FastifyInstance, path: string, dialect: Dialect): void {
  const verbs: string[] = dialect.routes.filter((route) => route.path === path).map(({ verb }) => verb);
  const allowed = verbs.includes('GET') ? [...verbs, 'HEAD'] : verbs;
  const others = methodsTold.filter((method) => !allowed.includes(method));
  const allow = allowed.toSorted().join(', ');
  // Before the body, which nobody is going to look at.
  const onRequest = (_: FastifyRequest, reply: FastifyReply): void =>
    answerNo({ dialect, reply }, noSuchMethod, { headers: { allow }, notices: [] });
  scope.route({ method: others, url: urlOf(path), onRequest, handler: neverReached });
}

function addNothingElse(scope: FastifyInstance, mount: string, dialect: Dialect): void {
  const onRequest = (_: FastifyRequest, reply: FastifyReply): void =>
    answerNo({ dialect, reply }, noSuchPath, noAside);
  for (const url of [mount, `${mount}/*`])
    scope.route({ method: [...methodsTold], url, onRequest, handler: neverReached });
}

const urlOf = (path: string): string => path.replaceAll(/\{([a-z_]+)\}/g, ':$1');

function neverReached(): never {
  throw new Error('the hook before this has answered');
}
