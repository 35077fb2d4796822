// What is served where nothing streams.

import { type Served, statusCodes } from '#transport/call.js';

const status = { code: statusCodes.unimplemented, message: 'Nothing streams here.', details: [] } as const;

export const unaryOnly = (calls: Pick<Served, 'services' | 'invoke'>): Served => ({
  ...calls,
  stream: async () => ({ kind: 'refused', status, headers: {} }),
  endStreams: () => undefined,
});
