// `npm run campaign:replicas -- --times 20`: two servers on one log and one PostgreSQL, of which the one that makes the
// rows is killed so many times while clients write to both.

import { parseArgs } from 'node:util';

import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import { Chance } from '#test/faults/chance.js';
import { type Kill, killAgainAndAgain } from '#test/faults/replica-kills.js';
import { type Replica, Replicas } from '#test/faults/replicas.js';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [times, seed] = [Number(values.times), Number(values.seed)];
/** What must hold of each kill. */
const [takenOverMaxMs, levelMaxMs] = [5_000, 10_000];

print(`seed ${seed}`);
const replicas = await Replicas.open();
try {
  const both: [Replica, Replica] = await Promise.all([replicas.start(), replicas.start()]);
  await Promise.all(both.map((one) => replicas.untilReady(one)));
  const onKill = (kill: Kill) => print(JSON.stringify(kill));
  const killed = await killAgainAndAgain({ replicas, both, times, chance: new Chance(seed), onKill });
  const { kills, acknowledged } = killed;
  const late = kills.filter((one) => one.takenOverMs > takenOverMaxMs || one.levelMs > levelMaxMs).length;
  const wrong = [...killed.wrong, ...(late > 0 ? [`${late} kills were made good too late`] : [])];
  const spread = (of: (kill: Kill) => number) => {
    const sorted = kills.map(of).sort((one, other) => one - other);
    return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
  };
  const [takenOverMs, levelMs] = [spread((kill) => kill.takenOverMs), spread((kill) => kill.levelMs)];
  printTable({ 'another projects after, ms': takenOverMs, 'all is shown after, ms': levelMs });
  for (const text of wrong) print(text);
  const figures = { kills: kills.length, acknowledged, takenOverMs, levelMs, wrong };
  print(JSON.stringify({ campaign: 'replicas', seed, ...figures, commit: commitOf() }));
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  await replicas.close();
}
