// One handler a command, in a file of its name, and every no that a command has is seen in a spec.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { handlers } from '#application/handlers.js';
import { refusals } from '#application/refusals.js';

const libs = join(import.meta.dirname, '..', '..', 'libs');

function filesOf(folder: string): { readonly path: string; readonly text: string }[] {
  return readdirSync(join(libs, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(join(libs, folder, path), 'utf8') }));
}

const isSpec = ({ path }: { readonly path: string }) => path.endsWith('.spec.ts');
const application = filesOf('application/src').filter((file) => !isSpec(file));
const kebab = (name: string) => name.replaceAll(/(?!^)[A-Z]/g, '-$&').toLowerCase();
const namesIn = (text: string, form: RegExp) => [...text.matchAll(form)].map(([, name = '']) => name);
const files = application.map(({ path, text }) => ({
  name: basename(path, '.ts'),
  commands: namesIn(text, /class (\w+) extends Command</g),
  handled: namesIn(text, /@CommandHandler\((\w+)\)/g),
}));
const commands = files.flatMap((file) => file.commands);

describe('every command', () => {
  it('has one handler, beside it', () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(files.filter(({ handled, commands }) => handled.join() !== commands.join())).toEqual([]);
    expect(files.filter((file) => file.commands.length > 1)).toEqual([]);
  });

  it('stands in the file of its name', () => {
    const misplaced = files.filter(
      ({ name, commands: [command] }) => command !== undefined && kebab(command) !== name,
    );
    expect(misplaced).toEqual([]);
  });

  it('has its handler registered, once', () => {
    const registered = handlers.map(({ name }) => name);
    expect(registered.toSorted()).toEqual(commands.map((command) => `${command}Handler`).toSorted());
  });

  it('is sent by a spec', () => {
    const specs = filesOf('application/src')
      .filter(isSpec)
      .map(({ text }) => text)
      .join('\n');
    expect(commands.filter((command) => !specs.includes(`new ${command}(`))).toEqual([]);
  });
});

describe('every refusal', () => {
  const specs = [...filesOf('domain/src'), ...filesOf('application/src')].filter(isSpec);
  const isIn = (text: string, code: string) => text.includes(`'${code}'`);

  it('is seen in a spec', () => {
    const seen = specs.map(({ text }) => text).join('\n');
    expect(isIn(seen, 'house-on-fire')).toBe(false);
    expect(Object.keys(refusals).filter((code) => !isIn(seen, code))).toEqual([]);
  });

  it('is made somewhere', () => {
    const made = [...application, ...filesOf('domain/src')]
      .filter((file) => !(isSpec(file) || file.path.endsWith('refusals.ts')))
      .map(({ text }) => text)
      .join('\n');
    expect(Object.keys(refusals).filter((code) => !isIn(made, code))).toEqual([]);
  });
});
