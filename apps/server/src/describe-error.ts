// What of an error goes into the log. The text of an error that is not ours may quote what a caller
// sent (a JSON parser quotes the body, a URL parser the query), so only its kind, its code and its place
// are told.

import { EventLogError } from '#event-log/errors.js';
import { StartRefusal } from '#server/start-refusal.js';

export interface ErrorDescription {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
  readonly at: readonly string[];
  readonly cause?: ErrorDescription;
}

/** A longer chain says nothing new, and a circular one would never end. */
const causesMax = 5;
const framesMax = 20;

export function describeError(error: unknown, causesLeft = causesMax): ErrorDescription {
  if (!(error instanceof Error)) return { name: `a thrown ${typeof error}`, at: [] };
  const code = 'code' in error ? plain(error.code) : undefined;
  const isOurs = error instanceof EventLogError || error instanceof StartRefusal;
  return {
    name: plain(error.name) ?? 'Error',
    ...(code !== undefined && { code }),
    ...(isOurs && { message: error.message }),
    at: framesOf(error),
    ...(error.cause !== undefined && causesLeft > 0 && { cause: describeError(error.cause, causesLeft - 1) }),
  };
}

/** Names and codes are words of programs; anything else in their place is not told. */
function plain(text: unknown): string | undefined {
  return typeof text === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(text) ? text : undefined;
}

/** The stack begins with the message, which may itself hold lines that look like frames. */
function framesOf(error: Error): string[] {
  const stack = (error.stack ?? '').replace(error.message, '');
  return stack
    .split('\n')
    .filter((line) => /^ {4}at \S.{0,300}:\d+:\d+\)?$/.test(line))
    .slice(0, framesMax)
    .map((line) => line.slice('    at '.length));
}
