// A replay as somebody watches it, to its end or until Ctrl-C.

import type { Call } from '#cli/command.js';
import { CommandFailure } from '#cli/command-failure.js';
import { type ExitCode, exitCodes } from '#cli/exit-codes.js';
import type { Projections } from '#cli/projections.js';
import { comparisonLines, doneText, replayLine } from '#cli/replay-texts.js';
import type { ReplayStanding } from '#cli/standing.js';
import { stopSignal } from '#cli/stop-signal.js';

/** Throws `CommandFailure` for one that is not done. In JSON each change is a line, the last one how it ended. */
export async function watchReplay(call: Call, projections: Projections, build: number): Promise<ExitCode> {
  const { output } = call;
  const stopped = stopSignal();
  const bar = output.progress('replay');
  let last: ReplayStanding | null = null;
  try {
    for await (const standing of projections.changes(build, stopped)) {
      bar.showLine(replayLine(standing));
      if (output.isJson && hasChanged(last, standing)) await output.json(standing);
      last = standing;
    }
  } finally {
    bar.end();
  }
  if (stopped.aborted && last?.phase !== 'done') throw await leave(call, projections, build);
  return await tellEnd(call, last ?? (await projections.replay(build)));
}

/** What a rate or a guess at the time says anew is no change. */
function hasChanged(last: ReplayStanding | null, now: ReplayStanding): boolean {
  if (last === null) return true;
  return last.phase !== now.phase || last.done !== now.done || last.lastError !== now.lastError;
}

async function leave({ output }: Call, projections: Projections, build: number): Promise<CommandFailure> {
  const interrupted = (message: string, advice: string) =>
    new CommandFailure({ kind: 'interrupted', message, advice });
  if (projections.goesOn)
    return interrupted(
      `the replay ${build} goes on in the service`,
      `countersign projections watch ${build} shows it, countersign projections cancel ${build} ends it`,
    );
  output.note('pausing it after what is under way');
  await projections.pauseReplay(build);
  const { phase } = await projections.replay(build);
  return interrupted(
    `the replay ${build} is ${phase}`,
    `countersign projections resume ${build} goes on with it, also in a service; countersign projections cancel ${build} drops it`,
  );
}

async function tellEnd({ output }: Call, replay: ReplayStanding): Promise<ExitCode> {
  const { build, projection, phase, lastError } = replay;
  if (phase === 'done') {
    if (!output.isJson) await output.line(doneText(replay));
    return isRefuted(replay) ? exitCodes.notInOrder : exitCodes.done;
  }
  if (phase !== 'failed')
    throw new CommandFailure({
      kind: 'notNow',
      message: `the replay ${build} of ${projection} is ${phase}`,
      advice: phase === 'paused' ? `countersign projections resume ${build} goes on with it` : null,
      code: `replay-${phase}`,
    });
  if (!output.isJson) for (const line of comparisonLines(replay)) await output.line(line);
  throw new CommandFailure({
    kind: 'notInOrder',
    message: `the replay ${build} of ${projection} failed: ${lastError}`,
    advice: adviceFor(replay),
    code: 'replay-failed',
  });
}

/** A dry run is asked whether the rows are right. */
function isRefuted({ isDryRun, comparison }: ReplayStanding): boolean {
  return isDryRun && comparison?.kind === 'different';
}

function adviceFor({ build, comparison, failedAt }: ReplayStanding): string {
  const cancel = `countersign projections cancel ${build} drops it, and what was live stays live`;
  const again = `countersign projections resume ${build}`;
  if (failedAt !== null) return `${again} --park parks that stream and goes on; ${cancel}`;
  if (comparison?.kind === 'different') return `${again} --switch-anyway takes the new rows; ${cancel}`;
  return `${again} tries again; ${cancel}`;
}
