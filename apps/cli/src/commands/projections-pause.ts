import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { namedBy, projectionOrReplayArgument, withProjections } from '#cli/projections.js';

export const projectionsPause: Command = {
  name: 'projections pause',
  summary: 'Stop following the log for a projection, or stop a replay, until it is resumed.',
  details:
    'A projection is paused until the service starts anew at the latest; queries that have to show what comes meanwhile are refused as not-yet. A replay stays paused.',
  way: 'either',
  arguments: [projectionOrReplayArgument],
  options: {},
  examples: [
    { line: 'projections pause 4', meaning: 'A replay, by its number' },
    { line: 'projections pause audit', meaning: 'A projection, where a service runs' },
  ],
  run: async (call) => {
    const named = namedBy(call);
    await withProjections(call, (projections) =>
      named.kind === 'replay' ? projections.pauseReplay(named.build) : projections.pause(named.projection),
    );
    await call.output.answer({ ...named, paused: true }, () => `${call.given.argument(0)} is paused`);
    return exitCodes.done;
  },
};
