// What `--help` says, of all commands, of a group, or of one.

import { type Argument, type Command, type Option, ways } from '#cli/command.js';
import { optionsOfWay } from '#cli/options.js';

export type Emphasis = (text: string) => string;

/** How far lines of text go. */
const columnsMax = 100;

export function helpOfAll(commands: readonly Command[], group: string, bold: Emphasis): string {
  const shown = commands.filter(({ name }) => group === '' || name.startsWith(`${group} `));
  const usage = group === '' ? 'countersign <command>' : `countersign ${group} <command>`;
  const rows = shown.map(({ name, summary }) => [name, summary] as const);
  const lines = [
    `${bold('usage:')} ${usage} [options]`,
    '',
    ...columns(rows),
    '',
    'countersign <command> --help   says what a command does, with examples',
    'countersign completion <shell> completes commands and options',
  ];
  return lines.join('\n');
}

export function helpOf(command: Command, bold: Emphasis): string {
  const { details, way } = command;
  const parts = [
    `${bold('usage:')} ${usageOf(command)}`,
    wrapped(`${command.summary}${details === undefined ? '' : ` ${details}`}`),
    wrapped(ways[way]),
    ...section(
      bold('arguments'),
      command.arguments.map((argument) => [`<${argument.name}>`, argumentMeaning(argument)]),
    ),
    ...section(bold('options'), optionRows(command.options)),
    ...section(bold('options of many commands'), optionRows(optionsOfWay(way))),
    `${bold('examples')}\n${command.examples.map(({ line, meaning }) => `  # ${meaning}\n  countersign ${line}`).join('\n')}`,
  ];
  return parts.join('\n\n');
}

export function usageOf({ name, arguments: words, options }: Command): string {
  const places = words.map(({ name: word, optional }) => (optional === true ? `[<${word}>]` : `<${word}>`));
  const rest = Object.keys(options).length === 0 ? [] : ['[options]'];
  return ['countersign', name, ...places, ...rest].join(' ');
}

export function argumentMeaning({ meaning, choices }: Argument): string {
  return choices === undefined ? meaning : `${meaning} One of ${choices.join(', ')}.`;
}

export function optionMeaning({ meaning, choices, repeats }: Option): string {
  const allowed = choices === undefined ? '' : ` One of ${choices.join(', ')}.`;
  return `${meaning}${allowed}${repeats === true ? ' May be given several times.' : ''}`;
}

export function optionUsage(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} <${value}>`;
}

function optionRows(options: Readonly<Record<string, Option>>): (readonly [string, string])[] {
  return Object.entries(options).map(([name, option]) => [optionUsage(name, option), optionMeaning(option)]);
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  return rows.length === 0 ? [] : [`${title}\n${columns(rows).join('\n')}`];
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => {
    const indented = wrapped(right, columnsMax - width - 4).replaceAll('\n', `\n${' '.repeat(width + 4)}`);
    return `  ${left.padEnd(width)}  ${indented}`;
  });
}

function wrapped(text: string, width = columnsMax): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}
