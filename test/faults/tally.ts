// The figures of a run of strikes, and what was found that must not be.

export const violations = [
  /** Acknowledged, and not in the log. */
  'lost',
  'duplicated',
  /** A position or a revision of a stream is left out. */
  'gap',
  /** In the log as no client meant it. */
  'unintended',
  /** Some events of an append are there, some are not. */
  'torn',
  /** Acknowledged with another revision or position. */
  'misplaced',
  'refused',
  'refused-though-written',
  /** Read again, the log is not what was read before. */
  'changed',
  'not-opened',
] as const;

export type Violation = (typeof violations)[number];

/** What each kind began with is enough to look into it. */
const evidenceMax = 5;
const evidenceCharactersMax = 400;

export class Tally {
  cycles = 0;
  logs = 0;
  struckWhileOpening = 0;
  /** Cycles in which appends were on their way when the process was struck. */
  struckInFlight = 0;
  events = 0;
  appends = 0;
  acknowledged = 0;
  /** Refusals of which the client made something. */
  conflicts = 0;
  /** Appends that were on their way. Those of a last cycle are looked at when everything is. */
  inFlight = 0;
  inFlightWritten = 0;
  inFlightAbsent = 0;
  /** Sent again and recognised as written before the strike. */
  answeredAgain = 0;
  readonly violations = Object.fromEntries(violations.map((name) => [name, 0])) as Record<Violation, number>;
  readonly evidence: string[] = [];

  get violationCount(): number {
    return Object.values(this.violations).reduce((sum, count) => sum + count, 0);
  }

  complain(violation: Violation, evidence: unknown): void {
    this.violations[violation] += 1;
    if (this.violations[violation] > evidenceMax) return;
    this.evidence.push(`${violation}: ${JSON.stringify(evidence)}`.slice(0, evidenceCharactersMax));
  }
}
