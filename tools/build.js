// Compiles apps/ and libs/ to dist/, path for path. Types are not looked at here (`npm run check` does),
// so that a start costs a fraction of a second.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { transformFile } from '@swc/core';

import { swcOptions } from './swc-options.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const sourceFolders = ['apps', 'libs'];
/** What only tests need stays out of what is shipped. */
const testFolders = /^libs\/[^/]+\/src\/(contract|testing)\/|\/golden\//;

/**
 * Touches only what changed, so that a server that runs from dist/ never meets a missing or half a file.
 *
 * @returns {Promise<number>} how many files were compiled
 */
export async function build() {
  const sources = await shippedSources();
  const written = new Set((await Promise.all(sources.map(compile))).flat());
  await removeAllBut(written);
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
 * @returns {Promise<string[]>} what it became
 */
async function compile(source) {
  const target = join(dist, source.replace(/\.ts$/, '.js'));
  const { code, map } = await transformFile(join(root, source), {
    ...swcOptions,
    swcrc: false,
    sourceMaps: true,
    sourceFileName: relative(dirname(target), join(root, source)),
  });
  const mapTarget = `${target}.map`;
  await mkdir(dirname(target), { recursive: true });
  await replaceFile(mapTarget, map ?? '');
  await replaceFile(target, `${code}//# sourceMappingURL=${basename(mapTarget)}\n`);
  return [target, mapTarget];
}

/**
 * @param {string} path
 * @param {string} content
 */
async function replaceFile(path, content) {
  const current = await readFile(path, 'utf8').catch(() => undefined);
  if (current === content) return;
  const fresh = `${path}.${process.pid}.new`;
  await writeFile(fresh, content);
  await rename(fresh, path);
}

/** @param {Set<string>} kept */
async function removeAllBut(kept) {
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const stale = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !kept.has(path) && !path.endsWith('.new'));
  await Promise.all(stale.map((path) => rm(path, { force: true })));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  const count = await build();
  process.stdout.write(`built ${count} files in ${Math.round(performance.now() - started)} ms\n`);
}
