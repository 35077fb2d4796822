#!/usr/bin/env node
// `npx countersign` from a checkout: builds what changed, and runs the command line in the same process.

import { refuseOldNode } from '../apps/server/src/node-version.js';

const refusal = refuseOldNode();
if (refusal === undefined) {
  const { build } = await import('./build.js');
  await build();
  await import('#cli/main.js');
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}
