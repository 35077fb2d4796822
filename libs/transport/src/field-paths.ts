// Commands name their fields in their own words. Who called a method is told in those of its request.

import type { MethodRules } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

export function inWordsOf(
  { fields = {} }: Pick<MethodRules<never>, 'fields'>,
  refusal: CallRefusal,
): CallRefusal {
  if (refusal.code !== 'invalid-input') return refusal;
  const violations = refusal.violations.map((violation) => ({
    ...violation,
    field: fieldPath(violation.field, fields),
  }));
  return { ...refusal, violations };
}

/** The longest part that is called otherwise, and the rest of it as it is. */
function fieldPath(field: string, fields: Readonly<Record<string, string>>): string {
  const words = field.split('.');
  for (let known = words.length; known > 0; known -= 1) {
    const otherwise = fields[words.slice(0, known).join('.')];
    if (otherwise !== undefined) return [otherwise, ...words.slice(known).map(snakeCase)].join('.');
  }
  return words.map(snakeCase).join('.');
}

const snakeCase = (word: string) => word.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
