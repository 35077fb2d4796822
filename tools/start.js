// `npm start`: builds and serves, in one process, so that signals reach the server itself.

import { refuseOldNode } from '../apps/server/src/node-version.js';

const refusal = refuseOldNode();
if (refusal === undefined) {
  const { build } = await import('./build.js');
  await build();
  await import('#server/main.js');
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}
