// The thread that writes the log. It answers only what is durable: committed with `synchronous=FULL` and
// then marked. After a failed write or fsync it trusts nothing that it has open, and starts over.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

import type { EncodedAppend } from '#event-log/encode-append.js';
import { EventLogError, type EventLogFailure } from '#event-log/errors.js';
import { AppendGroup } from '#event-log-sqlite/append-group.js';
import { isCorruption, pageBytes } from '#event-log-sqlite/database.js';
import type { AppendOutcome, WriterData, WriterReply, WriterRequest } from '#event-log-sqlite/messages.js';
import { packOutcomes, unpackAppends } from '#event-log-sqlite/messages.js';
import { type OpenLog, openLog } from '#event-log-sqlite/open-log.js';
import { SharedHead } from '#event-log-sqlite/shared-head.js';

interface Writing {
  readonly open: OpenLog;
  readonly group: AppendGroup;
}

/** A transaction with so many events takes no further message, so that no answer waits for an endless one. */
const eventsPerGroup = 128;
/** When nothing waits to be written, a WAL of 4 MiB is checkpointed: whoever comes meanwhile waits some 10 ms. */
const walPagesIdle = 512;
/** When something always waits, at 64 MiB: the more pages at once, the fewer of them twice. */
const walPagesBusy = 8_192;
/** Where readers kept the WAL from starting over for so long (128 MiB), the writer waits for them once. */
const walPagesPatience = 16_384;
/** About what a commit adds to the WAL: the ends of three trees, and of two of them a page for each event. */
const walPagesPerCommit = 4;
const walPagesPerEvent = 2;
/** How long it waits before it opens the log anew after a failure, doubled up to the last. */
const reopenDelaysMs = [100, 200, 400, 800, 1_600, 3_200];

const awayFailure: EventLogFailure = {
  code: 'unavailable',
  reason: 'its disk failed, it is being opened anew',
};

const port = parentPort as NonNullable<typeof parentPort>;
const { directory, head: sharedHead } = workerData as WriterData;
const committed = new SharedHead(sharedHead);

let writing: Writing | null = null;
/** About how many pages the WAL holds that are not in the file yet. */
let walPages = 0;
let idling: NodeJS.Immediate | undefined;
let failures = 0;
let reopening: NodeJS.Timeout | undefined;

function send(reply: WriterReply): void {
  port.postMessage(reply);
}

function start(): void {
  try {
    open();
    send({ kind: 'ready', ...state() });
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    send({ kind: 'refused', failure: error.failure });
    port.close();
  }
}

function open(): void {
  const log = openLog(directory);
  writing = { open: log, group: new AppendGroup(log.database, log.end) };
  committed.moveTo(log.end.position);
  walPages = 0;
}

function state(): { identity: string; head: number } {
  const { open, group } = writing as Writing;
  return { identity: open.identity, head: group.end.position };
}

interface Batch {
  readonly number: number;
  readonly appends: readonly EncodedAppend[];
}

port.on('message', (first: WriterRequest) => {
  clearImmediate(idling);
  const batches: Batch[] = [];
  let events = 0;
  let request: WriterRequest | undefined = first;
  while (request !== undefined && request.kind === 'append') {
    const appends = unpackAppends(request.appends);
    batches.push({ number: request.batch, appends });
    for (const append of appends) events += append.events.length;
    request = events < eventsPerGroup ? (receiveMessageOnPort(port)?.message as WriterRequest) : undefined;
  }
  if (batches.length > 0) answer(batches);
  if (request?.kind === 'close') close();
});

function answer(batches: readonly Batch[]): void {
  const outcomes = write(batches.flatMap((batch) => batch.appends));
  const head = writing?.group.end.position ?? 0;
  let from = 0;
  for (const { number, appends } of batches) {
    const answered = outcomes.slice(from, from + appends.length);
    send({ kind: 'appended', batch: number, outcomes: packOutcomes(answered), head });
    from += appends.length;
  }
  if (walPages >= walPagesBusy) checkpoint();
  // Whatever else has come is taken before this.
  else if (walPages >= walPagesIdle) idling = setImmediate(checkpoint);
}

