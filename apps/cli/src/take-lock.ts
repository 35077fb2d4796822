import { notNow } from '#cli/command-failure.js';
import { EventLogError } from '#event-log/errors.js';
import { DirectoryLock } from '#event-log-sqlite/directory-lock.js';

/** Of a data directory that is to be changed as a whole. Throws `CommandFailure` where somebody else has it. */
export function takeLock(directory: string, advice: string): DirectoryLock {
  try {
    return DirectoryLock.take(directory);
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    throw notNow(error.message, advice, error);
  }
}
