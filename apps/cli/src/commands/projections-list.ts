import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { standingTable } from '#cli/projection-texts.js';
import { standingOf } from '#cli/projections.js';
import { replayTable } from '#cli/replay-texts.js';

export const projectionsList: Command = {
  name: 'projections list',
  summary: 'Say where the rows stand that queries are answered from, and which replays there are.',
  way: 'looks',
  arguments: [],
  options: {},
  examples: [
    { line: 'projections list', meaning: 'For a person' },
    { line: 'projections list --json', meaning: 'For a script' },
  ],
  run: async (call) => {
    const { output } = call;
    const standing = await standingOf(call);
    await output.answer(standing, () => {
      const { projections, replays } = standing;
      const table = standingTable(projections, output);
      return replays.length === 0 ? table : `${table}\n\n${replayTable(replays, output)}`;
    });
    return exitCodes.done;
  },
};
