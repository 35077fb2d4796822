// `npm run campaign:hostile -- --requests 100000 --seed 1`: what somebody sends who means harm, against the built server.

import { parseArgs } from 'node:util';

import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import { calls } from '#test/conformance/access/calls.js';
import { endAll } from '#test/e2e/server-process.js';
import { attack, isBack, kept, type Outcome } from '#test/faults/hostile.js';
import { besiege, type Planted } from '#test/faults/hostile-server.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** For a long run in pieces, of which one has planted bugs to see. */
    'without-controls': { type: 'boolean', default: false },
  },
});

const seed = Number(values.seed);
const routes = calls.flatMap((call) => call.routes);
const slow = 60;

const run = async (requests: number, planted?: Planted): Promise<Outcome> => {
  try {
    const onProgress = (done: number) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} requests\r`);
    };
    const besieged = await besiege(planted);
    return await attack({
      ...besieged,
      seed,
      requests,
      atOnce: 48,
      routes,
      slow: planted === undefined ? slow : 0,
      onProgress,
    });
  } finally {
    await endAll();
  }
};

print(`seed ${seed}`);
const started = performance.now();
const asItIs = await run(Number(values.requests));
const { before, after } = asItIs.memory;
const claims: [string, boolean][] = [
  ['it goes on, breaks nothing and answers everybody', asItIs.violationCount === 0],
  ['its memory is back to 10 % above what it was at most', isBack(after, before)],
  ['who sends a byte a second is ended', asItIs.slowEnded === slow],
  ['somebody who means no harm is answered all the time', asItIs.bystander.failed === 0],
];
if (!values['without-controls']) {
  for (const planted of ['crash', 'broken', 'silence'] as const)
    claims.push([`a planted bug is seen: ${planted}`, (await run(400, planted)).violationCount > 0]);
  const leaking = (await run(1_500, 'leak')).memory;
  claims.push(['a planted bug is seen: leak', !isBack(leaking.after, leaking.before)]);
}

for (const [claim, holds] of claims) print(`${holds ? 'yes' : 'NO '}  ${claim}`);
for (const violation of asItIs.violations) print(`     ${violation}`);
const megabytes = (bytes: number) => Math.round(bytes / 10_000) / 100;
print('memory after collections of garbage; what is kept may be 10 % more at the end than after a fifth');
printTable(
  Object.fromEntries(
    [...asItIs.series, { requests: 'when quiet', memory: after }].map(({ requests, memory }) => [
      requests,
      {
        'heap and buffers, MB': megabytes(kept(memory)),
        'of which compiled, MB': megabytes(memory.compiled),
        'resident, MB': megabytes(memory.rss),
      },
    ]),
  ),
);
const seconds = Math.round((performance.now() - started) / 1_000);
const holds = claims.every(([, isSo]) => isSo);
print(
  JSON.stringify({
    campaign: 'hostile',
    seed,
    seconds,
    commit: commitOf(),
    node: process.version,
    holds,
    ...asItIs,
  }),
);
if (!holds) process.exitCode = 1;
