import type { Call, Command, Example, Option } from '#cli/command.js';
import { usageFailure } from '#cli/command-failure.js';
import { timeOf } from '#cli/event-filter.js';
import { type ExitCode, exitCodes } from '#cli/exit-codes.js';
import { positionOf } from '#cli/numbers.js';
import { projectionArgument, withProjections } from '#cli/projections.js';
import { watchReplay } from '#cli/watch-replay.js';
import { positionText } from '#event-log/counted-position.js';
import type { Position } from '#event-log/event-log.js';
import type { ReplayAsked } from '#read-models/replay/asked.js';

const options = {
  'dry-run': { meaning: 'Build and compare, then drop the rows. Exit code 1 where they differ.' },
  side: {
    meaning: 'Build rows with this name beside, which are never live, and keep them.',
    value: 'name',
  },
  'up-to-position': { meaning: 'With --side: nothing after this position.', value: 'position' },
  'up-to-time': {
    meaning: 'With --side: nothing from the first event on that is later: RFC 3339, or 15m, 6h, 2d ago.',
    value: 'time',
  },
  'only-stream': { meaning: 'With --side: of this stream alone.', value: 'name' },
  rate: { meaning: 'At most so many events a second.', value: 'count' },
  park: { meaning: 'An event that makes no rows parks its stream, instead of ending the replay.' },
  'switch-anyway': { meaning: 'Switch also where the rows differ from those that are live.' },
  detach: { meaning: 'Where a service does it: answer as soon as it has begun.' },
} as const satisfies Record<string, Option>;

const examplesOf = (name: string): readonly [Example, ...Example[]] => [
  { line: `${name} users`, meaning: 'Build them anew, compare, and switch' },
  { line: `${name} users --dry-run`, meaning: 'Are the rows what the log says?' },
  { line: `${name} users --side before-monday --up-to-time 2d`, meaning: 'As they were two days ago' },
  { line: `${name} audit --rate 5000 --detach`, meaning: 'Slowly, in the service' },
  { line: `${name} users --json`, meaning: 'A line for each change' },
];

/** By its long name, and by the one that operators say. */
export const replayCommands = ['projections replay', 'replay'].map(
  (name): Command => ({
    name,
    summary: 'Build the rows of a projection anew beside those that are live, compare, and switch.',
    details:
      'Queries are answered meanwhile. Ctrl-C leaves it to the service, and where none runs it pauses it, to be gone on with. The rows that were live are kept until countersign projections drop. Exit code 1 where it failed, or where the rows differ.',
    way: 'either',
    arguments: [projectionArgument],
    options,
    examples: examplesOf(name),
    run: replay,
  }),
);

async function replay(call: Call): Promise<ExitCode> {
  const { given, output } = call;
  const projection = given.argument(0);
  const asked = askedBy(call);
  return await withProjections(call, async (projections) => {
    const begun = await projections.begin(projection, asked);
    const { build } = begun;
    if (given.flag('detach') && projections.goesOn) {
      await output.answer(begun, () => `the replay ${build} of ${projection} has begun in the service`);
      output.note(`countersign projections watch ${build} shows it`);
      return exitCodes.done;
    }
    output.note(`the replay ${build} of ${projection} has begun`);
    return await watchReplay(call, projections, build);
  });
}

/** What does not go together is refused by whoever replays. */
function askedBy({ given }: Call): ReplayAsked {
  const side = given.text('side');
  const position = positionOf('--up-to-position', given.text('up-to-position'));
  const time = timeOf('up-to-time', given.text('up-to-time'), Date.now());
  const stream = given.text('only-stream');
  const rate = rateOf(given.text('rate'));
  return {
    ...(given.flag('dry-run') && { isDryRun: true }),
    ...(side !== null && { side }),
    ...(position !== null && { upToPosition: positionText(position) as Position }),
    ...(time !== null && { upToTime: Date.parse(time) }),
    ...(stream !== null && { onlyStream: stream }),
    ...(rate !== null && { eventsPerSecondMax: rate }),
    ...(given.flag('park') && { parks: true }),
    ...(given.flag('switch-anyway') && { switchesAnyway: true }),
  };
}

function rateOf(text: string | null): number | null {
  if (text === null) return null;
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text);
  throw usageFailure('--rate must be a number of events a second above 0', `it was ${text}`);
}
