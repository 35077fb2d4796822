// From the words of a command line to a command and what was given to it, or to what was wrong with them.

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

import { type Command, Given, type Option } from '#cli/command.js';
import { usageFailure } from '#cli/command-failure.js';
import { optionsOfWay } from '#cli/options.js';
import { nearest } from '#server/nearest.js';

export type Understood =
  | { readonly kind: 'run'; readonly command: Command; readonly given: Given }
  /** Of one command, or of all that begin with these words. */
  | { readonly kind: 'help'; readonly command: Command | null; readonly group: string }
  | { readonly kind: 'version' };

/** Throws `CommandFailure`. */
export function understand(words: readonly string[], commands: readonly Command[]): Understood {
  const [first] = words;
  if (first === '--version' || first === '-V') return { kind: 'version' };
  const asked = first === 'help' ? words.slice(1) : words;
  const command = commandOf(asked, commands);
  const isHelp = first === 'help' || words.includes('--help') || words.includes('-h');
  if (command !== null && !isHelp) return runOf(command, words);
  if (command !== null) return { kind: 'help', command, group: '' };
  const group = asked.filter((word) => !word.startsWith('-')).join(' ');
  const isGroup = group === '' || commands.some(({ name }) => name.startsWith(`${group} `));
  if (!isGroup) throw unknownCommand(group, commands);
  if (isHelp || words.length === 0) return { kind: 'help', command: null, group };
  throw group === ''
    ? usageFailure(`${words[0]} is not understood without a command`, 'countersign --help lists them')
    : usageFailure(
        `${group} needs a word more: ${afterGroup(group, commands).join(', ')}`,
        `countersign ${group} --help says more`,
      );
}

/** The one with the most words that the line begins with. */
function commandOf(words: readonly string[], commands: readonly Command[]): Command | null {
  const line = `${words.join(' ')} `;
  const found = commands.filter(({ name }) => line.startsWith(`${name} `));
  return found.toSorted((left, right) => right.name.length - left.name.length)[0] ?? null;
}

function afterGroup(group: string, commands: readonly Command[]): string[] {
  return commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name }) => name.slice(group.length + 1));
}

function unknownCommand(group: string, commands: readonly Command[]): Error {
  const words = group.split(' ');
  const likely = nearest(
    words.slice(0, 2).join(' '),
    commands.map(({ name }) => name),
  );
  return usageFailure(
    `there is no command ${words.slice(0, 2).join(' ')}`,
    likely === null ? 'countersign --help lists them' : `did you mean countersign ${likely}?`,
  );
}

function runOf(command: Command, words: readonly string[]): Understood {
  const help = `countersign ${command.name} --help says more`;
  const { values, positionals } = parsed(command, words.slice(command.name.split(' ').length), help);
  const { length } = command.arguments;
  const missing = command.arguments[positionals.length];
  if (missing !== undefined && missing.optional !== true)
    throw usageFailure(`${command.name} needs <${missing.name}>: ${missing.meaning}`, help);
  if (positionals.length > length)
    throw usageFailure(`${command.name} has no place for ${positionals[length]}`, help);
  for (const [index, { name, choices }] of command.arguments.entries())
    refuseOther(`<${name}>`, positionals[index], choices);
  for (const [name, { choices }] of Object.entries(command.options))
    refuseOther(`--${name}`, values[name], choices);
  return { kind: 'run', command, given: new Given(positionals, values) };
}

function parsed(command: Command, words: readonly string[], help: string) {
  const known = { ...optionsOfWay(command.way), ...command.options };
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(known).map(([name, { value, repeats }]) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', multiple: repeats === true },
    ]),
  );
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw parseFailure(error as NodeJS.ErrnoException, { command, known, help });
  }
}

interface Asked {
  readonly command: Command;
  readonly known: Readonly<Record<string, Option>>;
  readonly help: string;
}

function parseFailure(error: NodeJS.ErrnoException, { command, known, help }: Asked): Error {
  const { code = '', message } = error;
  if (!code.startsWith('ERR_PARSE_ARGS_')) return error;
  const [, wrong = ''] = /'-{1,2}([^\s'=,]+)/.exec(message) ?? [];
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return usageFailure(`--${wrong} ${valueProblem(known[wrong]?.value)}`, help);
  const likely = nearest(wrong, Object.keys(known));
  const advice = likely === null ? help : `did you mean --${likely}?`;
  return usageFailure(`${command.name} has no option --${wrong}`, advice);
}

function valueProblem(value: string | undefined): string {
  return value === undefined
    ? 'takes no value'
    : `needs a value: --<option> <${value}>, or with = before one that begins with -`;
}

function refuseOther(
  what: string,
  value: string | boolean | readonly (string | boolean)[] | undefined,
  choices: readonly string[] | undefined,
): void {
  if (choices === undefined || typeof value !== 'string' || choices.includes(value)) return;
  throw usageFailure(`${what} must be one of ${choices.join(', ')}`, `it was ${JSON.stringify(value)}`);
}
