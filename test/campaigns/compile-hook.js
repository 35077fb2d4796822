// For campaigns that run commands on the sources: Node strips types, but knows no decorators. To be loaded
// by `--import`, before what is run.

import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

import { transformFileSync } from '@swc/core';

import { swcOptions } from '../../tools/swc-options.js';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts') || url.includes('/node_modules/')) return nextLoad(url, context);
    const { code } = transformFileSync(fileURLToPath(url), {
      ...swcOptions,
      swcrc: false,
      sourceMaps: 'inline',
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
