// Asks for the right Node before anything is loaded that would crash on an older one.

import { refuseOldNode } from '#server/node-version.js';

const refusal = refuseOldNode();
if (refusal === undefined) {
  const [{ run }, { exitCodes }] = await Promise.all([import('#cli/run.js'), import('#cli/exit-codes.js')]);
  process.setSourceMapsEnabled(true);
  // Who reads no further has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 5));
  const { env: environment, stdout: standardOutput, stderr: standardError } = process;
  process.exitCode = await run(process.argv.slice(2), { environment, standardOutput, standardError }).catch(
    (error: unknown) => {
      process.stderr.write(`countersign: a bug: ${error instanceof Error ? error.stack : String(error)}\n`);
      return exitCodes.bug;
    },
  );
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}
