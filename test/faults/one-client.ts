// The test's side of a client on a failing disk: what it was told, held against what the log holds after.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { logStart } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { verifyLog } from '#event-log-sqlite/verify.js';

export interface ClientOrder {
  readonly directory: string;
  readonly appends: number;
  /** Of the text in each event. */
  readonly bytes: number;
  /** How long it sends one append again. */
  readonly patienceMs: number;
  /** One read after the other until the append is answered, instead of one after it. */
  readonly readsWhileAppending?: boolean;
  /** A service that only appends has no other connection open. */
  readonly neverReads?: boolean;
}

export type ClientReport =
  | { readonly kind: 'opened' }
  | { readonly kind: 'trouble'; readonly text: string }
  | {
      readonly kind: 'acknowledged';
      readonly ids: readonly string[];
      readonly revision: number;
      readonly position: string;
      readonly milliseconds: number;
    }
  | { readonly kind: 'refused'; readonly count: number; readonly code: string }
  | { readonly kind: 'read'; readonly answer: string; readonly milliseconds: number }
  | { readonly kind: 'closed' };

export interface ClientRun {
  readonly reports: readonly ClientReport[];
  readonly end: string;
  readonly errors: string;
}

const root = join(import.meta.dirname, '..', '..');

/** `command` is what the client is run by, such as a tracer; the client's own command follows it. */
export async function runClient(
  order: ClientOrder,
  command: readonly string[] = [],
  sources = root,
): Promise<ClientRun> {
  const client = [
    process.execPath,
    '--conditions=development',
    '--no-warnings',
    join(sources, 'test/faults/one-client-process.ts'),
    JSON.stringify(order),
  ];
  const [program = '', ...args] = [...command, ...client];
  const child = spawn(program, args, { cwd: sources, env: { PATH: process.env.PATH } });
  const [output, errors] = [collect(child.stdout), collect(child.stderr)];
  const end = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  const lines = output.text.split('\n').filter((line) => line !== '');
  return { reports: lines.map((line) => JSON.parse(line) as ClientReport), end, errors: errors.text };
}

function collect(stream: NodeJS.ReadableStream): { text: string } {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (text: string) => {
    collected.text += text;
  });
  return collected;
}

export function told<Kind extends ClientReport['kind']>(
  { reports }: ClientRun,
  kind: Kind,
): Extract<ClientReport, { kind: Kind }>[] {
  return reports.filter((report): report is Extract<ClientReport, { kind: Kind }> => report.kind === kind);
}

/** What must not be: acknowledged and lost or moved, or there twice. Empty when all is well. */
export async function faultsAfter(run: ClientRun, directory: string): Promise<string[]> {
  const log = await SqliteEventLog.open({ directory });
  const events = await log.readAll({ direction: 'forward', after: logStart, limit: eventsPerReadMax });
  await log.close();
  const faults: string[] = [];
  if (new Set(events.map((event) => event.id)).size !== events.length) faults.push('an event is there twice');
  for (const { ids, revision } of told(run, 'acknowledged')) {
    const stored = events.slice(revision - ids.length + 1, revision + 1).map((event) => event.id);
    if (stored.join() !== ids.join())
      faults.push(`acknowledged at ${revision}, and not there: ${ids.join()}`);
  }
  const verdict = verifyLog({ directory });
  if (verdict.status !== 'whole') faults.push(`damaged: ${JSON.stringify(verdict)}`);
  return faults;
}
