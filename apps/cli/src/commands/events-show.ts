import type { Command } from '#cli/command.js';
import { CommandFailure } from '#cli/command-failure.js';
import { eventLine } from '#cli/event-lines.js';
import { eventCells, eventHead, shownData } from '#cli/event-table.js';
import { exitCodes } from '#cli/exit-codes.js';
import { wholeNumber } from '#cli/numbers.js';
import { embeddedDirectoryOf } from '#cli/settings-of.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';

export const eventsShow: Command = {
  name: 'events show',
  summary: 'Print one event with all that it says, sealed parts only as sealed.',
  way: 'beside',
  arguments: [{ name: 'position', meaning: 'Where it stands in the log.' }],
  options: {},
  examples: [
    { line: 'events show 17', meaning: 'For a person' },
    { line: 'events show 17 --json', meaning: 'As it is stored' },
  ],
  run: async (call) => {
    const { given, output } = call;
    const position = wholeNumber('<position>', given.argument(0), 1);
    const log = ReadLog.open(embeddedDirectoryOf(call));
    try {
      const head = log.head();
      const [row] = position > head ? [] : log.after(position - 1);
      if (row === undefined)
        throw new CommandFailure({
          kind: 'refused',
          message: `there is no event at position ${position}`,
          advice: `the last one is at ${head}`,
          code: 'event-not-found',
        });
      if (output.isJson) await output.line(eventLine(row));
      else {
        const cells = eventCells(row);
        const fields = eventHead.map(
          (name, index) => `${output.paint(name.padEnd(9), 'bold')} ${cells[index]}`,
        );
        const rest = [
          `${output.paint('id'.padEnd(9), 'bold')} ${row.id}`,
          'data',
          shownData(row.data),
          'metadata',
        ];
        await output.line([...fields, ...rest, shownData(row.metadata)].join('\n'));
      }
      return exitCodes.done;
    } finally {
      log.close();
    }
  },
};
