// `npm run events -- verify`: proves the embedded log of a data directory. Exit 0: whole, 1: damaged,
// 2: there is nothing to prove, or the command was not understood.

import { parseArgs } from 'node:util';

import { adoptHead, verifyLog } from '#event-log-sqlite/verify.js';

const usage = `usage: npm run events -- verify [--data-dir ./data] [--adopt-head]

Walks the embedded event log and names the first position that is not what was written.
It only reads, and may run beside the service.

  --adopt-head   with the service stopped: where the log is whole but its head mark is missing
                 (events.db was put back alone), write a new mark. What was lost before cannot be told.`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'data-dir': { type: 'string', default: process.env.COUNTERSIGN_DATA_DIR ?? './data' },
      'adopt-head': { type: 'boolean', default: false },
    },
  });
  if (positionals.length !== 1 || positionals[0] !== 'verify') {
    console.error(usage);
    return 2;
  }
  return verify(values['data-dir'], values['adopt-head']);
}

function verify(directory: string, adopt: boolean): number {
  const started = performance.now();
  const verdict = verifyLog({ directory, onProgress: showProgress });
  if (verdict.status === 'damaged') {
    console.log(`damaged at position ${verdict.position}: ${verdict.reason}`);
    return 1;
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(
    `whole: ${verdict.events} events up to position ${verdict.head}, identity ${verdict.identity}, in ${seconds} s`,
  );
  if (verdict.headMark === 'agrees') return 0;
  if (!adopt) {
    console.log('the head mark is missing: --adopt-head writes a new one');
    return 1;
  }
  adoptHead(directory);
  console.log('a new head mark was written');
  return 0;
}

function showProgress(done: number, total: number): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${Math.floor((100 * done) / total)} % of ${total} events\r`);
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
