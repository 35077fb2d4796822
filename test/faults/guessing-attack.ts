// A guesser who has everything but the second factor, against what the domain decides, on a clock of its own and
// among so few codes that some guesses are right. An owner signs in twice a day meanwhile.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import { type Account, evolveAccount, noAccount } from '#domain/account/state.js';
import type { LoginKey, OrganizationId, Sealed, TotpId } from '#domain/ids.js';
import { defaultSettings, type Settings } from '#domain/organization/settings.js';
import { totpTargets, type VerifyTotpRefusal, verifyTotp } from '#domain/totp/decide.js';
import type { TotpParameters } from '#domain/totp/events.js';
import { Chance } from '#test/faults/chance.js';
import { GuessBudget, type Verdict } from '#test/faults/guess-budget.js';

/** Instead of a million, so that guesses are right often enough to be counted. */
export const codeSpace = 1_000;
const organizationId = 'acme' as OrganizationId;
const none = 1_000_000_000;
const stepMs = 30_000;
const betweenGuessesMs = 1_000;
const betweenLoginsMs = 12 * 3_600_000;

export interface Attack {
  readonly settings: Settings;
  /** Of the real code: how many failures the width of a code allows a device. */
  readonly digits: TotpParameters['digits'];
  /** Stops short of what would disable a device, and waits for its owner to sign in. */
  readonly isCautious: boolean;
}

const delayOnly = { deviceFailuresMax: none, failuresPerWindowMax: none };
const deviceOnly = { failuresBeforeDelay: none, failuresPerWindowMax: none };
const windowOnly = { failuresBeforeDelay: none, deviceFailuresMax: none };

/** Where the bound of a device is not the one that is tried, eight digits keep it out of reach. */
export const attacks = {
  'the delay alone': { settings: { ...defaultSettings, ...delayOnly }, digits: 8, isCautious: false },
  'the cap of a device alone': {
    settings: { ...defaultSettings, ...deviceOnly },
    digits: 6,
    isCautious: false,
  },
  'the window alone': { settings: { ...defaultSettings, ...windowOnly }, digits: 8, isCautious: false },
  'all together': { settings: defaultSettings, digits: 6, isCautious: true },
} satisfies Record<string, Attack>;

export interface AttackOptions extends Attack {
  readonly devices: number;
  readonly guesses: number;
  readonly seed: number;
  /** What a bug loses of what was decided. */
  readonly loses?: (event: AccountEvent) => boolean;
}

export interface AttackFigures {
  /** Guesses of the attacker that were compared. */
  compared: number;
  /** Those that were refused uncompared, each tried once in vain. */
  refused: number;
  wins: number;
  /** By what codes were live at each guess. */
  expectedWins: number;
  variance: number;
  /** Verdicts that are not what plain counting says. */
  disagreements: number;
  bindings: number;
  ownerSignedIn: number;
  days: number;
}

export function attack(options: AttackOptions): AttackFigures {
  return new Siege(options).run();
}

/** How many standard deviations the wins are off. */
export function sigmas({ wins, expectedWins, variance }: AttackFigures): number {
  return Math.abs(wins - expectedWins) / Math.sqrt(variance);
}

class Siege {
  readonly #options: AttackOptions;
  readonly #chance: Chance;
  readonly #budget: GuessBudget;
  readonly #all: readonly number[];
  readonly figures: AttackFigures = {
    compared: 0,
    refused: 0,
    wins: 0,
    expectedWins: 0,
    variance: 0,
    disagreements: 0,
    bindings: 1,
    ownerSignedIn: 0,
    days: 0,
  };
  #account: Account = noAccount;
  #now = Date.UTC(2030, 0, 1);
  #ownerAt: number;
  #logins = 0;

  constructor(options: AttackOptions) {
    const { settings, devices, digits, seed } = options;
    this.#options = options;
    this.#chance = new Chance(seed);
    const live = 1 + settings.stepsPast + settings.stepsFuture;
    const perDevice = Math.min(settings.deviceFailuresMax, (10 ** digits * 1e-4) / live);
    this.#budget = new GuessBudget({ ...settings, perDevice }, devices);
    this.#all = Array.from({ length: devices }, (_, index) => index);
    this.#ownerAt = this.#now + betweenLoginsMs;
    this.#append(personAdded, ...this.#all.map((index) => this.#imported(index)));
  }

