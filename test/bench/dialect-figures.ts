// What a dialect costs beside the bare transcoding of the same command, and what limits and quotas cost beside none. The
// caller shares the machine with what it calls, on both sides alike.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { defaultSettings } from '#domain/organization/settings.js';
import { base32Decode } from '#secrets/base32.js';
import { totpCode } from '#secrets/totp.js';
import { alternate, Process, startOfStep, stepMs } from '#test/bench/call-figures.js';
import { httpCaller } from '#test/bench/callers.js';
import { type Figure, ratioFigure } from '#test/bench/figures.js';
import { type People, type Person, readPeople } from '#test/bench/people.js';

const connections = 64;
/** More say nothing more, and would not be done within a step. */
const usersMax = 20_000;
/** What disturbs lasts for a while: rounds are short, and many. */
const roundsEach = 5;
/** Of all users, for either side to warm up. */
const warmingShare = 0.25;

export interface DialectBenchOptions {
  readonly directory: string;
  /** Of either process; each has its code checked once a step. */
  readonly users: number;
  readonly rounds: number;
}

export async function dialectFigures(options: DialectBenchOptions): Promise<Figure[]> {
  const users = String(Math.min(options.users, usersMax));
  const [on, off] = await Promise.all(['on', 'off'].map((limits) => Side.start(options, users, limits)));
  if (on === undefined || off === undefined) throw new Error('there are two sides');
  try {
    const limited = await limitsFigure(on, off, options.rounds);
    // The code that warms up is then of a step whose code was not spent.
    await startOfStep();
    return [await dialectFigure(on, options.rounds), limited];
  } finally {
    for (const side of [on, off]) side.end();
  }
}

/** A process that serves, and whoever is known to it. */
class Side {
  readonly people: People;
  readonly #process: Process;

  private constructor(process: Process, people: People) {
    this.#process = process;
    this.people = people;
  }

  static async start(options: DialectBenchOptions, users: string, limits: string): Promise<Side> {
    const directory = join(options.directory, limits);
    mkdirSync(directory, { recursive: true });
    const process = await Process.start('serving-process', [
      directory,
      users,
      '--enrolled',
      '--limits',
      limits,
    ]);
    return new Side(process, readPeople(directory));
  }

  get port(): number {
    return this.#process.told('port');
  }

  end(): void {
    this.#process.end();
  }
}

type CheckOf = (person: Person, at: number) => Buffer;

/**
 * Either side of each comparison is asked for the same: an access token is checked, a code is compared, and one event is
 * appended by the command VerifyTotp. Nothing slow is hashed.
 */
const overRest: CheckOf = (person, at) =>
  requestOf(person, `/countersign/v1/users/${person.userId}/totp/verify`, at);

const overTenant =
  (organizationId: string): CheckOf =>
  (person, at) =>
    requestOf(person, '/v1/users/me/mfa/verify', at, `x-tenant-id: ${organizationId}\r\n`);

/** Of one process: those who call by the dialect, and as many others who do not. */
async function dialectFigure({ port, people: { people, organizationId } }: Side, rounds: number) {
  const speeds = await compared(rounds, {
    ours: { port, people: people.filter((_, index) => index % 2 === 0), check: overTenant(organizationId) },
    ceiling: { port, people: people.filter((_, index) => index % 2 === 1), check: overRest },
  });
  return ratioFigure({
    claim: `a right code check over the tenant dialect on ${connections} connections reaches 0.85 of VerifyTotp over REST`,
    unit: 'calls/s',
    ...speeds,
    bar: 0.85,
  });
}

async function limitsFigure(on: Side, off: Side, rounds: number) {
  const speeds = await compared(rounds, {
    ours: { port: on.port, people: on.people.people, check: overRest },
    ceiling: { port: off.port, people: off.people.people, check: overRest },
  });
  return ratioFigure({
    claim: `VerifyTotp over REST on ${connections} connections, with rate limits, their headers, and ceilings of both quotas, reaches 0.90 of the same where no limit is looked at and there is no ceiling`,
    unit: 'calls/s',
    ...speeds,
    bar: 0.9,
  });
}

interface Asked {
  readonly port: number;
  readonly people: readonly Person[];
  readonly check: CheckOf;
}

/** A code of the step before is accepted, too, and then the one of this step: the first warms up, the second counts. */
async function compared(
  rounds: number,
  { ours, ceiling }: { readonly ours: Asked; readonly ceiling: Asked },
) {
  const at = await startOfStep();
  // Not before: connections that say nothing for so long are closed.
  const [one, other] = [
    await httpCaller(ours.port, connections),
    await httpCaller(ceiling.port, connections),
  ];
  const alternation = (share: number, time: number) => ({
    ours: { call: one.call, payloads: checksOf(ours, share, time) },
    ceiling: other.call,
    ceilingPayloads: checksOf(ceiling, share, time),
    atOnce: connections,
  });
  await alternate(rounds, alternation(warmingShare, at - stepMs));
  const speeds = await alternate(rounds * roundsEach, alternation(1, at));
  for (const caller of [one, other]) caller.close();
  return speeds;
}

const checksOf = ({ people, check }: Asked, share: number, at: number): readonly Buffer[] =>
  people.slice(0, Math.floor(share * people.length)).map((person) => check(person, at));

function requestOf({ token, secret }: Person, path: string, at: number, headers = ''): Buffer {
  const body = JSON.stringify({ code: codeOf(secret, at) });
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\n${headers}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

function codeOf(secret: string, at: number): string {
  const seed = base32Decode(secret);
  if (seed.kind === 'refused') throw new Error(`it is no secret: ${seed.reason}`);
  return totpCode({ key: seed.bytes, parameters: defaultSettings.totpParameters, at });
}
