import type { Call, Command } from '#cli/command.js';
import { CommandFailure } from '#cli/command-failure.js';
import { eventLine, type SeenEvent } from '#cli/event-lines.js';
import { eventCells, eventHead, shownData } from '#cli/event-table.js';
import { eventThere, positionGiven } from '#cli/events-there.js';
import { exitCodes } from '#cli/exit-codes.js';
import { wholeNumber } from '#cli/numbers.js';
import type { Output } from '#cli/output.js';
import { serviceElsewhere } from '#cli/reach.js';
import { embeddedDirectoryOf } from '#cli/settings-of.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';

export const eventsShow: Command = {
  name: 'events show',
  summary: 'Print one event with all that it says, sealed parts only as sealed.',
  way: 'reads',
  arguments: [{ name: 'position', meaning: 'Where it stands in the log.' }],
  options: {},
  examples: [
    { line: 'events show 17', meaning: 'For a person' },
    { line: 'events show 17 --json', meaning: 'As it is stored' },
  ],
  run: async (call) => {
    const { given, output } = call;
    const service = await serviceElsewhere(call);
    const event =
      service === null
        ? eventHere(call, wholeNumber('<position>', given.argument(0), 1))
        : await eventThere(service, positionGiven(given.argument(0)) ?? '');
    await output.line(output.isJson ? eventLine(event) : toldOf(event, output));
    return exitCodes.done;
  },
};

function eventHere(call: Call, position: number): SeenEvent {
  const log = ReadLog.open(embeddedDirectoryOf(call));
  try {
    const head = log.head();
    const [row] = position > head ? [] : log.after(position - 1);
    if (row !== undefined) return row;
    throw new CommandFailure({
      kind: 'refused',
      message: `there is no event at position ${position}`,
      advice: `the last one is at ${head}`,
      code: 'event-not-found',
    });
  } finally {
    log.close();
  }
}

function toldOf(event: SeenEvent, output: Output): string {
  const cells = eventCells(event);
  const bold = (name: string) => output.paint(name.padEnd(9), 'bold');
  const fields = eventHead.map((name, index) => `${bold(name)} ${cells[index]}`);
  const rest = [`${bold('id')} ${event.id}`, 'data', shownData(event.data), 'metadata'];
  return [...fields, ...rest, shownData(event.metadata)].join('\n');
}
