// How a command is written down: fields with their rules. Each rule has a name that stays and says what is
// allowed; none repeats what was sent.

import { IsOptional, ValidateBy, ValidateNested } from 'class-validator';

/** What a command is made of; what may be left out is named in `Optional`. */
export type Fields<Of, Optional extends keyof Of = never> = Omit<Of, symbol | Optional> &
  Partial<Pick<Of, Optional>>;

/** Longer than any id in use, and what ZITADEL's clients may send. */
export const idCharactersMax = 200;
/** Text with a newline or a terminal's escape would look like something else wherever it is shown. */
const controlCharacter = /\p{Cc}|\p{Cs}/u;

export interface Rules {
  /** What each rule comes down to. */
  readonly holds: readonly (readonly [field: string, holds: Holds])[];
  readonly mayBeNull: ReadonlySet<string>;
}

type Holds = (value: unknown) => boolean;

const rulesByCommand = new Map<object, { holds: [string, Holds][]; mayBeNull: Set<string> }>();
const noRules: Rules = { holds: [], mayBeNull: new Set() };

/** Each rule that the decorators below wrote down, beside what class-validator keeps of it. */
export const rulesOf = (command: object): Rules => rulesByCommand.get(command) ?? noRules;

function rulesFor(target: object) {
  const rules = rulesByCommand.get(target.constructor) ?? { holds: [], mayBeNull: new Set<string>() };
  rulesByCommand.set(target.constructor, rules);
  return rules;
}

/** A rule that is one command's own stands with that. */
export function rule(name: string, message: string, holds: Holds): PropertyDecorator {
  const validated = ValidateBy({ name, validator: { validate: holds, defaultMessage: () => message } });
  return (target, field) => {
    validated(target, field);
    rulesFor(target).holds.push([String(field), holds]);
  };
}

export const isTextOf = (value: unknown, minimum: number, maximum: number): value is string =>
  typeof value === 'string' &&
  value.length >= minimum &&
  value.length <= maximum &&
  !controlCharacter.test(value);

export const IsId = (): PropertyDecorator =>
  rule('id', `must be 1 to ${idCharactersMax} characters, none of them a control character`, (value) =>
    isTextOf(value, 1, idCharactersMax),
  );

export const IsText = (maximum: number, minimum = 1): PropertyDecorator =>
  rule('text', `must be ${minimum} to ${maximum} characters, none of them a control character`, (value) =>
    isTextOf(value, minimum, maximum),
  );

/** One of these types, and all that is text in it is text that can be shown. */
export const IsOfType = (types: object, maximum: number): PropertyDecorator =>
  rule(
    'of-type',
    `must have a type that is known, and no text that is empty, over ${maximum} characters, or has a control character`,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'type' in value &&
      typeof value.type === 'string' &&
      Object.hasOwn(types, value.type) &&
      Object.values(value).every((part) => typeof part !== 'string' || isTextOf(part, 1, maximum)),
  );

export const IsOneOf = (values: readonly (string | number)[]): PropertyDecorator =>
  rule('one-of', `must be one of ${values.join(', ')}`, (value) =>
    values.some((allowed) => allowed === value),
  );

export const IsWhole = (minimum: number, maximum: number): PropertyDecorator =>
  rule(
    'whole-number',
    `must be a whole number from ${minimum} to ${maximum}`,
    (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  );

/** Something before and after the sign, and no blanks: whether it is somebody's is for a code sent there to show. */
export const IsEmailAddress = (maximum: number): PropertyDecorator =>
  rule(
    'email',
    `must be an email address of at most ${maximum} characters`,
    (value) => isTextOf(value, 3, maximum) && /^[^\s@]+@[^\s@]+$/u.test(value),
  );

/** Milliseconds since 1970: a moment that a date can hold. */
export const IsInstant = (): PropertyDecorator =>
  rule(
    'instant',
    'must be a moment in milliseconds since 1970',
    (value) => Number.isInteger(value) && Math.abs(Number(value)) <= 8.64e15,
  );

export const IsTrueOrFalse = (): PropertyDecorator =>
  rule('boolean', 'must be true or false', (value) => typeof value === 'boolean');

export const IsTextList = (count: number, characters: number): PropertyDecorator =>
  rule(
    'text-list',
    `must be 1 to ${count} different texts of 1 to ${characters} characters`,
    (value) =>
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= count &&
      value.every((one) => isTextOf(one, 1, characters)) &&
      new Set(value).size === value.length,
  );

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
}

interface EntryLimits {
  readonly minimum: number;
  readonly maximum: number;
  readonly keyCharacters: number;
  readonly valueBytes: number;
  /** An empty value takes its key away. */
  readonly mayTakeAway?: true;
}

/** Bytes by keys. */
export const IsEntryList = ({
  minimum,
  maximum,
  keyCharacters,
  valueBytes,
  mayTakeAway,
}: EntryLimits): PropertyDecorator => {
  const fewestBytes = mayTakeAway ? 0 : 1;
  return rule(
    'entry-list',
    `must be ${minimum} to ${maximum} entries of different keys of 1 to ${keyCharacters} characters, none of them a control character, each with a value of ${fewestBytes} to ${valueBytes} bytes`,
    (value) =>
      Array.isArray(value) &&
      value.length >= minimum &&
      value.length <= maximum &&
      value.every((entry) => isEntryOf(entry, keyCharacters, { fewestBytes, valueBytes })) &&
      new Set(value.map(({ key }: Entry) => key)).size === value.length,
  );
};

const isEntryOf = (
  entry: unknown,
  keyCharacters: number,
  { fewestBytes, valueBytes }: { readonly fewestBytes: number; readonly valueBytes: number },
) =>
  typeof entry === 'object' &&
  entry !== null &&
  'key' in entry &&
  isTextOf(entry.key, 1, keyCharacters) &&
  'value' in entry &&
  entry.value instanceof Uint8Array &&
  entry.value.length >= fewestBytes &&
  entry.value.length <= valueBytes;

/** The rule of `IsFieldsOf`, besides which nothing of a field is worth saying. */
export const fieldsRule = 'fields';

/** Fields of their own, with rules of their own. Of something else, class-validator would look at nothing. */
export const IsFieldsOf = (kind: new (...fields: never[]) => object): PropertyDecorator => {
  const are = ValidateBy({
    name: fieldsRule,
    validator: {
      validate: (value) => value instanceof kind,
      defaultMessage: () => 'must be an object with the fields that belong here',
    },
  });
  const nested = ValidateNested();
  return (target, field) => {
    are(target, field);
    nested(target, field);
  };
};

/** May be null: left out. */
export const MayBeNull = (): PropertyDecorator => {
  const optional = IsOptional();
  return (target, field) => {
    optional(target, field);
    rulesFor(target).mayBeNull.add(String(field));
  };
};
