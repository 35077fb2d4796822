// `npm run campaign:guessing -- --guesses 1000000 --seed 1`: the guesser of the suite, with as many guesses at each
// bound; then what the same counting comes to with a million codes.

import { parseArgs } from 'node:util';

import { defaultSettings } from '#domain/organization/settings.js';
import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import { type Attack, type AttackFigures, attack, attacks, sigmas } from '#test/faults/guessing-attack.js';

const { values } = parseArgs({
  options: {
    guesses: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const seed = Number(values.seed);
const guesses = Number(values.guesses);
const sigmasMax = 3;
const codes = 1e6;
const perBindingMax = 1e-4;
const perYearMax = 1e-3;
const { stepsPast, stepsFuture, deviceFailuresMax, failuresPerWindowMax } = defaultSettings;
const live = 1 + stepsPast + stepsFuture;
/** Of 30 days, begun within a year: each can be used up at once. */
const windowsPerYear = Math.ceil(365 / 30);

interface Siege {
  readonly bound: string;
  readonly devices: number;
  readonly figures: AttackFigures;
}

interface Claim {
  readonly claim: string;
  readonly chance: number;
  readonly most: number;
}

let failed = 0;
print(`seed ${seed}, commit ${commitOf()}`);
const started = performance.now();
const sieges = Object.entries<Attack>(attacks).flatMap(([bound, one]) =>
  [1, 3].map((devices) => besiege(bound, one, devices)),
);
printTable(Object.fromEntries(sieges.map((siege) => [`${siege.bound}, ${siege.devices}`, rowOf(siege)])));
print(`with ${codes} codes, ${live} of them live for each device, and the default settings:`);
const claims = claimsOf();
for (const { claim, chance, most } of claims) {
  check(chance <= most, `${chance.toExponential(2)}, at most ${most.toExponential(0)}: ${claim}`);
}
const seconds = Math.round((performance.now() - started) / 1_000);
print(JSON.stringify({ campaign: 'guessing', seed, commit: commitOf(), seconds, guesses, sieges, claims }));
process.exitCode = failed === 0 ? 0 : 1;

function besiege(bound: string, one: Attack, devices: number): Siege {
  const figures = attack({ ...one, devices, guesses, seed });
  const off = sigmas(figures);
  const name = `${bound}, devices: ${devices}`;
  check(figures.disagreements === 0, `${figures.compared} were compared, exactly those allowed: ${name}`);
  check(off < sigmasMax, `${figures.wins} were right, ${off.toFixed(2)} sigma off: ${name}`);
  return { bound, devices, figures };
}

function rowOf({ devices, figures }: Siege): Record<string, number | string> {
  const { compared, refused, wins, expectedWins, bindings, ownerSignedIn, days } = figures;
  return {
    compared,
    refused,
    wins,
    expected: expectedWins.toFixed(0),
    closed: (compared * (1 - (1 - 1e-3) ** (live * devices))).toFixed(0),
    sigma: sigmas(figures).toFixed(2),
    bindings,
    logins: ownerSignedIn,
    days,
    'a year': days > 0 ? ((compared / days) * 365).toFixed(0) : '',
  };
}

function claimsOf(): readonly Claim[] {
  const perYear = windowsPerYear * failuresPerWindowMax;
  // The last guess of a window is held against each device, although there was room for but one of them.
  const threeDevices = windowsPerYear * (failuresPerWindowMax + 2);
  return [
    { claim: 'a binding', chance: (deviceFailuresMax * live) / codes, most: perBindingMax },
    { claim: 'an account and year, one device', chance: (perYear * live) / codes, most: perYearMax },
    {
      claim: 'an account and year, three devices that the owner uses in turn',
      chance: (threeDevices * live) / codes,
      most: perYearMax,
    },
  ];
}

function check(holds: boolean, claim: string): void {
  if (!holds) failed += 1;
  print(`${holds ? 'yes' : 'NO '}  ${claim}`);
}
