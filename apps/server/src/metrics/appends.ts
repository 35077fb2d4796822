// Appends to the event log: how they end, how long they take, and what the events say of guesses and lockouts. An
// attempt is decided by the append that records it, so it is counted when that is acknowledged.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { DomainEvent } from '#event-catalog/catalogue.js';
import { EventLogError, type EventLogErrorCode } from '#event-log/errors.js';
import type { NewEvent } from '#event-log/event-log.js';
import type { Counter, Histogram, Registry } from '#telemetry/registry.js';

/** An append is a commit on a disk: a millisecond on a good one, in seconds. */
const durationBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const batchBounds = [1, 2, 4, 8, 16, 32, 64, 128];

/** Of the writing queue of the embedded log. */
const batchSizes = 'countersign.append-batch';

const outcomes = {
  written: true,
  'version-conflict': true,
  'too-large': true,
  unavailable: true,
  'outcome-unknown': true,
  corrupt: true,
  /** Misuse of the log by our own code. */
  bug: true,
} as const satisfies Record<EventLogErrorCode | 'written' | 'bug', true>;

type OfEvents<Value> = Partial<Record<DomainEvent['type'], Value>>;

const attempts = {
  'user.human.mfa.otp.verified': ['totp', 'succeeded'],
  'user.human.mfa.otp.check.succeeded': ['totp', 'succeeded'],
  'user.human.mfa.otp.check.failed': ['totp', 'failed'],
  'user.human.mfa.recoverycode.check.succeeded': ['recovery-code', 'succeeded'],
  'user.human.mfa.recoverycode.check.failed': ['recovery-code', 'failed'],
  'user.human.password.check.succeeded': ['password', 'succeeded'],
  'user.human.password.check.failed': ['password', 'failed'],
  'user.human.password.code.check.failed': ['password-code', 'failed'],
  /** Of a name that nobody has. */
  'login.password.check.failed': ['password-of-nobody', 'failed'],
  'user.human.email.verified': ['email-code', 'succeeded'],
  'user.human.email.verification.failed': ['email-code', 'failed'],
} as const satisfies OfEvents<readonly [factor: string, result: string]>;

const lockouts = {
  'user.human.mfa.otp.disabled': 'totp-disabled',
  'user.locked': 'user-locked',
} as const satisfies OfEvents<string>;

const sessions = {
  'session.added': 'begun',
  'session.user.checked': 'user-checked',
  'session.password.checked': 'password-checked',
  'session.totp.checked': 'totp-checked',
  'session.recoveryCode.checked': 'recovery-code-checked',
  'session.terminated': 'ended',
  /** As one, however many a user had. */
  'user.sessions.ended': 'all-of-a-user-ended',
} as const satisfies OfEvents<string>;

export class AppendMetrics {
  readonly #outcomes: Readonly<Record<keyof typeof outcomes, Counter>>;
  readonly #duration: Histogram;
  readonly #onBatch: (appends: unknown) => void;
  readonly #events: Counter;
  readonly #ofType: ReadonlyMap<string, Counter>;

  constructor(registry: Registry) {
    this.#outcomes = outcomeCounters(registry);
    this.#duration = registry
      .histogram(
        {
          name: 'countersign_append_duration_seconds',
          help: 'From an append to its acknowledgement, of those that were written.',
        },
        durationBounds,
      )
      .of();
    const batchSize = registry
      .histogram(
        {
          name: 'countersign_append_batch_size',
          help: 'Appends that left for the writing thread together. Of the embedded log alone.',
        },
        batchBounds,
      )
      .of();
    this.#events = registry
      .counter({ name: 'countersign_events_appended_total', help: 'Events that were acknowledged.' })
      .of();
    this.#onBatch = (appends) => batchSize.observe(appends as number);
    subscribe(batchSizes, this.#onBatch);
    this.#ofType = new Map([
      ...attemptCounters(registry),
      ...lockoutCounters(registry),
      ...sessionCounters(registry),
    ]);
  }

  written(events: readonly NewEvent[], seconds: number): void {
    this.#outcomes.written.inc();
    this.#duration.observe(seconds);
    this.#events.inc(events.length);
    for (const { type } of events) this.#ofType.get(type)?.inc();
  }

  close(): void {
    unsubscribe(batchSizes, this.#onBatch);
  }

  failed(error: unknown): void {
    this.#outcomes[error instanceof EventLogError ? error.code : 'bug'].inc();
  }
}

function outcomeCounters(registry: Registry) {
  const names = Object.keys(outcomes) as (keyof typeof outcomes)[];
  const family = registry.counter({
    name: 'countersign_appends_total',
    help: 'Appends to the event log, by what became of them.',
    labels: { outcome: new Set(names) },
  });
  return Object.fromEntries(names.map((name) => [name, family.of(name)])) as Record<
    keyof typeof outcomes,
    Counter
  >;
}

function attemptCounters(registry: Registry): [string, Counter][] {
  const entries = Object.entries(attempts);
  const family = registry.counter({
    name: 'countersign_attempts_total',
    help: 'Codes and passwords that were compared, by factor and result.',
    labels: {
      factor: new Set(entries.map(([, [factor]]) => factor)),
      result: new Set(['succeeded', 'failed']),
    },
  });
  return entries.map(([type, [factor, result]]) => [type, family.of(factor, result)]);
}

function lockoutCounters(registry: Registry): [string, Counter][] {
  const entries = Object.entries(lockouts);
  const family = registry.counter({
    name: 'countersign_lockouts_total',
    help: 'Devices that had too many failures, and users who were shut out.',
    labels: { kind: new Set(Object.values(lockouts)) },
  });
  return entries.map(([type, kind]) => [type, family.of(kind)]);
}

function sessionCounters(registry: Registry): [string, Counter][] {
  const entries = Object.entries(sessions);
  const family = registry.counter({
    name: 'countersign_sessions_total',
    help: 'What became of sessions.',
    labels: { change: new Set(Object.values(sessions)) },
  });
  return entries.map(([type, change]) => [type, family.of(change)]);
}
