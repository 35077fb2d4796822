import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { buildOf, withProjections } from '#cli/projections.js';

export const projectionsDrop: Command = {
  name: 'projections drop',
  summary: 'Drop the rows of a build that is not live: one that was, or one with a name beside.',
  way: 'either',
  arguments: [{ name: 'build', meaning: 'Its number, which projections show tells.' }],
  options: {},
  examples: [{ line: 'projections drop 1', meaning: 'The rows that were live before a replay' }],
  run: async (call) => {
    const build = buildOf('<build>', call);
    await withProjections(call, (projections) => projections.drop(build));
    await call.output.answer({ build, dropped: true }, () => `the build ${build} is dropped`);
    return exitCodes.done;
  },
};
