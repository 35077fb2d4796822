// Calls of a running service, by REST, and what they are refused with.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Call } from '#cli/command.js';
import { CommandFailure, notNow } from '#cli/command-failure.js';
import { dataDirectoryOf, tokenVariable } from '#cli/settings-of.js';

export type Json = Readonly<Record<string, unknown>>;

/** What is left out has none. */
export const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

export interface Asked {
  readonly verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The service's own deadline of a call is 10 s. */
const answerWithinMs = 15_000;

export class ServiceApi {
  readonly url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  /** Throws `CommandFailure` where no token is found. */
  static of(call: Pick<Call, 'given' | 'environment'>, url: string): ServiceApi {
    return new ServiceApi(url, tokenOf(call));
  }

  /** Throws `CommandFailure` for what is refused, and where nobody answers. */
  async ask({ verb, path, body, headers = {} }: Asked): Promise<Json> {
    const response = await this.#fetch({ verb, path, ...(body !== undefined && { body }), headers });
    const answer = (await response.json().catch(() => null)) as Json | null;
    if (response.ok && answer !== null) return answer;
    throw refusalOf(response.status, answer);
  }

  /** Of a call that answers a message a line, until it ends or nobody wants more. Throws `CommandFailure` likewise. */
  async *lines({ path, stopped }: Streamed): AsyncGenerator<Json> {
    const response = await this.#fetch({ verb: 'GET', path, stopped });
    if (!response.ok || response.body === null)
      throw refusalOf(response.status, (await response.json().catch(() => null)) as Json | null);
    try {
      for await (const line of linesIn(response.body)) yield messageIn(line);
    } catch (error) {
      if (stopped.aborted) return;
      if (error instanceof CommandFailure) throw error;
      throw this.#unreachable(error);
    }
  }

  async #fetch({ verb, path, body, headers = {}, stopped }: Sent): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, {
        method: verb,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json', ...headers },
        body: body === undefined ? null : JSON.stringify(body),
        signal: stopped ?? AbortSignal.timeout(answerWithinMs),
        redirect: 'error',
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  #unreachable(error: unknown): CommandFailure {
    const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown };
    return new CommandFailure(
      {
        kind: 'failed',
        message: `no service answers at ${this.url}${typeof code === 'string' ? ` (${code})` : ''}`,
        advice: 'name the right one by --url, or give this command the settings of the service',
        code: 'unreachable',
      },
      { cause: error },
    );
  }
}

interface Streamed {
  readonly path: string;
  readonly stopped: AbortSignal;
}

interface Sent extends Asked {
  /** In place of a time by which it must have answered. */
  readonly stopped?: AbortSignal;
}

async function* linesIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}

/** A stream that took as long as one may is asked for again, from where it was. */
export function isOverdue(error: unknown): boolean {
  return error instanceof CommandFailure && error.code === 'deadline-exceeded';
}

/** Throws `CommandFailure` for the line that says why the stream ended. */
function messageIn(line: string): Json {
  const { result, error } = JSON.parse(line) as { readonly result?: Json; readonly error?: Json };
  if (result !== undefined) return result;
  throw refusalOf(statusOf[Number(error?.code)] ?? badRequest, error ?? null);
}

function tokenOf(call: Pick<Call, 'given' | 'environment'>): string {
  const file = call.given.text('token-file');
  if (file !== null) return readToken(file);
  const given = call.environment[tokenVariable]?.trim() ?? '';
  if (given !== '') return given;
  const ofFirstStart = join(dataDirectoryOf(call), 'admin.token');
  if (existsSync(ofFirstStart)) return readToken(ofFirstStart);
  throw notNow(
    `a service runs, and there is no token to call it with`,
    `give one by --token-file or ${tokenVariable}; countersign tokens add makes one with the service stopped`,
  );
}

function readToken(path: string): string {
  if (!existsSync(path))
    throw notNow(`there is no file ${path}`, 'name the file of the token by --token-file');
  return readFileSync(path, 'utf8').trim();
}

const badRequest = 400;
const unauthenticated = 401;
const forbidden = 403;
const serverFaults = 500;
/** What the codes of gRPC come to, as far as it makes a difference here. */
const statusOf: Readonly<Record<number, number>> = {
  4: 504,
  7: forbidden,
  13: 500,
  14: 503,
  16: unauthenticated,
};

function refusalOf(status: number, answer: Json | null): CommandFailure {
  const details = listOf(answer?.details);
  const code = details.map((detail) => detail.code).find((one) => typeof one === 'string');
  const message = typeof answer?.message === 'string' ? answer.message : `it answered ${status}`;
  const advice = adviceOf(status) ?? fieldsOf(details);
  const kind = status >= serverFaults ? 'failed' : 'refused';
  return new CommandFailure({
    kind,
    message: `the service refused it: ${message}`,
    advice,
    code: String(code ?? status),
  });
}

function adviceOf(status: number): string | null {
  if (status === unauthenticated)
    return 'the token is wrong, expired or revoked: give another by --token-file';
  if (status === forbidden) return 'the user of the token has no right to it, or the token itself has not';
  return null;
}

function fieldsOf(details: readonly Json[]): string | null {
  const violations = details.flatMap(({ fieldViolations }) => listOf(fieldViolations));
  return violations.length === 0
    ? null
    : violations.map(({ field, description }) => `${field} ${description}`).join('; ');
}
