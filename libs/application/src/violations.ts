// Commands carry their own input rules; they are checked once, here, whichever way a command came.

import type { AsyncContext, CommandBus, ICommand } from '@nestjs/cqrs';
import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';

import type { Refused } from '#application/caller.js';
import { fieldsRule, type Rules, rulesOf } from '#application/input.js';

export interface Violation {
  /** The path of the field, as the caller wrote it. */
  readonly field: string;
  /** The rule, by a name that stays. */
  readonly rule: string;
  /** What is allowed. It never repeats what was sent. */
  readonly message: string;
}

/** What was sent breaks a rule of the command. Nothing was looked up. */
export interface InvalidInput {
  readonly code: 'invalid-input';
  readonly violations: readonly Violation[];
}

const options = { forbidUnknownValues: true, validationError: { target: false, value: false } } as const;

export function violationsOf(command: object): readonly Violation[] {
  return holds(command) ? [] : validateSync(command, options).flatMap((error) => flatten(error, ''));
}

type Kind = new (...fields: never[]) => object;

const quickRules = new Map<object, Rules | null>();

/**
 * Whether all is well: by the rules alone, which takes a tenth of what class-validator takes to find nothing.
 * What is not well, or has other rules than ours, is for class-validator to say.
 */
function holds(command: object): boolean {
  const kind = command.constructor as Kind;
  let rules = quickRules.get(kind);
  if (rules === undefined) {
    rules = completeRulesOf(kind);
    quickRules.set(kind, rules);
  }
  if (rules === null) return false;
  const values = command as Readonly<Record<string, unknown>>;
  for (const [field, isRight] of rules.holds) {
    const value = values[field];
    if (!isRight(value) && !(value === null && rules.mayBeNull.has(field))) return false;
  }
  return true;
}

/** Null where class-validator knows of rules that ours are not, or where there is none, which it refuses. */
function completeRulesOf(command: Kind): Rules | null {
  const rules = rulesOf(command);
  const kept = getMetadataStorage().getTargetValidationMetadatas(command, '', false, false);
  const ours = rules.holds.length + rules.mayBeNull.size;
  return ours > 0 && ours === kept.length ? rules : null;
}

function flatten({ property, constraints = {}, children = [] }: ValidationError, path: string): Violation[] {
  const field = path === '' ? property : `${path}.${property}`;
  const { [fieldsRule]: noFields } = constraints;
  if (noFields !== undefined) return [{ field, rule: fieldsRule, message: noFields }];
  const own = Object.entries(constraints).map(([rule, message]) => ({ field, rule, message }));
  return [...own, ...children.flatMap((child) => flatten(child, field))];
}

/** Puts the check into a bus of Nest, in front of every handler. */
export function checkInput(bus: CommandBus): void {
  const execute = bus.execute.bind(bus);
  bus.execute = ((command: ICommand, context?: AsyncContext) => {
    const violations = violationsOf(command);
    if (violations.length === 0) return execute(command, context);
    const refused: Refused<InvalidInput> = {
      kind: 'rejected',
      refusal: { code: 'invalid-input', violations },
    };
    return Promise.resolve(refused);
  }) as typeof bus.execute;
}
