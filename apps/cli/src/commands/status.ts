import { existsSync } from 'node:fs';

import type { Call, Command } from '#cli/command.js';
import { CommandFailure } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { Cell, Output } from '#cli/output.js';
import { standingTable } from '#cli/projection-texts.js';
import { serviceElsewhere } from '#cli/reach.js';
import { replayTable } from '#cli/replay-texts.js';
import { isReady, runningOn, urlOf } from '#cli/running.js';
import { ServiceApi } from '#cli/service-api.js';
import { embeddedDirectoryOf, settingsOf } from '#cli/settings-of.js';
import { isUnderWay, type Standing, shownPosition } from '#cli/standing.js';
import type { EventMetadata } from '#event-log/event-log.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';
import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { countKeys } from '#key-store-sqlite/read-keys.js';
import { version } from '#server/version.js';

export const status: Command = {
  name: 'status',
  summary:
    'Say whether a service runs, how far the log and its rows go, what is parked, which replays are under way, and which master keys wrap how many keys.',
  details:
    'What the rows are doing it asks a service that runs on the data directory; where that does not answer, it says so, and what the files tell.',
  way: 'reads',
  arguments: [],
  options: {},
  examples: [
    { line: 'status', meaning: 'For a person' },
    { line: 'status --json', meaning: 'For a script' },
    { line: 'status --url https://sign.example.com --token-file token', meaning: 'Of a service elsewhere' },
  ],
  run: async (call) => {
    const found = await look(call);
    await call.output.answer(found, () => told(found, call.output));
    return exitCodes.done;
  },
};

interface Status extends Omit<Standing, 'head'> {
  readonly version: string;
  /** Null where it is not on this machine. */
  readonly dataDirectory: string | null;
  readonly running: { readonly pid: number | null; readonly url: string; readonly ready: boolean } | null;
  readonly log: LogStatus;
  readonly keys: Readonly<Record<string, number>>;
}

interface LogStatus {
  readonly identity: string | null;
  readonly head: number | string | null;
  readonly lastEventAt: string | null;
}

async function look(call: Call): Promise<Status> {
  const service = await serviceElsewhere(call);
  return service === null ? await lookHere(call) : await lookElsewhere(service);
}

async function lookHere(call: Call): Promise<Status> {
  const dataDirectory = embeddedDirectoryOf(call);
  const url = urlOf(settingsOf(call));
  const holder = runningOn(dataDirectory);
  const running = holder === null ? null : { ...holder, url, ready: await isReady(url) };
  const log = lookAtLog(dataDirectory);
  const { projections, replays } = await standingBeside(call, dataDirectory, running);
  const keys = existsSync(keyFilePath(dataDirectory)) ? Object.fromEntries(countKeys(dataDirectory)) : {};
  return { version, dataDirectory, running, log, keys, projections, replays };
}

async function standingBeside(
  call: Call,
  directory: string,
  running: Status['running'],
): Promise<Pick<Standing, 'projections' | 'replays'>> {
  const { standingIn } = await import('#cli/standing-here.js');
  if (running?.ready) {
    try {
      const { standingThere } = await import('#cli/projections-there.js');
      return await standingThere(ServiceApi.of(call, running.url));
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      call.output.note(`the service does not say what the rows are doing: ${error.message}`);
    }
  }
  return standingIn(directory);
}

async function lookElsewhere(service: ServiceApi): Promise<Status> {
  const { url } = service;
  const { standingThere } = await import('#cli/projections-there.js');
  const { head, projections, replays } = await standingThere(service);
  const log = { identity: null, head, lastEventAt: null };
  const running = { pid: null, url, ready: await isReady(url) };
  return { version, dataDirectory: null, running, log, keys: {}, projections, replays };
}

function lookAtLog(directory: string): LogStatus {
  const log = ReadLog.open(directory);
  try {
    const head = log.head();
    const [last] = log.after(head - 1);
    const lastEventAt = last === undefined ? null : (JSON.parse(last.metadata) as EventMetadata).time;
    return { identity: log.identity, head, lastEventAt };
  } finally {
    log.close();
  }
}

function told(status: Status, output: Output): string {
  const underWay = status.replays.filter(isUnderWay);
  const parts = [
    output.table(['what', 'how it is'], rowsOf(status)),
    standingTable(status.projections, output),
    ...(underWay.length === 0 ? [] : [replayTable(underWay, output)]),
  ];
  return parts.join('\n\n');
}

function rowsOf({ dataDirectory, running, log, keys }: Status): (readonly Cell[])[] {
  const { head, identity, lastEventAt } = log;
  const count = Object.entries(keys).map(([id, number]) => `${number.toLocaleString('en')} by ${id}`);
  const shownHead = typeof head === 'number' ? head.toLocaleString('en') : shownPosition(head);
  const colour = running?.ready === false ? ('yellow' as const) : ('green' as const);
  return [
    ['version', version],
    ...(dataDirectory === null ? [] : [['data directory', dataDirectory]]),
    ['service', { text: serviceText(running), colour }],
    ['log head', lastEventAt === null ? shownHead : `${shownHead}, of ${lastEventAt}`],
    ...(identity === null ? [] : [['log identity', identity]]),
    ...(dataDirectory === null ? [] : [['keys', count.join(', ') || 'none']]),
  ];
}

function serviceText(running: Status['running']): string {
  if (running === null) return 'no service runs on it';
  const { pid, url, ready } = running;
  const state = `${url} is ${ready ? 'ready' : 'not ready'}`;
  return pid === null ? state : `pid ${pid} has it; ${state}`;
}
