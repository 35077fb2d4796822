import { describe, expect, it } from '@jest/globals';

import { refusalOf } from '#key-store-postgres/key-tables.js';

const good = {
  server_version_num: '150000',
  fsync: 'on',
  synchronous_commit: 'on',
  server_encoding: 'UTF8',
} as const;

describe('a server that keys are kept by', () => {
  it.each([good, { ...good, server_version_num: '180004' }, { ...good, synchronous_commit: 'local' }])(
    'may be %j',
    (settings) => {
      expect(refusalOf(settings)).toBeNull();
    },
  );

  it.each([
    [{ server_version_num: '140022' }, 'its server is PostgreSQL 14, and 15 is the least'],
    [{ server_version_num: 'devel' }, 'its server is PostgreSQL NaN, and 15 is the least'],
    [{ fsync: 'off' }, 'the server runs with fsync=off'],
    [{ synchronous_commit: 'off' }, 'its connections have synchronous_commit=off'],
    [{ server_encoding: 'LATIN1' }, 'its database has the encoding LATIN1, not UTF8'],
  ])('is refused with %j', (changed, refusal) => {
    expect(refusalOf({ ...good, ...changed })).toBe(refusal);
  });
});
