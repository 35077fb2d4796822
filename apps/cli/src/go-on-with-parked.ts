// Retrying and skipping have all but one call in common.

import type { Argument, Command } from '#cli/command.js';
import { CommandFailure } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import { wholeNumber } from '#cli/numbers.js';
import {
  type Parked,
  type ParkedAt,
  type Projections,
  projectionArgument,
  projectionIn,
  standingOf,
  withProjections,
} from '#cli/projections.js';
import { type ProjectionStanding, shownPosition } from '#cli/standing.js';
import { positionText } from '#event-log/counted-position.js';

export const parkedArguments: readonly Argument[] = [
  projectionArgument,
  { name: 'stream', meaning: 'Which one, as projections parked tells.' },
  { name: 'position', meaning: 'Of the event that it is parked at, so that no other is left out.' },
];

type Words = Pick<Command, 'name' | 'summary' | 'arguments' | 'examples'> & { readonly details: string };

export interface GoingOn extends Words {
  readonly goOn: (projections: Projections, projection: string, at: ParkedAt) => Promise<Parked | null>;
}

export function goOnWithParked({ goOn, ...words }: GoingOn): Command {
  return {
    ...words,
    way: 'either',
    options: {},
    run: async (call) => {
      const { given, output } = call;
      const [name, stream, position] = [0, 1, 2].map((place) => given.argument(place)) as [
        string,
        string,
        string,
      ];
      const parked = parkedIn(projectionIn(await standingOf(call), name), stream, position);
      const again = await withProjections(call, (projections) => goOn(projections, name, parked));
      await output.answer({ projection: name, stream, parked: again }, () =>
        again === null
          ? `${stream} goes on`
          : `${stream} is parked again, at ${shownPosition(again.position)}: ${again.error}`,
      );
      return again === null ? exitCodes.done : exitCodes.notInOrder;
    },
  };
}

function parkedIn({ projection, parked }: ProjectionStanding, stream: string, position: string): Parked {
  const found = parked.find((one) => one.stream === stream);
  if (found !== undefined && (position === '' || isAt(found, position))) return found;
  const at = position === '' ? '' : ` at ${position}`;
  throw new CommandFailure({
    kind: 'refused',
    message: `the stream ${stream} of ${projection} is not parked${at}`,
    advice:
      found === undefined ? 'countersign projections parked lists them' : `it is parked at ${found.position}`,
    code: 'parked-stream-not-found',
  });
}

/** Also without the leading zeros of logs that count. */
function isAt({ position }: Parked, given: string): boolean {
  if (given === position) return true;
  return /^\d{1,16}$/.test(given) && positionText(wholeNumber('<position>', given, 1)) === position;
}
