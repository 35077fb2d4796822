import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import type { Call, Command } from '#cli/command.js';
import { CommandFailure } from '#cli/command-failure.js';
import { type ExitCode, exitCodes } from '#cli/exit-codes.js';
import { reach } from '#cli/reach.js';
import type { Json, ServiceApi } from '#cli/service-api.js';

/** The service makes their events durable together. */
const underWayMax = 16;
const rateLimited = 'rate-limited';
/** Budgets of callers are for a second. */
const slowerMs = 1_000;

export const usersImport: Command = {
  name: 'users import',
  summary: 'Add a human user for each line of a file, by the API of a running service.',
  details:
    'A line is the body of AddHumanUser as JSON: {"userId": …, "profile": {…}, "email": {…}, "totpSecret": …}. Several are asked for at once, and told in their order, each under an idempotency key of its text, so that running it again within a day adds nobody twice. What is refused is told with its line, and the rest goes on; then the exit code is 1.',
  way: 'either',
  arguments: [{ name: 'file', meaning: 'A line for each user; - for standard input.', completes: 'file' }],
  options: {},
  examples: [
    { line: 'users import users.jsonl', meaning: 'From a file' },
    {
      line: 'users import users.jsonl --json',
      meaning: 'With a line for each user that was added or refused',
    },
  ],
  run: (call) => reach(call, { byApi: (service) => importAll(call, service), offline: null }),
};

async function importAll(call: Call, service: ServiceApi): Promise<ExitCode> {
  const { given, output } = call;
  const path = given.argument(0);
  const input = path === '-' ? process.stdin : createReadStream(path);
  const counts = { added: 0, refused: 0 };
  const tell = async ({ number, told: adding }: UnderWay): Promise<void> => {
    const told = await adding;
    counts[told.status] += 1;
    if (output.isJson) await output.json({ line: number, ...told });
    else if (told.status === 'refused') output.failure(`line ${number}: ${told.message} (${told.code})`);
  };
  const underWay: UnderWay[] = [];
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() === '') continue;
    const told = addOne(service, line);
    // Who waits for it, in its turn, is told; until then nobody does.
    told.catch(() => undefined);
    underWay.push({ number, told });
    const [first] = underWay.length < underWayMax ? [] : underWay.splice(0, 1);
    if (first !== undefined) await tell(first);
  }
  for (const one of underWay) await tell(one);
  if (!output.isJson) await output.line(`added ${counts.added} users; ${counts.refused} were refused`);
  return counts.refused === 0 ? exitCodes.done : exitCodes.notInOrder;
}

interface UnderWay {
  readonly number: number;
  readonly told: Promise<Told>;
}

type Told =
  | { readonly status: 'added'; readonly userId: string }
  | { readonly status: 'refused'; readonly code: string; readonly message: string };

/** Throws `CommandFailure` where the service is away: nothing that follows would be added either. */
async function addOne(service: ServiceApi, line: string): Promise<Told> {
  for (;;) {
    const told = await tryOne(service, line);
    if (told.status !== 'refused' || told.code !== rateLimited) return told;
    await delay(slowerMs);
  }
}

async function tryOne(service: ServiceApi, line: string): Promise<Told> {
  try {
    const headers = { 'idempotency-key': createHash('sha256').update(line).digest('base64url') };
    const body = JSON.parse(line) as Json;
    const { userId } = await service.ask({ verb: 'POST', path: '/v2/users/human', body, headers });
    return { status: 'added', userId: String(userId) };
  } catch (error) {
    if (error instanceof SyntaxError)
      return { status: 'refused', code: 'not-json', message: 'it is no JSON' };
    if (error instanceof CommandFailure && error.exitCode === exitCodes.refused)
      return { status: 'refused', code: error.code, message: error.message };
    throw error;
  }
}
