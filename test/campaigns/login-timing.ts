// `npm run campaign:login-timing -- --samples 1000000 --logins 20000 --seed 1`: whether the time that a login or a token takes to be
// refused tells how it was wrong, in one process with nothing between. Two kinds of calls alternate by chance, and
// Welch's t says whether their times differ; the same calls are judged with 2 % added to those of one kind, which must be
// found, or nothing is shown.

import { parseArgs } from 'node:util';

import 'reflect-metadata';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { checkAccessToken } from '#application/access-token/check-token.js';
import { checkSessionToken } from '#application/session/check-session-token.js';
import { answerOf } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { creating, givePassword, logIn, openLoggingIn, wrongPassword } from '#application/testing/logins.js';
import { human } from '#application/testing/people.js';
import type { UserId } from '#domain/ids.js';
import { newId } from '#secrets/ids.js';
import { TokenText } from '#secrets/token-text.js';
import { commitOf, print } from '#test/campaigns/figures.js';
import { Chance } from '#test/faults/chance.js';
import {
  judgeTimes,
  type Kind,
  leakOf,
  medianOf,
  planted,
  type Times,
  tMax,
} from '#test/faults/judge-times.js';

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '1000000' },
    logins: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const samples = Number(values.samples);
/** Each takes a hundredth of a second, whatever it is. */
const logins = Number(values.logins);
const seed = Number(values.seed);
const chance = new Chance(seed);

interface Trial {
  readonly name: string;
  readonly samples: number;
  /** Made together, so that making them is no part of what is timed. */
  readonly casesOf: (kinds: readonly Kind[]) => Promise<readonly (() => Promise<unknown>)[]>;
}

const casesAtOnce = 1_000;
const secretBytes = 32;
const checksumBytes = 4;

async function timesOf({ samples, casesOf }: Trial): Promise<Times> {
  const times: Times = [[], []];
  for (let done = -casesAtOnce; done < samples; done += casesAtOnce) {
    const kinds = Array.from({ length: casesAtOnce }, () => chance.below(2) as Kind);
    const cases = await casesOf(kinds);
    for (const [index, run] of cases.entries()) {
      const before = process.hrtime.bigint();
      await run();
      const took = Number(process.hrtime.bigint() - before);
      // The first ones are compiled while they run.
      if (done >= 0) times[kinds[index] as Kind].push(took);
    }
  }
  return times;
}

/** The same token with another secret: of kind 0 it differs in the last byte alone, of kind 1 in the first. */
function wrong(text: string, prefix: string, kind: Kind): string {
  const body = Buffer.from(text.slice(prefix.length), 'base64url').subarray(0, -checksumBytes);
  const at = kind === 0 ? body.length - 1 : body.length - secretBytes;
  body[at] = (body[at] ?? 0) ^ chance.between(1, 255);
  return new TokenText(prefix, [body.length, body.length]).write(body);
}

const house = await openLoggingIn();

async function person(name: string): Promise<UserId> {
  const userId = newId() as UserId;
  answerOf(await house.run(human(userId, name)));
  await givePassword(house, userId);
  return userId;
}

const ada = await person('ada');
const { token: session } = await logIn(house, ada);
const addToken = new AddAccessToken({
  organizationId,
  userId: ada,
  name: 'timed',
  scopes: ['self'],
  by,
});
const access = answerOf(await house.run(addToken)).token as string;

const tokens = (
  name: string,
  textOf: (kind: Kind) => string,
  check: typeof checkSessionToken | typeof checkAccessToken,
): Trial => ({
  name,
  samples,
  casesOf: async (kinds) =>
    kinds.map((kind) => {
      const text = textOf(kind);
      return () => check(house.application, text);
    }),
});

const aDayMs = 86_400_000;
const people = Array.from({ length: casesAtOnce }, (_, index) => `person-${index}`);
const nobodies = people.map((name) => name.replace('person', 'nobody'));

/** Each name is wrong once in a round of cases, and long enough ago that nothing is delayed. */
async function loginsAt(at: House): Promise<Trial> {
  for (const name of people) await person(name);
  return {
    name: 'a wrong password of somebody, and of nobody',
    samples: logins,
    casesOf: async (kinds) => {
      at.clock.now += aDayMs;
      return kinds.map((kind, index) => {
        const loginName = (kind === 0 ? people : nobodies)[index] as string;
        return () => at.run(creating({ loginName }, { password: wrongPassword }));
      });
    },
  };
}

print(`seed ${seed}, commit ${commitOf()}`);
const started = performance.now();
const trials = [
  tokens(
    'an access token, wrong at its end and at its start',
    (kind) => wrong(access, 'cs_', kind),
    checkAccessToken,
  ),
  tokens(
    "a session's token, wrong at its end and at its start",
    (kind) => wrong(session as string, 'css_', kind),
    checkSessionToken,
  ),
  await loginsAt(house),
];
const found = [];
for (const trial of trials) {
  const times = await timesOf(trial);
  const [t, leaky] = [judgeTimes(times), judgeTimes(planted(times, 0.02))];
  const holds = Math.abs(t) < tMax && Math.abs(leaky) >= tMax;
  const usual = (medianOf(times[0]) / 1_000).toFixed(1);
  const leak = (100 * leakOf(times)).toFixed(2);
  print(`${holds ? 'yes' : 'NO '}  ${trial.name}: t = ${t.toFixed(2)}, with 2 % planted ${leaky.toFixed(2)}`);
  print(`     ${usual} µs, the second kind ${leak} % more`);
  found.push({ name: trial.name, t: Number(t.toFixed(2)), planted: Number(leaky.toFixed(2)), holds });
}
const seconds = Math.round((performance.now() - started) / 1_000);
print(
  JSON.stringify({ campaign: 'login-timing', seed, commit: commitOf(), seconds, samples, logins, found }),
);
await house.close();
process.exitCode = found.every(({ holds }) => holds) ? 0 : 1;
