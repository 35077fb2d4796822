// What a command answered, and what it added to the log: after a no, that is nothing.

import type { Command } from '@nestjs/cqrs';

import type { Outcome, Refused } from '#application/caller.js';
import { type House, organizationId } from '#application/testing/house.js';
import { type Shown, shown } from '#application/testing/shown.js';
import type { InvalidInput } from '#application/violations.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export interface Attempt {
  readonly outcome: unknown;
  /** The types of the events that were appended. */
  readonly appended: readonly string[];
}

export async function attempt(house: House, command: Command<unknown>): Promise<Attempt> {
  const { log } = house.parts;
  const after = await log.head();
  const outcome = await house.run(command);
  const events = await log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
  return { outcome, appended: events.map(({ type }) => type) };
}

interface Told {
  readonly sequence: number;
  readonly answer?: unknown;
  readonly resourceOwner?: string;
}

export function accepted(house: House, told: Told, ...appended: readonly string[]): Attempt {
  const { sequence, answer = null, resourceOwner = organizationId } = told;
  const details = { sequence, changeDate: house.clock.now, resourceOwner };
  return { outcome: { kind: 'accepted', details, answer }, appended };
}

export function refused(refusal: object | string, ...appended: readonly string[]): Attempt {
  const told = typeof refusal === 'string' ? { code: refusal } : refusal;
  return { outcome: { kind: 'rejected', refusal: told }, appended };
}

/** Which rules of which fields were broken; their texts are for people. */
export async function violationsIn(house: House, command: Command<unknown>): Promise<readonly string[]> {
  const { outcome, appended } = await attempt(house, command);
  const { refusal } = outcome as Refused<InvalidInput>;
  if (refusal?.code !== 'invalid-input' || appended.length > 0) throw new Error(JSON.stringify(outcome));
  return refusal.violations.map(({ field, rule }) => `${field}: ${rule}`);
}

/** What was asked for has to be there, or the spec has no ground to stand on. */
export async function answerOf<Answer>(
  house: House,
  command: Command<Outcome<Answer, object>>,
): Promise<Shown<Answer>> {
  const outcome = await house.run(command);
  if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.refusal));
  return shown(outcome.answer);
}
