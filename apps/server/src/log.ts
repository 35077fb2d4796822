// One JSON object a line on standard output, pretty on a terminal. Lines carry named fields that we
// chose, never an object of somebody else: a request, a header or a setting cannot slip in.

import { type Logger, pino } from 'pino';

import { LogOutput } from '#server/log-output.js';
import { currentRequestId } from '#server/request-id.js';
import type { Scrub } from '#server/secrets-in-settings.js';
import type { LogLevel } from '#server/setting-values.js';

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

export interface OpenLog {
  readonly log: Log;
  flush(): Promise<void>;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly scrub: Scrub;
  readonly isTerminal: boolean;
}

/** At the end: a reader that takes longer than this is not waited for. */
const flushMs = 500;
const standardOutput = 1;

export async function openLog({ level, scrub, isTerminal }: LogOptions): Promise<OpenLog> {
  const output = new LogOutput(standardOutput);
  const layout = isTerminal ? await prettyLayout() : (line: string) => line;
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ requestId: currentRequestId(), ...droppedLines(output) }),
    },
    { write: (line: string) => output.write(layout(scrub(line))) },
  );
  return { log, flush: () => output.flush(flushMs) };
}

function droppedLines(output: LogOutput): { linesDroppedBefore?: number } {
  const dropped = output.takeDropped();
  return dropped === 0 ? {} : { linesDroppedBefore: dropped };
}

/** Loaded only where somebody looks at it. */
async function prettyLayout(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty');
  return prettyFactory({ colorize: true, messageKey: 'message', translateTime: 'SYS:HH:MM:ss.l' });
}
