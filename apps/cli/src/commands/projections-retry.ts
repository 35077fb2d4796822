import { goOnWithParked, parkedArguments } from '#cli/go-on-with-parked.js';

export const projectionsRetry = goOnWithParked({
  name: 'projections retry',
  summary: 'Make rows of what was parked of a stream, in order, and go on with it.',
  details: 'Exit code 1 where it fails again: then it is parked again.',
  arguments: parkedArguments.slice(0, 2),
  examples: [
    {
      line: 'projections retry users user-01a1fe5e-2dff-70db-8702-33a31e1f2470',
      meaning: 'After a release that understands the event',
    },
  ],
  goOn: (projections, projection, at) => projections.retry(projection, at),
});
