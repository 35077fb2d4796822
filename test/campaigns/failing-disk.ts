// `npm run campaign:failing-disk -- --calls fsync,fdatasync`: each system call by
// which the log reaches its disk fails once, the first, the second and so on, up to one that never comes.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import { faultsAfter, runClient, told } from '#test/faults/one-client.js';
import { type FailingCall, failing, lackingForFailingCalls } from '#test/faults/system-calls.js';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: 'fsync,fdatasync,ftruncate,pwrite64' },
    error: { type: 'string', default: 'EIO' },
    first: { type: 'string', default: '1' },
    last: { type: 'string', default: '1000' },
  },
});

interface Row extends Record<string, number> {
  failed: number;
  notOpened: number;
  refused: number;
  acknowledged: number;
  faults: number;
}

const lacking = lackingForFailingCalls();
if (lacking !== undefined) throw new Error(lacking);
const evidence: string[] = [];
const rows: Record<string, Row> = {};
for (const call of values.calls.split(',') as FailingCall['call'][]) {
  const row = { failed: 0, notOpened: 0, refused: 0, acknowledged: 0, faults: 0 };
  rows[call] = row;
  let when = Number(values.first);
  while (when <= Number(values.last) && (await failOnce(call, when, row))) when += 1;
}
printTable(rows);
print(JSON.stringify({ campaign: 'failing-disk', commit: commitOf(), ...values, rows, evidence }));
process.exitCode = evidence.length === 0 ? 0 : 1;

/** False when the call was never made so often. */
async function failOnce(call: FailingCall['call'], when: number, row: Row): Promise<boolean> {
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-failing-disk-'));
  const trace = join(scratch, 'trace');
  const order = { directory: join(scratch, 'log'), appends: 12, bytes: 10, patienceMs: 10_000 };
  const failure: FailingCall = { call, error: values.error as FailingCall['error'], when: String(when) };
  try {
    const run = await runClient(order, failing(failure, trace));
    if (!readFileSync(trace, 'utf8').includes('(INJECTED)')) return false;
    const opened = told(run, 'opened').length > 0;
    const faults = await faultsAfter(run, order.directory).catch((error) => [String(error)]);
    if (opened && run.end !== 'exit 0') faults.push(`it ended with ${run.end}: ${run.errors}`);
    row.failed += 1;
    row.notOpened += opened ? 0 : 1;
    row.refused += told(run, 'refused').length;
    row.acknowledged += told(run, 'acknowledged').length;
    row.faults += faults.length;
    evidence.push(...faults.map((fault) => `${call} ${when}: ${fault}`.slice(0, 400)));
    return true;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
