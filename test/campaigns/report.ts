// What a campaign of strikes prints: what holds, a table to read, and one line of JSON to keep.

import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import type { Tally } from '#test/faults/tally.js';

export interface CampaignRun {
  readonly name: string;
  readonly claim: string;
  readonly tally: Tally;
  readonly holds: boolean;
}

export interface CampaignReport {
  readonly campaign: string;
  readonly seed: number;
  readonly seconds: number;
  readonly runs: readonly CampaignRun[];
}

/** Prints it, and sets the exit code: 1 where a claim does not hold. */
export function report({ runs, ...campaign }: CampaignReport): void {
  for (const { claim, holds } of runs) print(`${holds ? 'yes' : 'NO '}  ${claim}`);
  for (const { name, tally } of runs) for (const text of tally.evidence) print(`     ${name}: ${text}`);
  printTable(figuresByRun(runs));
  const told = runs.map(({ tally, ...run }) => ({ ...run, ...tally }));
  print(JSON.stringify({ ...campaign, commit: commitOf(), node: process.version, runs: told }));
  if (runs.some(({ holds }) => !holds)) process.exitCode = 1;
}

/** One line that is written over, on a terminal only. */
export function printProgress({ cycles, acknowledged, violationCount }: Tally): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r${cycles} cycles, ${acknowledged} acknowledged, ${violationCount} violations\r`);
}

function figuresByRun(runs: readonly CampaignRun[]): Record<string, Record<string, number>> {
  const rows: Record<string, Record<string, number>> = {};
  for (const { name, tally } of runs) {
    const { evidence: _, violations, ...figures } = tally;
    for (const [figure, value] of Object.entries({ ...figures, ...violations })) {
      rows[figure] = { ...rows[figure], [name]: value };
    }
  }
  return rows;
}
