// What a dialect says of itself: plain JSON at paths of its own, over calls of the contract. Its routes are a table; the
// machine around it reads, asks and answers, so that a dialect holds nothing but its own words.

import type { DescMethodUnary, JsonObject, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { FastifyRequest } from 'fastify';

import type { AnswerHeaders, ReadFor } from '#transport/call.js';
import type { Schema } from '#transport/openapi/model.js';
import type { Fields, InputOf } from '#transport/plain/fields.js';
import type { No, Reason } from '#transport/plain/no.js';

export interface Dialect {
  readonly name: string;
  /** Below these, whatever is not there is refused in the words of this dialect. */
  readonly mounts: readonly string[];
  readonly routes: readonly Route[];
  /** As `authorization` has it; null where none came along. */
  readonly credentialOf: (request: FastifyRequest) => string | null;
  /** Whether a browser was made to send it by a page of others: asked before anything else, of its headers alone. */
  readonly foreign?: (request: FastifyRequest) => No | null;
  /** Whether who calls may go on, before anything is looked up. */
  readonly admits?: (request: FastifyRequest, caller: ReadFor) => No | null;
  readonly refusalOf: (no: No, around: Around) => Refusal;
  /** Where successes have room for notices, which is told of each of them. */
  readonly noticed?: (body: JsonObject, notices: readonly string[]) => JsonObject;
  readonly described: Described;
}

/** What a refusal may tell besides itself. */
export interface Around {
  readonly requestId: string;
  readonly notices: readonly string[];
}

export interface Refusal {
  readonly status: number;
  readonly body: JsonObject;
}

export interface Described {
  readonly title: string;
  readonly description: string;
  /** Of OpenAPI: how its credential is brought. */
  readonly security: Schema;
  /** Headers that every call of it takes. */
  readonly headers: readonly {
    readonly name: string;
    readonly description: string;
    readonly schema: Schema;
  }[];
  /** Of the envelope. */
  readonly refusal: Schema;
}

export type Verb = 'GET' | 'POST' | 'DELETE';

export interface Route<Of extends Fields = Fields> {
  readonly verb: Verb;
  /** As OpenAPI writes it, with `{id}` for what is bound. */
  readonly path: string;
  readonly summary: string;
  /** Of the body, which may be absent where none is required. */
  readonly fields: Of;
  /** Of these fields exactly one is asked for. */
  readonly oneOf?: readonly (keyof Of & string)[];
  /** Whether it needs no credential: what its body shows is what it is answered by. */
  readonly enters?: true;
  /** Null: 204, without a body. */
  readonly answer: Schema | null;
  /** What the answer may tell in headers of its own, by their names. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
  /** Whether the answer may be the picture alone, for whoever asks for `image/svg+xml`. */
  readonly picture?: true;
  /** What it may be refused for, besides what every call may. */
  readonly refusals: readonly Reason[];
  /** A method, so that routes of any fields stand in one table. */
  run(call: PlainCall<Of>): Promise<Told | No>;
}

/** Keeps the names of the fields, which a table of routes forgets. */
export const route = <Of extends Fields>(given: Route<Of>): Route => given as unknown as Route;

export interface Given<Of extends Fields> {
  /** Empty for a stranger. */
  readonly userId: string;
  /** That calls; null where none does. */
  readonly sessionId: string | null;
  readonly input: InputOf<Of>;
  /** What is bound in the path. */
  readonly params: Readonly<Record<string, string>>;
}

export interface PlainCall<Of extends Fields> {
  readonly request: FastifyRequest;
  /** Whoever prefers a picture to what describes it. */
  readonly wantsSvg: boolean;
  /** Where a field decides which call is asked; whether it fits is said when the call reads it. */
  brings(field: keyof Of & string): boolean;
  /**
   * By the pipeline, as every stack asks; the request is made once it is known who calls: with the credential that came along,
   * or with another one, that an earlier call was answered.
   */
  ask<Method extends DescMethodUnary>(
    method: Method,
    requestOf: (given: Given<Of>) => MessageInitShape<Method['input']> | No,
    authorization?: string,
  ): Promise<Done<MessageShape<Method['output']>> | No>;
}

export interface Done<Message> {
  readonly kind: 'done';
  readonly message: Message;
}

export type Told =
  | { readonly kind: 'json'; readonly body: JsonObject; readonly headers?: AnswerHeaders }
  | { readonly kind: 'svg'; readonly svg: string; readonly headers?: AnswerHeaders }
  | { readonly kind: 'nothing'; readonly headers?: AnswerHeaders };

export const json = (body: JsonObject, headers: AnswerHeaders = {}): Told => ({
  kind: 'json',
  body,
  headers,
});
export const nothing: Told = { kind: 'nothing' };

/** Where a route is one call of the contract. */
export const asking =
  <Of extends Fields, Method extends DescMethodUnary>(
    method: Method,
    requestOf: (given: Given<Of>, call: PlainCall<Of>) => MessageInitShape<Method['input']> | No,
    tell: (message: MessageShape<Method['output']>, call: PlainCall<Of>) => Told | No,
  ): Route<Of>['run'] =>
  async (call) => {
    const done = await call.ask(method, (given) => requestOf(given, call));
    return done.kind === 'no' ? done : tell(done.message, call);
  };
