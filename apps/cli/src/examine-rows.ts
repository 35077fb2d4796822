// Whether the rows that queries are answered from are of the log beside them, and nothing is missing in them.

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import { type Finding, fine, problem, warning } from '#cli/finding.js';
import { shownPosition } from '#cli/standing.js';
import { positionNumber } from '#event-log/counted-position.js';
import { EventLogError } from '#event-log/errors.js';
import { logStart } from '#event-log/event-log.js';
import { readEnd } from '#event-log-sqlite/log-end.js';
import { notedReplay } from '#read-models/replay/asked.js';
import { ModelStoreError } from '#read-models/store.js';
import type { SeenBuild, SeenModels } from '#read-models/stores/sqlite/look-into-models.js';

const what = 'read models';
const anew = 'nothing by hand: the next start of the service moves them aside, and builds them anew';

export async function rowFindings(directory: string): Promise<Finding[]> {
  // Loaded here, since the rest of the doctor needs no store.
  const [{ modelsPath }, { seenIn }, { models }] = await Promise.all([
    import('#server/models-file.js'),
    import('#cli/standing-here.js'),
    import('#server/projecting-parts.js'),
  ]);
  const path = modelsPath(directory);
  if (!existsSync(join(directory, 'events.db'))) return [];
  const aside = asideFindings(directory, basename(path));
  if (!existsSync(path)) return [fine(what, 'there are none yet: the next start makes them'), ...aside];
  try {
    // Before the log, which may be written meanwhile.
    const seen = seenIn(directory);
    const versions = new Map(models.map(({ name, version }) => [name, version]));
    return [
      checkpointFinding(directory, seen.builds),
      ...liveFindings(seen, versions),
      ...replayFindings(seen),
      ...aside,
    ];
  } catch (error) {
    if (error instanceof ModelStoreError) return [problem(what, error.message, anew), ...aside];
    if (error instanceof EventLogError)
      return [warning(what, 'they cannot be held against the log', 'see to the log first'), ...aside];
    throw error;
  }
}

function checkpointFinding(directory: string, builds: readonly SeenBuild[]): Finding {
  const { identity, position: head } = readEnd(directory);
  for (const { projection, checkpoint } of builds) {
    if (checkpoint === null) continue;
    if (checkpoint.log !== identity)
      return problem(what, `the rows of ${projection} are made from another log than this one`, anew);
    if (positionNumber(checkpoint.position) > head)
      return problem(
        what,
        `the rows of ${projection} show the log up to ${shownPosition(checkpoint.position)}, and it ends at ${head.toLocaleString('en')}`,
        anew,
      );
  }
  const live = builds.filter(({ isLive }) => isLive);
  const told = live.map(({ projection, checkpoint }) => {
    const behind = head - positionNumber(checkpoint?.position ?? logStart);
    return behind === 0 ? projection : `${projection} ${behind.toLocaleString('en')} events behind`;
  });
  return fine(what, `their checkpoints are of this log: ${told.join(', ') || 'nothing is live yet'}`);
}

function liveFindings({ builds }: SeenModels, versions: ReadonlyMap<string, number>): Finding[] {
  return builds
    .filter(({ isLive }) => isLive)
    .flatMap(({ projection, version, parked }) => {
      const findings: Finding[] = [];
      const own = versions.get(projection);
      if (own !== undefined && own !== version)
        findings.push(
          warning(
            what,
            `version ${version} of ${projection} is live, and this release has version ${own}`,
            `countersign projections replay ${projection} builds that`,
          ),
        );
      if (parked.length > 0)
        findings.push(
          problem(
            'parked',
            `${parked.length} streams of ${projection} are parked: their rows are not what the log says`,
            'countersign projections parked lists them; then projections retry, or projections skip',
          ),
        );
      return findings;
    });
}

function replayFindings({ notes }: SeenModels): Finding[] {
  return notes
    .map(notedReplay)
    .filter(({ phase }) => phase === 'failed' || phase === 'paused')
    .map(({ build, projection, phase, lastError }) =>
      warning(
        'replay',
        `the replay ${build} of ${projection} is ${phase}${lastError === null ? '' : `: ${lastError}`}`,
        `countersign projections resume ${build} goes on with it, countersign projections cancel ${build} drops it`,
      ),
    );
}

/** What a start moved aside has personal data in it, and nothing erases that. */
function asideFindings(directory: string, name: string): Finding[] {
  const aside = readdirSync(directory).filter((one) => one.startsWith(`${name}.`) && one.includes('.aside'));
  if (aside.length === 0) return [];
  const paths = aside.map((one) => join(directory, one)).join(' ');
  return [
    warning(
      'moved aside',
      'rows that were moved aside hold personal data, which no erasure reaches',
      `rm ${paths}`,
    ),
  ];
}
