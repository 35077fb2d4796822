// A copy of a log as it was at one moment, also while the service writes it: pages of one snapshot, and a head
// mark that is made of them.

import { closeSync, fsyncSync, openSync } from 'node:fs';

import { positionText } from '#event-log/counted-position.js';
import { unavailable } from '#event-log/errors.js';
import type { Position } from '#event-log/event-log.js';
import { createPrivately, openReader } from '#event-log-sqlite/database.js';
import { HeadMark, readMark, syncDirectory } from '#event-log-sqlite/head-mark.js';
import { endOf } from '#event-log-sqlite/log-end.js';
import { asCorruption, bytesOf, pathsIn } from '#event-log-sqlite/open-log.js';

export interface CopyOptions {
  readonly directory: string;
  /** A directory without a log. */
  readonly to: string;
  /** Told how many pages were copied. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Copied {
  readonly identity: string;
  readonly events: number;
  readonly head: Position;
}

/** In one step, after which others may run and progress is told. */
const pagesPerStep = 250;

/**
 * Throws `EventLogError`: `unavailable` where there is no log, `corrupt` where it lacks what was acknowledged.
 * The rows are copied unproved: `verifyLog` of the copy tells whether they are what was written.
 */
export async function copyLog(options: CopyOptions): Promise<Copied> {
  const from = pathsIn(options.directory);
  const to = pathsIn(options.to);
  // Read before the log, which may be written meanwhile: the mark is never ahead of what was committed.
  const mark = readMark(from.mark);
  if (bytesOf(from.events) === 0) throw unavailable(`there is no log in ${options.directory}`);
  createPrivately(to.events);
  const database = openReader(from.events);
  try {
    // The snapshot of this transaction is what is copied: without it, each write of others would start it anew.
    database.exec('BEGIN');
    const end = asCorruption(() => endOf(database, mark));
    await database.backup(to.events, {
      progress: ({ totalPages, remainingPages }) => {
        options.onProgress?.(totalPages - remainingPages, totalPages);
        return pagesPerStep;
      },
    });
    syncFile(to.events);
    HeadMark.create(to.mark, end).close();
    syncDirectory(options.to);
    return { identity: end.identity, events: end.position, head: positionText(end.position) };
  } finally {
    database.close();
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
