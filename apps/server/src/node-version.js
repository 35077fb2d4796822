// Which Node runs this. Plain JavaScript, because tools/start.js asks before anything is built, on a
// Node that may be too old for everything else: better-sqlite3 would crash the process there.

import { createRequire } from 'node:module';

/** The floor that package.json's `engines` names, as `24.14.1`. */
export function neededNodeVersion() {
  const { engines } = createRequire(import.meta.url)('#package.json');
  return engines.node.replace('>=', '');
}

/**
 * One line that says which Node is needed and how to get it, or nothing when this one will do.
 *
 * @param {string} running as `process.versions.node` gives it
 * @param {string} needed
 * @returns {string | undefined}
 */
export function refuseOldNode(running = process.versions.node, needed = neededNodeVersion()) {
  if (!isOlder(running, needed)) return undefined;
  return `countersign needs Node ${needed} or later and this is Node ${running}: run \`npm ci && npm start\`, which brings its own.`;
}

/**
 * @param {string} version
 * @param {string} than
 */
function isOlder(version, than) {
  const parts = partsOf(version);
  for (const [index, needed] of partsOf(than).entries()) {
    const part = parts[index] ?? 0;
    if (part !== needed) return part < needed;
  }
  return false;
}

/** @param {string} version such as `24.14.1` or `25.0.0-nightly` */
function partsOf(version) {
  return version.replace(/-.*$/, '').split('.').map(Number);
}
