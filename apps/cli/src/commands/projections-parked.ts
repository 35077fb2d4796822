import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { parkedTable } from '#cli/projection-texts.js';
import { projectionArgument, projectionIn, standingOf } from '#cli/projections.js';

export const projectionsParked: Command = {
  name: 'projections parked',
  summary: 'List the streams of which an event could not be made into rows.',
  details:
    'That event and what follows it in its stream are missing in the rows; other streams go on. Exit code 1 where there are any.',
  way: 'looks',
  arguments: [{ ...projectionArgument, optional: true }],
  options: {},
  examples: [
    { line: 'projections parked', meaning: 'Of every projection' },
    { line: 'projections parked users --json', meaning: 'Of one, for a script' },
  ],
  run: async (call) => {
    const { output, given } = call;
    const standing = await standingOf(call);
    const name = given.argument(0);
    const shown = name === '' ? standing.projections : [projectionIn(standing, name)];
    const parked = shown.flatMap(({ projection, parked: streams }) =>
      streams.map((one) => ({ projection, ...one })),
    );
    await output.answer({ parked }, () =>
      parked.length === 0 ? 'nothing is parked' : parkedTable(parked, output),
    );
    return parked.length === 0 ? exitCodes.done : exitCodes.notInOrder;
  },
};
