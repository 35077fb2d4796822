// Bugs that the races must show, put between the commands and what they stand on.

import { EventLogError } from '#event-log/errors.js';
import type { AppendResult, EventLog, NewEvent } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';
import type { Tampering } from '#test/faults/race-houses.js';

export const raceControls = {
  'expected revision ignored': { log: ignoringRevisions },
  'the failure dropped on refusal': { log: droppingFailures },
  'the spelling compared before it is read': { secrets: rememberingSpellings() },
} satisfies Record<string, Tampering>;

function ignoringRevisions(log: EventLog): EventLog {
  const append = async (stream: string, events: readonly NewEvent[]): Promise<AppendResult> => {
    const page = await log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
    const last = page.status === 'found' ? page.events[0]?.revision : undefined;
    try {
      return await log.append(stream, events, last ?? 'no-stream');
    } catch (error) {
      if (error instanceof EventLogError && error.code === 'version-conflict') return append(stream, events);
      throw error;
    }
  };
  return logWith(log, { append });
}

function droppingFailures(log: EventLog): EventLog {
  return logWith(log, {
    append: async (stream, events, expected) => {
      const kept = events.filter(({ type }) => !type.endsWith('.check.failed'));
      if (kept.length > 0) return log.append(stream, kept, expected);
      return { revision: typeof expected === 'number' ? expected : -1, position: logStart };
    },
  });
}

/** What was used is remembered as it was typed, and each step counts as a new one. */
function rememberingSpellings(): NonNullable<Tampering['secrets']> {
  const used = new Set<string>();
  let typed = '';
  let newStep = 2 ** 40;
  return (secrets) => ({
    ...secrets,
    canonicalDigits: (text) => {
      typed = text;
      return secrets.canonicalDigits(text);
    },
    matchingSteps: (guess) => {
      const steps = secrets.matchingSteps(guess);
      if (steps.length === 0 || used.has(typed)) return steps;
      used.add(typed);
      newStep += 1;
      return [newStep];
    },
  });
}
