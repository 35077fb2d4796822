import type { LoggerService } from '@nestjs/common';

import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';

/** Nest's own lines, in our format. What it says while it starts is for those who look for it. */
export class NestLog implements LoggerService {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  log(message: unknown, ...context: unknown[]): void {
    this.#log.debug(this.#fields(context), this.#text(message));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.#log.warn(this.#fields(context), this.#text(message));
  }

  error(message: unknown, ...context: unknown[]): void {
    const error = message instanceof Error ? { error: describeError(message) } : {};
    this.#log.error({ ...this.#fields(context), ...error }, this.#text(message));
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.error(message, ...context);
  }

  /** Nest hands the name of its part last; a stack may come before it and is left out. */
  #fields(context: readonly unknown[]): { readonly part?: string } {
    const part = context.at(-1);
    return typeof part === 'string' && /^\w{1,64}$/.test(part) ? { part } : {};
  }

  #text(message: unknown): string {
    return typeof message === 'string' ? message : 'the framework reports an error';
  }
}
