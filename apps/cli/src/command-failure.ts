// Why a command ends without having done what was asked: what is so, and what to do about it. Not a bug of ours.

import { type ExitCode, exitCodes } from '#cli/exit-codes.js';

export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: ExitCode;
  /** What to do, as a sentence; null where nothing can be said. */
  readonly advice: string | null;
  /** What a script may tell it by, beside the exit code. */
  readonly code: string;

  constructor({ kind, message, advice = null, code = kind }: Failure, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCodes[kind];
    this.advice = advice;
    this.code = code;
  }
}

interface Failure {
  readonly kind: Exclude<keyof typeof exitCodes, 'done' | 'bug'>;
  readonly message: string;
  readonly advice?: string | null;
  readonly code?: string;
}

export const usageFailure = (message: string, advice: string): CommandFailure =>
  new CommandFailure({ kind: 'usage', message, advice });

export const notNow = (message: string, advice: string, cause?: unknown): CommandFailure =>
  new CommandFailure({ kind: 'notNow', message, advice }, { cause });
