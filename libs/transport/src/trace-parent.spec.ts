import { expect, it } from '@jest/globals';

import { traceParentOf } from '#transport/trace-parent.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

it.each([
  [`00-${traceId}-${spanId}-01`, true],
  [`00-${traceId}-${spanId}-00`, false],
  [`00-${traceId}-${spanId}-03`, true],
  [`cc-${traceId}-${spanId}-01-what-comes-later`, true],
])('%s is a parent, and says whether it is recorded', (header, isSampled) => {
  expect(traceParentOf(header)).toEqual({ traceId, spanId, isSampled });
});

it.each([
  null,
  '',
  'none',
  `ff-${traceId}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId}-${spanId}-011`,
  ` 00-${traceId}-${spanId}-01`,
])('%j is none', (header) => {
  expect(traceParentOf(header)).toBeNull();
});
