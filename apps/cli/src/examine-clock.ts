// Whether the clock can be believed: codes are compared with it, and events carry its time.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { type Finding, fine, problem, warning } from '#cli/finding.js';
import { EventLogError } from '#event-log/errors.js';
import type { EventMetadata } from '#event-log/event-log.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';

/** Before this was written, and after nobody runs it any more. */
const [firstYear, lastYear] = [2025, 2100];
/** What a clock may be set back by without anybody noticing. */
const backMsMax = 5_000;
/** By which wall and monotonic clock may differ since the start of this process. */
const setMsMax = 500;
const setIt = 'set the clock, and keep it by NTP: codes are compared with it';

export function clockFindings(directory: string, now = Date.now()): Finding[] {
  const time = new Date(now).toISOString();
  const year = new Date(now).getUTCFullYear();
  if (year < firstYear || year > lastYear) return [problem('clock', `it says ${time}`, setIt)];
  const last = lastEventTime(directory);
  if (last !== null && Date.parse(last) - now > backMsMax)
    return [problem('clock', `it says ${time}, and the last event is of ${last}`, setIt)];
  const setMs = Math.round(Math.abs(performance.timeOrigin + performance.now() - Date.now()));
  if (setMs > setMsMax) return [warning('clock', `it was set by ${setMs} ms while this was asked`, setIt)];
  return [fine('clock', `it says ${time}`)];
}

/** Null where no log says. What is wrong with one is told elsewhere. */
function lastEventTime(directory: string): string | null {
  if (!existsSync(join(directory, 'events.db'))) return null;
  try {
    const log = ReadLog.open(directory);
    try {
      const [last] = log.before(log.head() + 1);
      return last === undefined ? null : (JSON.parse(last.metadata) as EventMetadata).time;
    } finally {
      log.close();
    }
  } catch (error) {
    if (error instanceof EventLogError) return null;
    throw error;
  }
}
