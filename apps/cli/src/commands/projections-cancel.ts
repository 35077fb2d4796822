import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { replayArgument, replayOf, withProjections } from '#cli/projections.js';

export const projectionsCancel: Command = {
  name: 'projections cancel',
  summary: 'End a replay, and drop the rows that it made. What was live stays live.',
  way: 'either',
  arguments: [replayArgument],
  options: {},
  examples: [{ line: 'projections cancel 4', meaning: 'By its number' }],
  run: async (call) => {
    const build = replayOf(call);
    await withProjections(call, (projections) => projections.cancel(build));
    await call.output.answer({ build, cancelled: true }, () => `the replay ${build} is cancelled`);
    return exitCodes.done;
  },
};
