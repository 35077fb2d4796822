import { goOnWithParked, parkedArguments } from '#cli/go-on-with-parked.js';

export const projectionsSkip = goOnWithParked({
  name: 'projections skip',
  summary: 'Leave out the event that a stream is parked at, and go on with what follows it.',
  details:
    'Nothing of that event is then in the rows, until a replay by a release that understands it. Exit code 1 where a later event of the stream fails: then it is parked at that one.',
  arguments: parkedArguments,
  examples: [
    {
      line: 'projections skip users user-01a1fe5e-2dff-70db-8702-33a31e1f2470 17',
      meaning: 'The event at position 17, which nobody needs',
    },
  ],
  goOn: (projections, projection, at) => projections.skip(projection, at),
});
