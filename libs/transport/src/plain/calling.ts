// One request of a dialect, as its route sees it: each call of the contract goes through the pipeline, and is read once it
// is known who asks.

import {
  create,
  type DescMethodUnary,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { FastifyRequest } from 'fastify';

import {
  type Incoming,
  type Invoke,
  incomingWith,
  type Oneself,
  type Read,
  type ReadFor,
  statusCodes,
} from '#transport/call.js';
import { type Aside, noAside } from '#transport/plain/answers.js';
import type { Dialect, Done, Given, PlainCall, Route } from '#transport/plain/dialect.js';
import { type Fields, type ReadFields, readFields } from '#transport/plain/fields.js';
import { type No, no, noOf } from '#transport/plain/no.js';
import { type JsonBody, parseJsonBody } from '#transport/rest/json-body.js';

export interface CallingOptions {
  readonly dialect: Dialect;
  readonly route: Route;
  readonly invoke: Invoke;
  readonly request: FastifyRequest;
  readonly incoming: Incoming;
  readonly bytes: Buffer | undefined;
}

const machine = no('machine', 'Machines have no second factors');
const gone = no('unauthenticated', 'Nobody is there any more whom this credential stands for');
const unfit = (fields: Extract<ReadFields, { readonly kind: 'unfit' }>['fields']): No =>
  no('malformed', 'The request does not fit', fields);

export class Calling implements PlainCall<Fields> {
  readonly request: FastifyRequest;
  readonly #options: CallingOptions;
  #aside = noAside;

  constructor(options: CallingOptions) {
    this.request = options.request;
    this.#options = options;
  }

  get wantsSvg(): boolean {
    return /\bimage\/svg\+xml\b/i.test(this.request.headers.accept ?? '');
  }

  brings(field: string): boolean {
    const body = this.#body();
    if (body.kind === 'refused') return false;
    const { value } = body;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return Object.hasOwn(value, field) && value[field] !== null;
  }

  /** Of the calls so far: of what several tell, the last. */
  get aside(): Aside {
    return this.#aside;
  }

  async ask<Method extends DescMethodUnary>(
    method: Method,
    requestOf: (given: Given<Fields>) => MessageInitShape<Method['input']> | No,
    authorization?: string,
  ): Promise<Done<MessageShape<Method['output']>> | No> {
    const { invoke, route } = this.#options;
    const incoming = withCredential(this.#options.incoming, authorization);
    const enters = route.enters === true && authorization === undefined;
    let refused: No | null = null;
    const read = async (caller: ReadFor): Promise<Read> => {
      const given = await this.#givenBy(caller, enters);
      const wanted = 'kind' in given ? given : requestOf(given);
      if (isNo(wanted)) {
        refused = wanted;
        return unread(wanted);
      }
      return { kind: 'message', message: create(method.input, wanted) };
    };
    const answered = await invoke(method, read, enters ? incomingWith(incoming, { enters }) : incoming);
    const { headers, notices = [] } = answered;
    this.#aside = { headers: { ...this.#aside.headers, ...headers }, notices };
    if (answered.kind === 'refused') return refused ?? noOf(answered);
    return { kind: 'done', message: answered.message as MessageShape<Method['output']> };
  }

  async #givenBy(caller: ReadFor, enters: boolean): Promise<Given<Fields> | No> {
    const { dialect, route, request } = this.#options;
    const turnedAway = dialect.admits?.(request, caller) ?? null;
    if (turnedAway !== null) return turnedAway;
    const self = enters ? nobody : await caller.self();
    if (self === null) return gone;
    if (self.kind === 'machine') return machine;
    const body = this.#body();
    if (body.kind === 'refused') return no('malformed', body.reason);
    const fields = readFields(route, body.value);
    if (fields.kind === 'unfit') return unfit(fields.fields);
    const params = request.params as Readonly<Record<string, string>>;
    const { userId, sessionId } = self;
    return { userId, sessionId, input: fields.input as Given<Fields>['input'], params };
  }

  #body(): JsonBody {
    const { bytes } = this.#options;
    return bytes === undefined ? emptyBody : parseJsonBody(bytes);
  }
}

const nobody: Oneself = { userId: '', kind: 'human', sessionId: null };

const isNo = (wanted: object): wanted is No => 'kind' in wanted && wanted.kind === 'no';

const withCredential = (incoming: Incoming, authorization: string | undefined): Incoming =>
  authorization === undefined ? incoming : incomingWith(incoming, { authorization });

const emptyBody: JsonBody = { kind: 'json', value: {} as JsonValue };

/** For whoever counts how calls end; what is told is told by the dialect. */
function unread({ reason, message }: No): Read {
  const isForbidden = reason === 'machine' || reason === 'organization-other';
  const code = isForbidden ? statusCodes.permissionDenied : statusCodes.invalidArgument;
  return { kind: 'refused', status: { code, message, details: [] } };
}
