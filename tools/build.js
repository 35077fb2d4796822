// Compiles apps/ and libs/ to dist/, path for path. Types are not looked at here (`npm run check` does),
// so that a start costs a fraction of a second.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { transformFile } from '@swc/core';

import { swcOptions } from './swc-options.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const sourceFolders = ['apps', 'libs'];
/** What only tests need stays out of what is shipped. */
const testFolders = /(^|\/)(contract|testing|golden)\//;

/** @returns {Promise<number>} how many files were compiled */
export async function build() {
  const dist = join(root, 'dist');
  const sources = await shippedSources();
  await rm(dist, { recursive: true, force: true });
  await Promise.all(sources.map((source) => compile(source, dist)));
  return sources.length;
}

async function shippedSources() {
  const listings = await Promise.all(
    sourceFolders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((path) => join(folder, path)),
    ),
  );
  return listings.flat().filter(isShipped);
}

/** @param {string} path */
function isShipped(path) {
  if (!/\.(ts|js)$/.test(path)) return false;
  return (
    !path.endsWith('.spec.ts') && !path.endsWith('.d.ts') && !testFolders.test(path.replaceAll('\\', '/'))
  );
}

/**
 * @param {string} source relative to the root
 * @param {string} dist
 */
async function compile(source, dist) {
  const target = join(dist, source.replace(/\.ts$/, '.js'));
  const mapName = `${basename(target)}.map`;
  await mkdir(dirname(target), { recursive: true });
  const { code, map } = await transformFile(join(root, source), {
    ...swcOptions,
    swcrc: false,
    sourceMaps: true,
    sourceFileName: relative(dirname(target), join(root, source)),
  });
  await writeFile(target, `${code}//# sourceMappingURL=${mapName}\n`);
  await writeFile(`${target}.map`, map ?? '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  const count = await build();
  process.stdout.write(`built ${count} files in ${Math.round(performance.now() - started)} ms\n`);
}
