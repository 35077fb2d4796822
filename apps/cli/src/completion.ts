// Scripts that complete words of commands, options and choices, made of the table of commands: what is not in
// it is not completed, and pressing Tab starts no process.

import type { Command, Option } from '#cli/command.js';
import { optionsOfWay } from '#cli/options.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return `#compdef countersign\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return fish(commands);
  }
}

/** Each beginning of a command with the words that may follow it. */
function nextWords(commands: readonly Command[]): Map<string, Set<string>> {
  const next = new Map<string, Set<string>>();
  for (const { name } of commands) {
    const words = name.split(' ');
    for (const [index, word] of words.entries()) {
      const before = words.slice(0, index).join(' ');
      next.set(before, (next.get(before) ?? new Set()).add(word));
    }
  }
  return next;
}

const optionsOf = (command: Command): Readonly<Record<string, Option>> => ({
  ...optionsOfWay(command.way),
  ...command.options,
});

function bash(commands: readonly Command[]): string {
  const groups = [...nextWords(commands)].map(
    ([before, words]) => `    '${before}') words='${[...words].join(' ')}' ;;`,
  );
  const cases = commands.map((command) => {
    const options = Object.keys(optionsOf(command)).map((name) => `--${name}`);
    const [choices = []] = command.arguments.map((argument) => argument.choices ?? []);
    return `    '${command.name}') words='${[...choices, ...options].join(' ')}' ;;`;
  });
  const values = valueCases(commands).map(([name, choices]) => `    --${name}) words='${choices}' ;;`);
  const paths = pathOptions(commands).map((name) => `--${name}`);
  return `# countersign completion bash
_countersign() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" line='' words='' part
  for part in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$part" in -*) break ;; esac
    case "$line" in ${commands.map(({ name }) => `'${name}'`).join('|')}) break ;; esac
    line="\${line:+$line }$part"
  done
  case "$before" in
    ${paths.join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
${values.join('\n')}
  esac
  if [ -z "$words" ]; then
    case "$line" in
${[...groups, ...cases].join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _countersign countersign`;
}

function valueCases(commands: readonly Command[]): [string, string][] {
  const found = commands.flatMap((command) =>
    Object.entries(optionsOf(command)).flatMap(([name, { choices }]): [string, string][] =>
      choices === undefined ? [] : [[name, choices.join(' ')]],
    ),
  );
  return [...new Map(found)];
}

function pathOptions(commands: readonly Command[]): string[] {
  const found = commands.flatMap((command) =>
    Object.entries(optionsOf(command)).flatMap(([name, { completes }]) =>
      completes === undefined ? [] : [name],
    ),
  );
  return [...new Set(found)];
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => {
    const words = command.name.split(' ');
    const said = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    const before = words.slice(0, -1);
    const place = `test (string join ' ' -- (commandline -opc)[2..]) = ${said(before.join(' '))}`;
    const inside = `string match -q -- ${said(`${command.name} *`)} (string join ' ' -- (commandline -opc)[2..])' '`;
    const group = before.length === 0 ? [] : [groupLine(before, said)];
    const choices = command.arguments.flatMap((argument) => argument.choices ?? []);
    return [
      ...group,
      `complete -c countersign -f -n ${said(place.replaceAll("''", '""'))} -a ${said(words.at(-1) ?? '')} -d ${said(command.summary)}`,
      ...(choices.length === 0
        ? []
        : [`complete -c countersign -f -n ${said(inside)} -a ${said(choices.join(' '))}`]),
      ...Object.entries(optionsOf(command)).map(([name, option]) => {
        const value = option.value === undefined ? '' : ' -r';
        const files = option.completes === undefined ? ' -f' : ' -F';
        const allowed = option.choices === undefined ? '' : ` -a ${said(option.choices.join(' '))}`;
        return `complete -c countersign -n ${said(inside)} -l ${name}${value}${files}${allowed} -d ${said(option.meaning)}`;
      }),
    ];
  });
  return ['# countersign completion fish', ...new Set(lines)].join('\n');
}

function groupLine(before: readonly string[], said: (text: string) => string): string {
  return `complete -c countersign -f -n ${said('test (count (commandline -opc)) = 1')} -a ${said(before.join(' '))}`;
}
