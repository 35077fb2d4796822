// One command, from its words to its exit code.

import type { Command } from '#cli/command.js';
import { CommandFailure } from '#cli/command-failure.js';
import { commands } from '#cli/commands.js';
import { type ExitCode, exitCodes } from '#cli/exit-codes.js';
import { helpOf, helpOfAll } from '#cli/help.js';
import { Output, plain, type Stream } from '#cli/output.js';
import { understand } from '#cli/understand.js';
import { EventLogError } from '#event-log/errors.js';
import type { Environment } from '#server/config.js';
import { StartRefusal } from '#server/start-refusal.js';
import { version } from '#server/version.js';

export interface Surroundings {
  readonly environment: Environment;
  readonly standardOutput: Stream;
  readonly standardError: Stream;
}

export async function run(words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const output = new Output({ ...surroundings, isJson: words.includes('--json') });
  try {
    return await runUnderstood(words, surroundings, output);
  } catch (error) {
    return tell(output, error);
  }
}

async function runUnderstood(
  words: readonly string[],
  { environment }: Surroundings,
  output: Output,
): Promise<ExitCode> {
  const understood = understand(words, commands);
  switch (understood.kind) {
    case 'version':
      await output.line(`countersign ${version}`);
      return exitCodes.done;
    case 'help':
      await output.line(helpText(understood.command, understood.group, output));
      return exitCodes.done;
    case 'run':
      return await understood.command.run({ given: understood.given, output, environment });
  }
}

function helpText(command: Command | null, group: string, output: Output): string {
  const bold = (text: string): string => output.paint(text, 'bold');
  return command === null ? helpOfAll(commands, group, bold) : helpOf(command, bold);
}

function tell(output: Output, error: unknown): ExitCode {
  const failure = failureOf(error);
  if (failure === null) throw error;
  const { message, advice, code, exitCode } = failure;
  if (output.isJson) output.failure(JSON.stringify({ error: { code, message, advice } }));
  else {
    output.failure(`${output.paintError('countersign:', 'red')} ${plain(message)}`);
    if (advice !== null) output.failure(`  ${plain(advice)}`);
  }
  return exitCode;
}

/** Null for what is a bug. */
function failureOf(error: unknown): CommandFailure | null {
  if (error instanceof CommandFailure) return error;
  const { name, message, code } = error as { name?: unknown; message: string; code?: unknown };
  if (error instanceof StartRefusal) return new CommandFailure({ kind: 'notNow', message }, { cause: error });
  if (error instanceof EventLogError && error.code === 'corrupt') return damagedLog(message, error);
  if (name === 'ModelStoreError' && code === 'damaged') return damagedRows(message, error);
  if (name === 'ReplayRefused') return new CommandFailure({ kind: 'refused', message }, { cause: error });
  if (ofTheOutside.includes(String(name)))
    return new CommandFailure({ kind: 'failed', message, code: String(code ?? name) }, { cause: error });
  if (isOfSystem(code)) return new CommandFailure({ kind: 'failed', message, code }, { cause: error });
  return null;
}

const ofTheOutside: readonly string[] = [
  'EventLogError',
  'KeyStoreError',
  'ModelStoreError',
  'ProjectingAway',
];

function damagedLog(message: string, cause: unknown): CommandFailure {
  const advice = 'countersign events verify names the first bad position; then restore a backup';
  return new CommandFailure({ kind: 'notInOrder', message, advice, code: 'corrupt' }, { cause });
}

function damagedRows(message: string, cause: unknown): CommandFailure {
  const advice = 'the next start moves them aside, and builds them anew';
  return new CommandFailure({ kind: 'notInOrder', message, advice, code: 'damaged-rows' }, { cause });
}

/** Such as ENOSPC or SQLITE_IOERR. A bug has a code that begins with ERR_. */
function isOfSystem(code: unknown): code is string {
  return typeof code === 'string' && /^(E(?!RR_)[A-Z0-9]+|SQLITE_[A-Z_]+)$/.test(code);
}
