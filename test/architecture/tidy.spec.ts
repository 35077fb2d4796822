// Rules of the house that neither the compiler nor the linter can express.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const paths = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '');
/** Written by a generator, for which the rules of the house are none. */
const isGenerated = (path: string): boolean => /^libs\/contract\/src\/.*_pb\.(js|d\.ts)$/.test(path);
const sources = paths
  .filter((path) => /\.(ts|js|cjs)$/.test(path) && !isGenerated(path))
  .flatMap((path) => {
    try {
      return [{ path, lines: readFileSync(join(root, path), 'utf8').split('\n') }];
    } catch {
      // Deleted, and not yet committed so.
      return [];
    }
  });

type Offence = (line: string, before: string) => boolean;

/** `path:line` of each line that offends. */
function offences(offends: Offence, files = sources): string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (offends(line, lines[index - 1] ?? '') ? [`${path}:${index + 1}`] : [])),
  );
}

const isComment = (line: string): boolean => /^\s*(\/\/|\*|\/\*)/.test(line);
/** Written in pieces, as the patterns are, so that this file does not offend against itself. */
const word = (...pieces: readonly string[]): string => pieces.join('');
const leftOver = new RegExp(
  `\\b(${['TO_DO', 'FIX_ME', 'HA_CK', 'X_XX'].map((text) => text.replace('_', '')).join('|')})\\b`,
);

interface Rule {
  readonly offends: Offence;
  readonly example: string;
  /** Left out where it holds everywhere. */
  readonly isIn?: (path: string) => boolean;
}

const rules: Readonly<Record<string, Rule>> = {
  'no work is left over without an issue': {
    offends: (line) => leftOver.test(line) && !/#\d+/.test(line),
    example: `// ${word('TO', 'DO')}: later`,
  },
  'no test runs alone, is switched off, or is still to be written': {
    offends: (line) => /\b(it|test|describe)\.(only|todo|failing)\b|\b[xf](it|describe)\(/.test(line),
    example: word('it', ".only('x')"),
  },
  'a type is switched off only where a comment says why': {
    offends: (line, before) =>
      /@ts-(ignore|expect-error|nocheck)\s*$|\bas [a]ny\b|: [a]ny\b/.test(line) &&
      !isComment(before) &&
      !/\/\/ \S/.test(line.replace(/\/\/ @ts-.*/, '')),
    example: word('const x = y as', ' any;'),
  },
  'a lint rule is switched off only with a reason': {
    offends: (line) => /biome-[i]gnore/.test(line) && !/biome-[i]gnore(-\w+)? [\w/]+: \S{3}/.test(line),
    example: word('// biome', '-ignore lint/suspicious/noConsole:'),
  },
  'no object literal has a getter, which V8 makes in the old generation with all that it holds (ADR 57)': {
    offends: (line) => /^ {4,}get \w+\(\)/.test(line),
    example: word('    ge', 't signal() {'),
    isIn: (path) => !/^test\/|\/testing\/|\.spec\.ts$/.test(path),
  },
  'imports go by subpath, not by relative path': {
    offends: (line) => /^(import|export)\b.* from '\.{1,2}\//.test(line),
    example: word("import { x } from '", "../x.js';"),
    // Tools run before anything resolves subpaths.
    isIn: (path) => /\.ts$/.test(path),
  },
};

describe('the house is tidy', () => {
  it.each(Object.entries(rules))('%s', (_, { offends, example, isIn = () => true }) => {
    expect(offences(offends, [{ path: 'example', lines: [example] }])).toEqual(['example:1']);
    expect(
      offences(
        offends,
        sources.filter(({ path }) => isIn(path)),
      ),
    ).toEqual([]);
  });

  it('no file is over 400 lines', () => {
    const long = sources.filter(({ lines }) => lines.length - 1 > 400).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('there is no barrel', () => {
    expect(paths.filter((path) => /^index\.[cm]?[tj]s$/.test(basename(path)))).toEqual([]);
  });

  it('no room is a dumping ground', () => {
    const names =
      /^(libs|apps)\/[^/]+\/(src\/)?(common|shared|utils?|helpers?|types|interfaces|dto|constants)(\/|\.ts$)/;
    expect('libs/domain/src/utils/x.ts').toMatch(names);
    expect(paths.filter((path) => names.test(path))).toEqual([]);
  });

  it('every room is in its place at the top', () => {
    const known = /^(apps|libs|proto|test|tools|docs|\.ci)\/|^[^/]+$/;
    expect(paths.filter((path) => !known.test(path))).toEqual([]);
  });
});
