// `npm run bench`: each figure beside its ceiling, as a table and as JSON. `--rows`, `--users`, `--logins` and `--rounds` scale it.

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { callFigures } from '#test/bench/call-figures.js';
import { commandFigures } from '#test/bench/command-figures.js';
import { dialectFigures } from '#test/bench/dialect-figures.js';
import { eventLogFigures } from '#test/bench/event-log-figures.js';
import { type Figure, holds } from '#test/bench/figures.js';
import { loginFigures } from '#test/bench/login-figures.js';
import { longStreamsFigures } from '#test/bench/long-streams-figures.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    users: { type: 'string', default: '100000' },
    logins: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    directory: { type: 'string', default: tmpdir() },
  },
});

const directory = mkdtempSync(join(values.directory, 'countersign-bench-'));
try {
  const rounds = Number(values.rounds);
  const figures = [
    ...(await eventLogFigures({ directory, rows: Number(values.rows), rounds })),
    ...(await commandFigures({ directory, users: Number(values.users), rounds })),
    ...(await callFigures({ directory: join(directory, 'calls'), users: Number(values.users), rounds })),
    ...(await dialectFigures({
      directory: join(directory, 'dialects'),
      users: Number(values.users),
      rounds,
    })),
    ...(await loginFigures({ directory: join(directory, 'logins'), logins: Number(values.logins), rounds })),
    ...(await longStreamsFigures({ directory: join(directory, 'long') })),
  ];
  if (!values.json) printTable(figures);
  console.log(JSON.stringify({ node: process.version, cores: cpus().length, ...values, figures }));
  process.exitCode = figures.every(holds) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

function printTable(figures: readonly Figure[]): void {
  const short = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2));
  for (const figure of figures) {
    const verdict = holds(figure) ? 'yes' : 'NO ';
    const bar = `${figure.better === 'higher' ? '>=' : '<='} ${figure.bar}`;
    console.log(`${verdict}  ${figure.claim}`);
    console.log(
      `     ${short(figure.ours)} beside ${short(figure.ceiling)} ${figure.unit}: ${figure.compared} ${figure.value.toFixed(2)} (bar ${bar})`,
    );
  }
}
