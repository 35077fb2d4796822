import { spawnSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';

import { commands } from '#cli/commands.js';
import { completionScript } from '#cli/completion.js';
import { helpOf } from '#cli/help.js';
import { optionsOfWay } from '#cli/options.js';
import { understand } from '#cli/understand.js';

const names = commands.map(({ name }) => name);
const hasBash = spawnSync('bash', ['--version']).status === 0;
const gap = hasBash ? '' : ' [gap: there is no bash on this machine]';

describe('every command', () => {
  it.each(commands)('$name has examples that are understood as it', ({ name, examples }) => {
    for (const { line } of examples) {
      const words = (line.replace(/ [<>|].*$/, '').match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) =>
        word.replaceAll('"', ''),
      );
      expect(understand(words, commands)).toMatchObject({ kind: 'run', command: { name } });
    }
  });

  it.each(commands)('$name says all it takes in its help', (command) => {
    const help = helpOf(command, (text) => text);
    const options = Object.keys({ ...command.options, ...optionsOfWay(command.way) });
    const told = [
      ...options.map((option) => `--${option}`),
      ...command.arguments.map(({ name }) => `<${name}>`),
    ];
    expect(told.filter((part) => !help.includes(part))).toEqual([]);
  });

  it.each(commands)('$name has no option that all of its kind have', ({ options, way }) => {
    expect(Object.keys(options).filter((option) => option in optionsOfWay(way))).toEqual([]);
  });

  it('has a name of its own, and is no beginning of another', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => names.some((other) => other.startsWith(`${name} `)))).toEqual([]);
  });

  it('is understood by its name, whatever comes after it', () => {
    expect(understand(['events', 'show', '3'], commands)).toMatchObject({ kind: 'run' });
    expect(understand(['help', 'events', 'show'], commands)).toMatchObject({
      kind: 'help',
      command: { name: 'events show' },
    });
    expect(understand(['events', 'show', '--help'], commands)).toMatchObject({ kind: 'help' });
    expect(understand(['events', '--help'], commands)).toMatchObject({ kind: 'help', group: 'events' });
  });
});

/** What bash offers after these words, of which the last is being typed. */
function offered(...words: readonly string[]): string[] {
  const script = `${completionScript('bash', commands)}
COMP_WORDS=(countersign ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_countersign
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
}

describe('completion', () => {
  (hasBash ? it : it.skip)(`offers words of commands, then options and choices${gap}`, () => {
    expect(offered('ev')).toEqual(['events']);
    expect(offered('events', 'ex')).toEqual(['export']);
    expect(offered('events', 'list', '--l')).toEqual(['--limit']);
    expect(offered('events', 'list', '--json', '--ty')).toEqual(['--type']);
    expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(offered('events', 'nothing', '')).toEqual([]);
  });

  it.each(['zsh', 'fish'] as const)('of %s names every command', (shell) => {
    const script = completionScript(shell, commands);
    expect(names.filter((name) => !script.includes(name))).toEqual([]);
  });
});
