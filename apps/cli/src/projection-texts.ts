// Tables of projections, for people.

import type { Cell, Colour, Output } from '#cli/output.js';
import { timeText } from '#cli/progress-bar.js';
import type { Parked } from '#cli/projections.js';
import { type ProjectionStanding, shownPosition } from '#cli/standing.js';

const colours: Readonly<Record<string, Colour>> = {
  following: 'green',
  retrying: 'yellow',
  paused: 'yellow',
  stopped: 'red',
  'to-be-replayed': 'red',
};

export function standingTable(projections: readonly ProjectionStanding[], output: Output): string {
  const head = ['projection', 'state', 'position', 'lag', 'parked', 'last error'];
  return output.table(head, projections.map(standingCells));
}

function standingCells(standing: ProjectionStanding): Cell[] {
  const { projection, state, position, parked, lastError } = standing;
  const count = String(parked.length);
  return [
    projection,
    stateCell(state),
    shownPosition(position),
    lagText(standing),
    parked.length === 0 ? count : { text: count, colour: 'red' },
    lastError ?? '',
  ];
}

function stateCell(state: string): Cell {
  const colour = colours[state];
  return colour === undefined ? state : { text: state, colour };
}

export function lagText({
  lagEvents,
  lagSeconds,
}: Pick<ProjectionStanding, 'lagEvents' | 'lagSeconds'>): string {
  if (lagEvents === 0) return 'none';
  const events = lagEvents === null ? 'unknown' : `${lagEvents.toLocaleString('en')} events`;
  return lagSeconds === null ? events : `${events}, ${timeText(lagSeconds)}`;
}

export function projectionTable(standing: ProjectionStanding, head: string | null, output: Output): string {
  const { projection, version, build, state, position, events, eventsPerSecond, builds, lastError } =
    standing;
  const others = builds.filter(({ isLive }) => !isLive);
  const rows: (readonly Cell[])[] = [
    ['projection', projection],
    ['state', stateCell(state)],
    ['live', build === null ? 'nothing yet' : `build ${build}, version ${version}`],
    ['position', shownPosition(position)],
    ['log head', shownPosition(head)],
    ['lag', lagText(standing)],
    [
      'events seen',
      `${events.toLocaleString('en')}, now ${Math.round(eventsPerSecond).toLocaleString('en')}/s`,
    ],
    ['parked', String(standing.parked.length)],
    ['last error', lastError ?? 'none'],
    ...others.map(({ build: other, version: made, position: at }) => [
      `build ${other}`,
      `not live, version ${made}, up to ${shownPosition(at)}`,
    ]),
  ];
  return output.table(['what', 'how it is'], rows);
}

export function parkedTable(
  parked: readonly (Parked & { readonly projection?: string })[],
  output: Output,
): string {
  const head = ['projection', 'stream', 'position', 'attempts', 'error'];
  const rows = parked.map(({ projection = '', stream, position, attempts, error }) => [
    projection,
    stream,
    shownPosition(position),
    String(attempts),
    error,
  ]);
  return output.table(head, rows);
}
