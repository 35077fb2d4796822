import type { Command } from '#cli/command.js';
import { examine } from '#cli/examine.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { Finding } from '#cli/finding.js';
import type { Colour, Output } from '#cli/output.js';

export const doctor: Command = {
  name: 'doctor',
  summary:
    'Look at settings, versions, disk, clock, modes, log, rows and keys, and say what to do about each.',
  details:
    'Exit code 1 where there is a problem; what is only unwise is a warning. Log and checkpoints of the rows are held against each other. It writes nothing but a file to try the disk with.',
  way: 'beside',
  arguments: [],
  options: {},
  examples: [
    { line: 'doctor', meaning: 'Before a service is started, or beside it' },
    { line: 'doctor --json', meaning: 'Each finding with its state, for a script' },
  ],
  run: async (call) => {
    const findings = await examine(call);
    await call.output.answer({ findings }, () => told(findings, call.output));
    return findings.some(({ state }) => state === 'problem') ? exitCodes.notInOrder : exitCodes.done;
  },
};

const colours: Readonly<Record<Finding['state'], Colour>> = {
  fine: 'green',
  warning: 'yellow',
  problem: 'red',
};

function told(findings: readonly Finding[], output: Output): string {
  const rows = findings.map(({ what, state, says }) => [{ text: state, colour: colours[state] }, what, says]);
  const advice = findings.flatMap(({ what, advice: todo }) => (todo === null ? [] : [`${what}: ${todo}`]));
  const table = output.table(['state', 'what', 'how it is'], rows);
  return advice.length === 0
    ? table
    : `${table}\n\n${output.paint('what to do', 'bold')}\n${advice.join('\n')}`;
}
