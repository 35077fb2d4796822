// What a script of commands is made of: each is sent, and has to be answered as the script says.

import type { Command } from '@nestjs/cqrs';

import type { Outcome } from '#application/caller.js';
import type { Shown } from '#application/testing/shown.js';

export type Script = Generator<Command<unknown>, void, Outcome<unknown, { readonly code: string }>>;
export type Part<Answer> = Generator<Command<unknown>, Answer, Outcome<unknown, { readonly code: string }>>;
type Asked<Answer> = Command<Outcome<Answer, { readonly code: string }>>;

export function* accepted<Answer>(command: Asked<Answer>): Part<Shown<Answer>> {
  const outcome = yield command;
  if (outcome.kind === 'rejected') throw new Error(`${command.constructor.name}: ${JSON.stringify(outcome)}`);
  return outcome.answer as Shown<Answer>;
}

export function* refused(code: string, command: Asked<unknown>): Part<void> {
  const outcome = yield command;
  const told = outcome.kind === 'rejected' ? outcome.refusal.code : outcome.kind;
  if (told !== code) throw new Error(`${command.constructor.name} is told ${told}, not ${code}`);
}

export function* once<Answer>(command: Asked<Answer>, otherwise: string): Part<Shown<Answer>> {
  const answer = yield* accepted(command);
  yield* refused(otherwise, command);
  return answer;
}
