import type { Call, Command } from '#cli/command.js';
import { usageFailure } from '#cli/command-failure.js';
import { type ExitCode, exitCodes } from '#cli/exit-codes.js';
import { namedBy, projectionOrReplayArgument, withProjections } from '#cli/projections.js';
import { watchReplay } from '#cli/watch-replay.js';

export const projectionsResume: Command = {
  name: 'projections resume',
  summary: 'Go on with a projection that was paused, or with a replay that was paused or failed.',
  details: 'A replay goes on from where its rows are, and is watched as when it began.',
  way: 'either',
  arguments: [projectionOrReplayArgument],
  options: {
    park: { meaning: 'Of a replay: from now on, an event that makes no rows parks its stream.' },
    'switch-anyway': { meaning: 'Of a replay: switch also where the rows differ from those that are live.' },
    detach: { meaning: 'Where a service does it: answer as soon as it goes on.' },
  },
  examples: [
    { line: 'projections resume 4', meaning: 'A replay, by its number' },
    { line: 'projections resume 4 --park', meaning: 'One that failed at an event' },
    { line: 'projections resume audit', meaning: 'A projection, where a service runs' },
  ],
  run: async (call) => {
    const named = namedBy(call);
    if (named.kind === 'replay') return await resumeReplay(call, named.build);
    if (['park', 'switch-anyway', 'detach'].some((option) => call.given.flag(option)))
      throw usageFailure('those options are for replays', 'which are named by their numbers');
    await withProjections(call, (projections) => projections.resume(named.projection));
    await call.output.answer({ ...named, paused: false }, () => `${named.projection} goes on`);
    return exitCodes.done;
  },
};

function resumeReplay(call: Call, build: number): Promise<ExitCode> {
  const { given, output } = call;
  return withProjections(call, async (projections) => {
    await projections.resumeReplay(build, {
      ...(given.flag('park') && { parks: true }),
      ...(given.flag('switch-anyway') && { switchesAnyway: true }),
    });
    if (!given.flag('detach') || !projections.goesOn) return await watchReplay(call, projections, build);
    await output.answer(await projections.replay(build), () => `the replay ${build} goes on in the service`);
    return exitCodes.done;
  });
}
