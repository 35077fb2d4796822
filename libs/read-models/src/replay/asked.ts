// What a replay is asked to do, and what is kept of it with its build, so that it is gone on with after a kill.

import type { Instant } from '#domain/ids.js';
import type { Position } from '#event-log/event-log.js';
import type { Comparison } from '#read-models/replay/comparison.js';
import type { ReplayNote, ReplayPhase } from '#read-models/store.js';

export interface ReplayAsked {
  /** The build is compared and then dropped. */
  readonly isDryRun?: boolean;
  /** A build by this name, beside; it is never live. */
  readonly side?: string;
  /** Of a side build: nothing after this position. */
  readonly upToPosition?: Position;
  /** Of a side build: nothing from the first event on that is later. The log so far is a state that really was. */
  readonly upToTime?: Instant;
  /** Of a side build: of this stream alone. */
  readonly onlyStream?: string;
  readonly eventsPerSecondMax?: number;
  /** An event that cannot be made into rows parks its stream instead of ending the replay. */
  readonly parks?: boolean;
  /** Also where the rows differ from those that are live. */
  readonly switchesAnyway?: boolean;
  /** What the order is known by, so that a repeat of it is told of the replay that it began. */
  readonly order?: string;
}

/** Where an event cannot be made into rows. */
export interface FailedAt {
  readonly position: Position;
  readonly stream: string;
  readonly type: string;
}

export interface ReplayDetails {
  readonly asked: ReplayAsked;
  /** Null until it was made. */
  readonly comparison: Comparison | null;
  readonly lastError: string | null;
  readonly failedAt: FailedAt | null;
  /** By the clock of who runs it. */
  readonly beganAt: Instant;
  readonly endedAt: Instant | null;
}

export class ReplayRefused extends Error {
  override readonly name = 'ReplayRefused';
}

export interface NotedReplay extends ReplayDetails {
  readonly build: number;
  readonly projection: string;
  readonly side: string | null;
  readonly phase: ReplayPhase;
}

export function noteOf({ build, projection, side, phase, ...details }: NotedReplay): ReplayNote {
  return { build, projection, side, phase, details: JSON.stringify(details) };
}

export function notedReplay({ details, ...note }: ReplayNote): NotedReplay {
  return { ...note, ...(JSON.parse(details) as ReplayDetails) };
}

export function isOver(phase: ReplayPhase): boolean {
  return phase === 'done' || phase === 'cancelled';
}

/** What does not go together, told of what it is about. */
export interface BrokenRule {
  readonly of: keyof typeof namesOf;
  readonly rule: string;
  readonly message: string;
}

const namesOf = {
  side: 'the name beside',
  isDryRun: 'a dry run',
  eventsPerSecondMax: 'the rate',
} as const satisfies { readonly [Name in keyof ReplayAsked]?: string };

const nameForm = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export function brokenRulesIn(asked: ReplayAsked): readonly BrokenRule[] {
  const { side, isDryRun = false, upToPosition, upToTime, onlyStream, eventsPerSecondMax } = asked;
  const isPart = upToPosition !== undefined || upToTime !== undefined || onlyStream !== undefined;
  const rules: readonly (readonly [boolean, BrokenRule])[] = [
    [
      side !== undefined && !nameForm.test(side),
      {
        of: 'side',
        rule: 'text',
        message: 'must be up to 64 of a-z, 0-9, dot, underscore and hyphen, and begin with one of a-z or 0-9',
      },
    ],
    [
      side === undefined && isPart,
      { of: 'side', rule: 'missing', message: 'must be given where a part of the log is replayed' },
    ],
    [
      side !== undefined && isDryRun,
      {
        of: 'isDryRun',
        rule: 'contradiction',
        message: 'must not keep rows by a name beside: it drops them',
      },
    ],
    [
      eventsPerSecondMax !== undefined && !(eventsPerSecondMax > 0),
      { of: 'eventsPerSecondMax', rule: 'whole-number', message: 'must be more than 0 events a second' },
    ],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, rule]) => rule);
}

/** Throws `ReplayRefused` for what does not go together. */
export function checkAsked(asked: ReplayAsked): void {
  const [broken] = brokenRulesIn(asked);
  if (broken !== undefined) throw new ReplayRefused(`${namesOf[broken.of]} ${broken.message}`);
}
