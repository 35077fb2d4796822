import type { Call, Command } from '#cli/command.js';
import { CommandFailure, notNow } from '#cli/command-failure.js';
import { type ExitCode, exitCodes } from '#cli/exit-codes.js';
import { verifyWithBar } from '#cli/proving.js';
import { embeddedDirectoryOf } from '#cli/settings-of.js';
import { EventLogError } from '#event-log/errors.js';
import { adoptHead, type Verdict } from '#event-log-sqlite/verify.js';

export const eventsVerify: Command = {
  name: 'events verify',
  summary: 'Prove the log from its first event to its head mark, and name the first position that fails.',
  details:
    'It proves the hash chain, every row by its own link, the index, the ends of streams and the head mark. Exit code 1 where something fails.',
  way: 'beside',
  arguments: [],
  options: {
    'adopt-head': {
      meaning:
        'With the service stopped: where the log is whole and its head mark is missing, since events.db was put back alone, write a new mark. What was lost before cannot be told.',
    },
  },
  examples: [
    { line: 'events verify', meaning: 'Also while the service runs' },
    { line: 'events verify --data-dir /backup/2026-11-21', meaning: 'A backup' },
  ],
  run: async (call) => {
    const directory = embeddedDirectoryOf(call);
    const started = performance.now();
    const verdict = verified(call, directory);
    const seconds = Number(((performance.now() - started) / 1_000).toFixed(1));
    const isAdopted = adopted(call, directory, verdict);
    await call.output.answer({ ...verdict, seconds, adopted: isAdopted }, () =>
      told(verdict, seconds, isAdopted),
    );
    return exitCodeOf(verdict, isAdopted);
  },
};

function verified({ output }: Call, directory: string): Verdict {
  try {
    return verifyWithBar(output, directory);
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    throw new CommandFailure(
      {
        kind: 'notNow',
        message: error.message,
        advice: 'name the data directory by --data-dir',
        code: 'no-log',
      },
      { cause: error },
    );
  }
}

function adopted({ given }: Call, directory: string, verdict: Verdict): boolean {
  if (!given.flag('adopt-head') || verdict.status === 'damaged' || verdict.headMark === 'agrees')
    return false;
  try {
    adoptHead(directory);
    return true;
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    throw notNow(error.message, 'stop the service first', error);
  }
}

function told(verdict: Verdict, seconds: number, isAdopted: boolean): string {
  if (verdict.status === 'damaged') return `damaged at position ${verdict.position}: ${verdict.reason}`;
  const { events, head, identity, headMark } = verdict;
  const whole = `whole: ${events} events up to position ${head}, identity ${identity}, in ${seconds.toFixed(1)} s`;
  if (headMark === 'agrees') return whole;
  return `${whole}\n${isAdopted ? 'a new head mark was written' : 'the head mark is missing: --adopt-head writes a new one'}`;
}

function exitCodeOf(verdict: Verdict, isAdopted: boolean): ExitCode {
  if (verdict.status === 'damaged') return exitCodes.notInOrder;
  return verdict.headMark === 'agrees' || isAdopted ? exitCodes.done : exitCodes.notInOrder;
}
