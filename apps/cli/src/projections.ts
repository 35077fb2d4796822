// What operators do to projections and their replays, the same by a service and without one.

import type { Argument, Call } from '#cli/command.js';
import { CommandFailure, notNow } from '#cli/command-failure.js';
import { wholeNumber } from '#cli/numbers.js';
import { serviceOf } from '#cli/reach.js';
import { ServiceApi } from '#cli/service-api.js';
import { settingsOf } from '#cli/settings-of.js';
import type { ProjectionStanding, ReplayStanding, Standing } from '#cli/standing.js';
import type { ReplayAsked } from '#read-models/replay/asked.js';

export type Changed = Pick<ReplayAsked, 'parks' | 'switchesAnyway'>;
export type Parked = ProjectionStanding['parked'][number];

/** Every call may throw `CommandFailure`. */
export interface Projections {
  /** Whether a replay goes on when this process ends. */
  readonly goesOn: boolean;
  begin(projection: string, asked: ReplayAsked): Promise<ReplayStanding>;
  replay(build: number): Promise<ReplayStanding>;
  /** Where it is, whenever that changes, until it rests or nobody wants to know any more. */
  changes(build: number, stopped: AbortSignal): AsyncIterable<ReplayStanding>;
  pauseReplay(build: number): Promise<void>;
  resumeReplay(build: number, changed: Changed): Promise<void>;
  cancel(build: number): Promise<void>;
  drop(build: number): Promise<void>;
  pause(projection: string): Promise<void>;
  resume(projection: string): Promise<void>;
  /** What the stream is parked at afterwards; null where it goes on. */
  retry(projection: string, at: ParkedAt): Promise<Parked | null>;
  skip(projection: string, at: ParkedAt): Promise<Parked | null>;
  close(): Promise<void>;
}

export interface ParkedAt {
  readonly stream: string;
  readonly position: string;
}

export const projectionArgument: Argument = {
  name: 'projection',
  meaning: 'Such as users, organizations or audit.',
};

export const replayArgument: Argument = {
  name: 'replay',
  meaning: 'Its number, which projections list tells.',
};

export const projectionOrReplayArgument: Argument = {
  name: 'projection-or-replay',
  meaning: 'The name of a projection, or the number of a replay.',
};

export function buildOf(what: string, { given }: Call): number {
  return wholeNumber(what, given.argument(0), 1);
}

export const replayOf = (call: Call): number => buildOf('<replay>', call);

export type Named =
  | { readonly kind: 'projection'; readonly projection: string }
  | { readonly kind: 'replay'; readonly build: number };

/** No projection has a number for a name. */
export function namedBy(call: Call): Named {
  const text = call.given.argument(0);
  return /^\d/.test(text)
    ? { kind: 'replay', build: buildOf('<projection-or-replay>', call) }
    : { kind: 'projection', projection: text };
}

export async function withProjections<Answer>(
  call: Call,
  use: (projections: Projections) => Promise<Answer>,
): Promise<Answer> {
  const projections = await openProjections(call);
  try {
    return await use(projections);
  } finally {
    await projections.close();
  }
}

async function openProjections(call: Call): Promise<Projections> {
  const url = await serviceOf(call);
  if (url !== null) {
    const { ProjectionsThere } = await import('#cli/projections-there.js');
    return new ProjectionsThere(ServiceApi.of(call, url));
  }
  refuseElsewhere(call);
  const { ProjectionsHere } = await import('#cli/projections-here.js');
  return await ProjectionsHere.open(call);
}

/** By the service that runs, or of the files of the data directory. */
export async function standingOf(call: Call): Promise<Standing> {
  const url = await serviceOf(call);
  if (url !== null) {
    const { standingThere } = await import('#cli/projections-there.js');
    return await standingThere(ServiceApi.of(call, url));
  }
  refuseElsewhere(call);
  const { embeddedDirectoryOf } = await import('#cli/settings-of.js');
  const { standingIn } = await import('#cli/standing-here.js');
  return standingIn(embeddedDirectoryOf(call));
}

export function projectionIn({ projections }: Standing, name: string): ProjectionStanding {
  const found = projections.find(({ projection }) => projection === name);
  if (found !== undefined) return found;
  throw new CommandFailure({
    kind: 'refused',
    message: `there is no projection ${name}`,
    advice: `there are ${projections.map(({ projection }) => projection).join(', ')}`,
    code: 'projection-not-found',
  });
}

/** Rows that several servers share are made by them alone: they agree on who does. */
function refuseElsewhere(call: Call): void {
  const { eventLog, readModels } = settingsOf(call);
  if (eventLog.engine === 'embedded' && readModels.engine === 'embedded') return;
  throw notNow(
    'the log or the rows are not in a data directory, and no service is ready',
    'start the service, or name one elsewhere by --url',
  );
}
