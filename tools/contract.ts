// Holds proto/ to what was released, and libs/contract to proto/. It runs buf from node_modules, and needs no
// network.
//
//   node tools/contract.ts lint       buf's rules, and a comment wherever one is shown to readers
//   node tools/contract.ts breaking   whoever was built against the last release is still understood
//   node tools/contract.ts fresh      the generated code is what proto/ says
//   node tools/contract.ts release    from now on, proto/ as it is has been released

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const generated = 'libs/contract/src';
/** A set of descriptors, without comments: what a client may have been built against. */
const released = 'proto/released.binpb';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-contract-'));

const deeds: Readonly<Record<string, () => boolean>> = {
  lint: () => buf('lint'),
  // Two modules are one image: buf compares a workspace with an image only where it has a single one.
  breaking: () => {
    const present = join(scratch, 'present.binpb');
    return buf('build', '--output', present) && buf('breaking', present, '--against', released);
  },
  fresh: () => buf('generate', '--output', join(scratch, 'out')) && isSame(join(scratch, 'out', generated)),
  release: () => buf('build', '--exclude-source-info', '--output', released),
};

try {
  process.exitCode = main(process.argv[2] ?? '');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function main(name: string): number {
  const deed = deeds[name];
  if (deed !== undefined) return deed() ? 0 : 1;
  process.stderr.write(`usage: node tools/contract.ts ${Object.keys(deeds).join('|')}\n`);
  return 2;
}

function buf(...args: readonly string[]): boolean {
  const { status } = spawnSync(process.execPath, ['node_modules/@bufbuild/buf/bin/buf', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      // The generator is found there, and the Node that it is to run on.
      PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
      // Not everybody has a home that can be written to.
      BUF_CACHE_DIR: scratch,
    },
  });
  return status === 0;
}

function isSame(fresh: string): boolean {
  const kept = filesOf(join(root, generated));
  const wanted = filesOf(fresh);
  const differing = [...new Set([...kept.keys(), ...wanted.keys()])]
    .filter((path) => kept.get(path) !== wanted.get(path))
    .toSorted();
  for (const path of differing) {
    process.stderr.write(`${join(generated, path)} is not what proto/ says: npm run proto\n`);
  }
  return wanted.size > 0 && differing.length === 0;
}

function filesOf(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}
