// The proof of a log with its progress, as several commands need it.

import { CommandFailure } from '#cli/command-failure.js';
import type { Output } from '#cli/output.js';
import { type Verdict, verifyLog } from '#event-log-sqlite/verify.js';

export function verifyWithBar(output: Output, directory: string): Verdict {
  const bar = output.progress('verify');
  try {
    return verifyLog({ directory, onProgress: (done, total) => bar.show(done, total) });
  } finally {
    bar.end();
  }
}

/** Throws `CommandFailure` where the log is not whole. */
export function assertWhole(output: Output, directory: string, advice: string): void {
  const verdict = verifyWithBar(output, directory);
  if (verdict.status === 'whole' && verdict.headMark === 'agrees') return;
  const problem =
    verdict.status === 'damaged'
      ? `damaged at position ${verdict.position}: ${verdict.reason}`
      : 'without its head mark';
  throw new CommandFailure({
    kind: 'notInOrder',
    message: `the log in ${directory} is ${problem}`,
    advice,
    code: 'corrupt',
  });
}