function write(appends: readonly EncodedAppend[]): AppendOutcome[] {
  if (writing === null) return appends.map(() => ({ failure: awayFailure }));
  const { open, group } = writing;
  try {
    const before = group.end.position;
    const outcomes = group.commit(appends);
    const { position, link } = group.end;
    if (position > before) {
      open.mark.moveTo(position, link);
      committed.moveTo(position);
    }
    walPages += pagesOf(appends);
    return outcomes;
  } catch (error) {
    return appends.length > 1 && isDamage(error)
      ? appends.flatMap((append) => write([append]))
      : appends.map(() => giveUp(error));
  }
}

function pagesOf(appends: readonly EncodedAppend[]): number {
  let [count, characters] = [0, 0];
  for (const { events } of appends) {
    count += events.length;
    for (const { data, metadata } of events) characters += data.length + metadata.length;
  }
  return walPagesPerCommit + walPagesPerEvent * count + characters / pageBytes;
}

function isDamage(error: unknown): boolean {
  return isCorruption(error) || (error instanceof EventLogError && error.code === 'corrupt');
}

function giveUp(error: unknown): AppendOutcome {
  if (error instanceof EventLogError) return { failure: error.failure };
  if (isCorruption(error))
    return { failure: { code: 'corrupt', position: null, reason: 'its file is not well formed' } };
  const code = String((error as { code?: unknown }).code);
  if (code === 'SQLITE_FULL') return failed('unavailable', 'there is no space left for it');
  quarantine(error);
  // Where memory shared between connections could not be had, nothing had been written yet.
  return code.startsWith('SQLITE_IOERR_SHM')
    ? failed('unavailable', 'there is no space left for it')
    : failed('outcome-unknown', 'its disk failed');
}

function failed(code: 'unavailable' | 'outcome-unknown', reason: string): { failure: EventLogFailure } {
  return { failure: { code, reason } };
}

/** Nothing that was open when a write failed is used again. */
function quarantine(error: unknown): void {
  if (writing === null) return;
  send({ kind: 'trouble', text: `writing failed: ${textOf(error)}` });
  const { mark, database, keeper } = writing.open;
  writing = null;
  send({ kind: 'state', failure: awayFailure });
  for (const handle of [mark, database, keeper]) closeQuietly(() => handle.close());
  reopenLater();
}

function reopenLater(): void {
  const delay = reopenDelaysMs[Math.min(failures, reopenDelaysMs.length - 1)];
  failures += 1;
  reopening = setTimeout(() => {
    try {
      open();
      failures = 0;
      send({ kind: 'state', failure: null });
      send({ kind: 'trouble', text: 'the log was opened anew' });
    } catch (error) {
      send({ kind: 'state', failure: error instanceof EventLogError ? error.failure : awayFailure });
      send({ kind: 'trouble', text: `opening the log anew failed: ${textOf(error)}` });
      reopenLater();
    }
  }, delay);
}

function checkpoint(): void {
  if (writing === null) return;
  const { database } = writing.open;
  try {
    const [passive] = database.pragma('wal_checkpoint(PASSIVE)') as [{ log: number }];
    if (passive.log > walPagesPatience) database.pragma('wal_checkpoint(RESTART)');
    walPages = 0;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SQLITE_FULL') quarantine(error);
  }
}

function close(): void {
  clearTimeout(reopening);
  clearImmediate(idling);
  if (writing !== null) {
    const { keeper, mark, database } = writing.open;
    writing = null;
    // The keeper first: the last one to close takes the WAL into the file.
    for (const handle of [keeper, mark, database]) closeQuietly(() => handle.close());
  }
  send({ kind: 'closed' });
  port.close();
}

/** A handle that failed may fail again while it is closed; what counts was told when it failed first. */
function closeQuietly(closing: () => void): void {
  try {
    closing();
  } catch (error) {
    send({ kind: 'trouble', text: `closing failed: ${textOf(error)}` });
  }
}

function textOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === undefined ? String(message) : `${code}: ${message}`;
}

start();
