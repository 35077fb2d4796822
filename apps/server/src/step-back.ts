// On Linux a thread has a priority of its own: calls come first where processors are few, rows a little later, and what is
// built anew, for which nobody waits, comes last. Elsewhere, or where the system will not say which thread this is, it
// stays as it is.

import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** About a third, and a tenth, of the time of a processor that calls want as well. */
const niceness = { projecting: 5, replaying: 10 } as const;

/** For the thread that calls it. */
export function stepBack(role: keyof typeof niceness): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), niceness[role]);
  } catch {}
}
