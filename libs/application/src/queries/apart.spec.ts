import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const room = join(import.meta.dirname, '..');
const isShipped = (file: string) => !/\.spec\.ts$|^testing\//.test(file);
const asksQueries = (source: string) => source.includes("'#application/queries/");

it('no command asks a query: what is decided is decided from its stream', () => {
  const files = globSync('**/*.ts', { cwd: room }).filter(isShipped);
  const asking = files.filter((file) => asksQueries(readFileSync(join(room, file), 'utf8')));
  expect(asking).toContain('queries/users.ts');
  expect(asking.filter((file) => !file.startsWith('queries/'))).toEqual([]);
});
