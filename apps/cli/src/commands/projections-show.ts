import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { parkedTable, projectionTable } from '#cli/projection-texts.js';
import { projectionArgument, projectionIn, standingOf } from '#cli/projections.js';
import { comparisonLines, replayTable } from '#cli/replay-texts.js';

export const projectionsShow: Command = {
  name: 'projections show',
  summary: 'Say all that is known of one projection: its builds, what is parked, its replays.',
  way: 'looks',
  arguments: [projectionArgument],
  options: {},
  examples: [{ line: 'projections show users', meaning: 'Before it is replayed, and after' }],
  run: async (call) => {
    const { output, given } = call;
    const standing = await standingOf(call);
    const projection = projectionIn(standing, given.argument(0));
    const replays = standing.replays.filter((one) => one.projection === projection.projection);
    await output.answer({ ...projection, head: standing.head, replays }, () => {
      const parts = [projectionTable(projection, standing.head, output)];
      if (projection.parked.length > 0) parts.push(parkedTable(projection.parked, output));
      if (replays.length > 0) parts.push(replayTable(replays, output));
      parts.push(...replays.slice(-1).flatMap(comparisonLines));
      return parts.join('\n\n');
    });
    return exitCodes.done;
  },
};
