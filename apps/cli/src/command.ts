// What a command is: data, from which parsing, help, completion and docs/operations/command-line.md are made,
// and the function that does it.

import type { ExitCode } from '#cli/exit-codes.js';
import type { Output } from '#cli/output.js';
import type { Environment } from '#server/config.js';

/** How a command reaches what it works on, and whether a service may run meanwhile. */
export const ways = {
  alone: 'It needs neither a service nor a data directory.',
  reads:
    'It reads the data directory, also while a service runs on it; with --url, or where the log is elsewhere, it calls the API of the service.',
  looks: 'Where a service runs it calls its API; where none does, it reads the data directory.',
  beside: 'It reads the data directory, also while a service runs on it.',
  offline: 'It opens the data directory under its lock: no service may run on it.',
  either:
    'Where a service runs it calls its API; where none does, it opens the data directory under its lock.',
} as const;
export type Way = keyof typeof ways;

export interface Option {
  readonly meaning: string;
  /** What stands for the value in the help; left out for a flag. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** It may be given several times. */
  readonly repeats?: boolean;
  readonly completes?: 'file' | 'directory';
}

export interface Argument {
  readonly name: string;
  readonly meaning: string;
  readonly optional?: boolean;
  readonly choices?: readonly string[];
  readonly completes?: 'file' | 'directory';
}

export interface Example {
  /** Without the name of the program. */
  readonly line: string;
  readonly meaning: string;
}

export interface Command {
  /** Its words, such as `events list`. */
  readonly name: string;
  readonly summary: string;
  /** More sentences, for its help. */
  readonly details?: string;
  readonly way: Way;
  readonly arguments: readonly Argument[];
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly [Example, ...Example[]];
  readonly run: (call: Call) => ExitCode | Promise<ExitCode>;
}

/** A command as somebody asked for it. */
export interface Call {
  readonly given: Given;
  readonly output: Output;
  readonly environment: Environment;
}

export class Given {
  readonly #arguments: readonly string[];
  readonly #values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

  constructor(
    words: readonly string[],
    values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>,
  ) {
    this.#arguments = words;
    this.#values = values;
  }

  /** The one at that place. Those that are not optional are there, or the call was refused. */
  argument(place: number): string {
    return this.#arguments[place] ?? '';
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | null {
    const value = this.#values[name];
    return typeof value === 'string' ? value : null;
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }
}
