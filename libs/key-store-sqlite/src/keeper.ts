// The thread that has the file of keys. Whatever is waiting is one transaction, and is answered when that is
// durable. After a failed write or fsync nothing that is open is trusted: the thread ends.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

import { bytesOf, isDamage, type KeyFile, openKeyFile, truncateWal } from '#key-store-sqlite/key-file.js';
import { type Failure, KeyStoreFailure } from '#key-store-sqlite/key-store-failure.js';
import { Keys } from '#key-store-sqlite/keys.js';
import type {
  Answer,
  Call,
  KeeperReply,
  KeeperRequest,
  Operation,
  Outcomes,
} from '#key-store-sqlite/messages.js';

/** A transaction with so many calls takes no further message, so that no answer waits for an endless one. */
const callsPerGroup = 256;
/** It is taken into the file beyond this, which then costs about as much as some commits. */
const walBytesMax = 4 * 1024 * 1024;

const port = parentPort as NonNullable<typeof parentPort>;
const { path } = workerData as { path: string };

function send(reply: KeeperReply): void {
  port.postMessage(reply);
}

function start(): void {
  try {
    const file = openKeyFile(path);
    const keeping = { file, keys: new Keys(file.database), hasFailed: false };
    port.on('message', (request: KeeperRequest) => take(keeping, request));
    send({ kind: 'ready' });
  } catch (error) {
    send({ kind: 'refused', failure: failureOf(error) });
    port.close();
  }
}

interface Keeping {
  readonly file: KeyFile;
  readonly keys: Keys;
  /** Nothing of it is used again. */
  hasFailed: boolean;
}

function take(keeping: Keeping, first: KeeperRequest): void {
  const calls: Call[] = [];
  let request: KeeperRequest | undefined = first;
  while (request !== undefined && request.kind === 'calls') {
    calls.push(...request.calls);
    request = calls.length < callsPerGroup ? receiveMessageOnPort(port)?.message : undefined;
  }
  if (calls.length > 0) send({ kind: 'answered', answers: answer(keeping, calls) });
  if (request?.kind === 'close' || keeping.hasFailed) end(keeping);
}

function answer(keeping: Keeping, calls: readonly Call[]): Answer[] {
  try {
    return commit(keeping, calls);
  } catch (error) {
    const { database } = keeping.file;
    if (database.inTransaction) database.exec('ROLLBACK');
    // One damaged page must not speak for the keys of others.
    if (calls.length > 1 && isDamage(error)) return calls.flatMap((call) => answer(keeping, [call]));
    const failure = giveUp(keeping, error);
    return calls.map(({ number }) => ({ number, failure }));
  }
}

function commit(keeping: Keeping, calls: readonly Call[]): Answer[] {
  const { file, keys } = keeping;
  const writes = calls.some(isWrite);
  if (writes) file.database.exec('BEGIN IMMEDIATE');
  const answers = calls.map(({ number, operation }) => ({ number, outcome: outcomeOf(keys, operation) }));
  if (!writes) return answers;
  file.database.exec('COMMIT');
  // Also where there was no key: an earlier call may have erased it, and then failed to come this far.
  const erasures = new Set(calls.filter(isErasure).map(({ number }) => number));
  if (erasures.size === 0 && bytesOf(file.walPath) <= walBytesMax) return answers;
  const failure = takeInWal(keeping);
  if (failure === null) return answers;
  return answers.map((one) => (erasures.has(one.number) ? { number: one.number, failure } : one));
}

function takeInWal(keeping: Keeping): Failure | null {
  try {
    truncateWal(keeping.file.database);
    return null;
  } catch (error) {
    return giveUp(keeping, error);
  }
}

function isErasure({ operation }: Call): boolean {
  return operation.kind === 'erase';
}

function isWrite({ operation: { kind } }: Call): boolean {
  return kind === 'add' || kind === 'erase' || kind === 'rewrap';
}

function outcomeOf(keys: Keys, operation: Operation): Outcomes[keyof Outcomes] {
  switch (operation.kind) {
    case 'add':
      return keys.add(operation.key);
    case 'get':
      return keys.get(operation.subject);
    case 'erase':
      return keys.erase(operation.subject);
    case 'rewrap':
      return keys.rewrap(operation.from, operation.to);
    case 'page':
      return keys.notWrappedBy(operation.masterKeyId, operation.page);
    case 'count':
      return keys.countByMasterKey();
  }
}

function giveUp(keeping: Keeping, error: unknown): Failure {
  const failure = failureOf(error);
  if (!leavesTrust(error)) {
    keeping.hasFailed = true;
    send({ kind: 'trouble', text: `its disk failed: ${(error as Error).message}` });
  }
  return failure;
}

function failureOf(error: unknown): Failure {
  if (error instanceof KeyStoreFailure) return error.failure;
  if (isDamage(error)) return { code: 'damaged', reason: 'its file is not well formed' };
  if (isFull(error)) return { code: 'unavailable', reason: 'there is no space left for it' };
  if (isBusy(error)) return { code: 'unavailable', reason: 'another process is writing it' };
  return { code: 'unavailable', reason: `its disk failed (${codeOf(error)})` };
}

/** Nothing was written, or nothing that could be half of something. */
function leavesTrust(error: unknown): boolean {
  return error instanceof KeyStoreFailure || isDamage(error) || isFull(error) || isBusy(error);
}

/** Where memory shared between connections cannot be had, it is space that lacks, too. */
function isFull(error: unknown): boolean {
  return /^(SQLITE_FULL|SQLITE_IOERR_SHM|ENOSPC)/.test(codeOf(error));
}

function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}

/** The last to close takes the WAL into the file: never one that failed. */
function end({ file: { database, keeper }, hasFailed }: Keeping): void {
  for (const handle of hasFailed ? [database, keeper] : [keeper, database]) closeQuietly(handle);
  port.close();
}

/** A handle that failed may fail again while it is closed; what counts was told when it failed first. */
function closeQuietly(handle: { close(): void }): void {
  try {
    handle.close();
  } catch (error) {
    send({ kind: 'trouble', text: `closing failed: ${(error as Error).message}` });
  }
}

start();
