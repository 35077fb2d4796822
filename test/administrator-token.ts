import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As the first start wrote it. */
export const tokenIn = (directory: string): string =>
  readFileSync(join(directory, 'admin.token'), 'utf8').trim();
