import type { Command } from '#cli/command.js';
import { replayArgument, replayOf, withProjections } from '#cli/projections.js';
import { watchReplay } from '#cli/watch-replay.js';

export const projectionsWatch: Command = {
  name: 'projections watch',
  summary: 'Show how far a replay is, until it rests or Ctrl-C.',
  details:
    'In a service it goes on when nobody watches. Where none runs, one that was under way is gone on with here, and paused by Ctrl-C.',
  way: 'either',
  arguments: [replayArgument],
  options: {},
  examples: [
    { line: 'projections watch 4', meaning: 'With a progress bar' },
    { line: 'projections watch 4 --json', meaning: 'With a line for each change' },
  ],
  run: (call) => {
    const build = replayOf(call);
    return withProjections(call, (projections) => watchReplay(call, projections, build));
  },
};