  run(): AttackFigures {
    const began = this.#now;
    let attackerAt = this.#now;
    while (this.figures.compared < this.#options.guesses) {
      this.#now = Math.max(this.#now, Math.min(this.#ownerAt, attackerAt));
      if (this.#now >= this.#ownerAt) this.#ownerAt = this.#signIn();
      else attackerAt = this.#attack();
    }
    this.figures.days = Math.round((this.#now - began) / 86_400_000);
    return this.figures;
  }

  /** When the attacker comes next. */
  #attack(): number {
    const { isCautious } = this.#options;
    if (isCautious && this.#budget.failuresLeft(this.#all) <= 1) return this.#ownerAt + 1;
    const freshFrom = (Math.max(...this.#all.map((index) => this.#budget.spentOf(index))) + 2) * stepMs;
    if (this.#now < freshFrom) return freshFrom;
    const guessed = this.#chance.below(codeSpace);
    const chance = this.#liveCodes() / codeSpace;
    const { verdict, nextAttemptAt } = this.#try(guessed, null);
    if (!isCompared(verdict)) {
      this.figures.refused += 1;
      if (verdict === 'totp-disabled') this.#bindAnew();
      return nextAttemptAt ?? this.#now + betweenGuessesMs;
    }
    this.figures.compared += 1;
    this.figures.expectedWins += chance;
    this.figures.variance += chance * (1 - chance);
    if (verdict === 'right') this.figures.wins += 1;
    return this.#now + betweenGuessesMs;
  }

  /** The owner brings a right code, with the devices in turn. When refused, again as soon as that is of use. */
  #signIn(): number {
    const index = this.#logins % this.#all.length;
    const { verdict, nextAttemptAt } = this.#try(this.#codeOf(index, this.#step), index);
    if (nextAttemptAt !== null && !isCompared(verdict)) return Math.max(nextAttemptAt, this.#now + 1);
    this.#logins += 1;
    if (verdict === 'right') this.figures.ownerSignedIn += 1;
    return this.#now + betweenLoginsMs;
  }

  /** What is decided must be what plain counting says. */
  #try(code: number, addressed: number | null): Decided {
    const shown = this.#all.map((index) => this.#stepsOf(index, code));
    const expected = this.#budget.count(this.#now, addressed === null ? this.#all : [addressed], shown);
    const decided = this.#decide(shown, addressed);
    if (decided.verdict !== expected) this.figures.disagreements += 1;
    return decided;
  }

  #decide(shown: readonly (readonly number[])[], addressed: number | null): Decided {
    const { settings } = this.#options;
    const circumstances: Circumstances = { now: this.#now, settings, organization: 'active' };
    const totpId = addressed === null ? null : idOf(addressed);
    const address = { organizationId, totpId, digits: null };
    const found = totpTargets(this.#account, address, circumstances);
    if (found.kind === 'rejected') return decidedBy(found.refusal);
    const comparisons = found.targets.map(({ totpId }) => ({ totpId, steps: shown[Number(totpId)] ?? [] }));
    const command = { ...address, comparisons, purpose: null };
    const { events, outcome } = verifyTotp(this.#account, command, circumstances);
    this.#append(...events);
    if (outcome.kind === 'accepted') return { verdict: 'right', nextAttemptAt: null };
    const decided = decidedBy(outcome.refusal);
    // Whoever is refused uncompared must leave no trace.
    if (events.length > 0 !== isCompared(decided.verdict)) this.figures.disagreements += 1;
    return decided;
  }

  #liveCodes(): number {
    const { stepsPast, stepsFuture } = this.#options.settings;
    const live = new Set<number>();
    for (const index of this.#all) {
      if (this.#budget.isDisabled(index)) continue;
      for (let step = this.#step - stepsPast; step <= this.#step + stepsFuture; step += 1)
        if (step > this.#budget.spentOf(index)) live.add(this.#codeOf(index, step));
    }
    return live.size;
  }

  #stepsOf(index: number, code: number): readonly number[] {
    const { stepsPast, stepsFuture } = this.#options.settings;
    const steps: number[] = [];
    for (let step = this.#step - stepsPast; step <= this.#step + stepsFuture; step += 1)
      if (this.#codeOf(index, step) === code) steps.push(step);
    return steps;
  }

  get #step(): number {
    return Math.floor(this.#now / stepMs);
  }

  /** Of a device at a step: as good as chance, and the same each time. */
  #codeOf(index: number, step: number): number {
    return new Chance(
      Math.imul(step, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b) ^ this.#options.seed,
    ).below(codeSpace);
  }

  #bindAnew(): void {
    this.figures.bindings += 1;
    this.#budget.bindAnew();
    for (const index of this.#all) {
      this.#append({ type: 'user.human.mfa.otp.removed', totpId: idOf(index) }, this.#imported(index));
    }
  }

  #imported(index: number): AccountEvent {
    const { settings, digits } = this.#options;
    const secret = 'sealed seed' as Sealed;
    const parameters = { ...settings.totpParameters, digits };
    return { type: 'user.human.mfa.otp.imported', totpId: idOf(index), name: null, secret, parameters };
  }

  #append(...events: readonly AccountEvent[]): void {
    const { loses = () => false } = this.#options;
    for (const event of events)
      if (!loses(event)) this.#account = evolveAccount(this.#account, event, this.#now);
  }
}

interface Decided {
  readonly verdict: Verdict;
  readonly nextAttemptAt: number | null;
}

const idOf = (index: number) => String(index) as TotpId;

const isCompared = (verdict: Verdict) => verdict === 'right' || verdict === 'used' || verdict === 'wrong';

function decidedBy(refusal: VerifyTotpRefusal): Decided {
  switch (refusal.code) {
    case 'wrong-code':
      return { verdict: 'wrong', nextAttemptAt: refusal.nextAttemptAt };
    case 'code-already-used':
      return { verdict: 'used', nextAttemptAt: refusal.nextAttemptAt };
    case 'attempts-delayed':
    case 'totp-exhausted':
      return { verdict: refusal.code, nextAttemptAt: refusal.nextAttemptAt };
    case 'totp-disabled':
      return { verdict: refusal.code, nextAttemptAt: null };
    default:
      throw new TypeError(`no guess is refused as ${refusal.code} here`);
  }
}

const personAdded: AccountEvent = {
  type: 'user.machine.added',
  userId: 'sealed id' as Sealed,
  organizationId,
  username: 'sealed name' as Sealed,
  usernameKey: 'key of the name' as LoginKey,
  profile: 'sealed profile' as Sealed,
};
