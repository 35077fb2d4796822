import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { commentsPath, commentsSource } from '#tools/openapi-comments.js';

describe('the comments of the contract', () => {
  // When this fails: node --conditions=development tools/openapi-comments.ts
  it('stand in the documentation as they stand in the contract', () => {
    expect(readFileSync(join(import.meta.dirname, '..', commentsPath), 'utf8')).toBe(commentsSource());
  });
});
