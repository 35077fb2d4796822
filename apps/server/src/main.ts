// Asks for the right Node before anything is loaded that would crash on an older one.

import { refuseOldNode } from '#server/node-version.js';

const refusal = refuseOldNode();
if (refusal === undefined) {
  const { run } = await import('#server/run.js');
  await run(process.env);
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}
