// Whether a changed source still compiles: what the compiler refuses needs no spec.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { sources } from '#test/campaigns/figures.js';

const configPath = join(sources, 'tsconfig.json');
const config = ts.readConfigFile(configPath, (path) => readFileSync(path, 'utf8'));
const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, sources);
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Judged by the errors in the file itself, so that one is not held responsible for others. */
export function compiles(path: string, text: string): boolean {
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, version) => {
    if (name === path) return ts.createSourceFile(name, text, version, true);
    if (!parsed.has(name)) parsed.set(name, getSourceFile.call(host, name, version));
    return parsed.get(name);
  };
  const program = ts.createProgram([path], options, host);
  const file = program.getSourceFile(path);
  return program.getSyntacticDiagnostics(file).length + program.getSemanticDiagnostics(file).length === 0;
}
