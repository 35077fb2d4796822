// Positions of logs that count their events from 1: of one width, so that they compare as text.

import type { Position, ReadAllOptions } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';

export function positionText(position: number): Position {
  return position === 0 ? logStart : (String(position).padStart(16, '0') as Position);
}

/** Throws `TypeError` for text that this log never gave. */
export function positionNumber(position: Position): number {
  if (position === logStart) return 0;
  if (!/^\d{16}$/.test(position))
    throw new TypeError(`not a position of this log: ${JSON.stringify(position)}`);
  return Number(position);
}

/** Throws `TypeError` likewise. */
export function checkPosition(options: ReadAllOptions): void {
  if (options.direction === 'forward') positionNumber(options.after);
  else if (options.before !== 'end') positionNumber(options.before);
}
