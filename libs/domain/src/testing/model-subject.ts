// What the domain makes of the same steps: facts gathered as a handler gathers them, decisions taken, events kept.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import { type Account, evolveAccount, noAccount } from '#domain/account/state.js';
import { resetAttempts, resetFactors } from '#domain/attempts/decide.js';
import type { Decision, Rejected } from '#domain/decider.js';
import type { Instant, LoginKey, OrganizationId, Sealed, TotpId } from '#domain/ids.js';
import { defaultSettings, type Settings } from '#domain/organization/settings.js';
import { passwordTarget, setPassword, verifyPassword } from '#domain/password/decide.js';
import {
  generateRecoveryCodes,
  recoveryTarget,
  removeRecoveryCodes,
  verifyRecoveryCode,
} from '#domain/recovery-codes/decide.js';
import { digitsOf, type ShownCode, type Step, type Verdict } from '#domain/testing/model.js';
import {
  pendingTarget,
  registerTotpSeed,
  removeTotp,
  renameTotp,
  resyncTotp,
  startTotpRegistration,
  totpTargets,
  verifyTotp,
  verifyTotpRegistration,
} from '#domain/totp/decide.js';
import type { TotpTarget } from '#domain/totp/guess.js';
import { deactivate, lock, reactivate, unlock } from '#domain/user/decide.js';

const here = { organizationId: 'acme' as OrganizationId };
const stepMs = 30_000;

export const sealed = (text: string) => `sealed ${text}` as Sealed;

const reason = sealed('asked for by telephone');
const person: AccountEvent = {
  type: 'user.human.added',
  userId: sealed('anna'),
  ...here,
  username: sealed('anna'),
  usernameKey: 'key of anna' as LoginKey,
  profile: sealed('Anna'),
  email: sealed('anna@acme.example'),
  emailKey: 'key of anna@acme.example' as LoginKey,
  emailVerified: true,
  phone: null,
};

type Decided = Decision<AccountEvent, { readonly code: string }, unknown>;
type Changing = Exclude<Step, { do: 'wait' | 'organization' | 'settings' }>;

export class ModelSubject {
  account: Account;
  readonly past: { readonly event: AccountEvent; readonly at: Instant }[] = [];
  #circumstances: Circumstances;

  constructor(now: Instant, settings: Settings = defaultSettings) {
    this.#circumstances = { now, settings, organization: 'active' };
    this.account = noAccount;
    this.#keep([person]);
  }

  take(step: Step): Verdict {
    const before = this.#circumstances;
    switch (step.do) {
      case 'wait':
        this.#circumstances = { ...before, now: before.now + step.ms };
        return { code: 'accepted' };
      case 'organization':
        this.#circumstances = { ...before, organization: step.status };
        return { code: 'accepted' };
      case 'settings':
        this.#circumstances = { ...before, settings: { ...before.settings, ...step.settings } };
        return { code: 'accepted' };
      default: {
        const { events, outcome } = this.#decide(step);
        this.#keep(events);
        if (outcome.kind === 'rejected') return { ...outcome.refusal };
        return { code: 'accepted', ...(outcome.answer as object | null) };
      }
    }
  }

  replayed(): Account {
    return this.past.reduce((account, { event, at }) => evolveAccount(account, event, at), noAccount);
  }

  #keep(events: readonly AccountEvent[]): void {
    const at = this.#circumstances.now;
    for (const event of events) {
      this.past.push({ event, at });
      this.account = evolveAccount(this.account, event, at);
    }
  }

  #decide(step: Changing): Decided {
    switch (step.do) {
      case 'verify':
        return this.#verify(idOf(step.device), step.code);
      case 'confirm':
        return this.#confirm(idOf(step.device), step.code);
      case 'password':
        return this.#givePassword(step.guess);
      case 'start':
        return startTotpRegistration(this.account, seedOf(step.device), this.#circumstances);
      case 'register':
        return registerTotpSeed(this.account, seedOf(step.device), this.#circumstances);
      case 'rename': {
        const command = { ...here, totpId: step.device as TotpId, name: sealed(step.name) };
        return renameTotp(this.account, command, this.#circumstances);
      }
      case 'remove':
      case 'remove by code':
      case 'remove by recovery code':
        return this.#remove(step);
      case 'resync':
        return this.#resync(step.device as TotpId, step.drift);
      case 'recover':
        return verifyRecoveryCode(
          this.account,
          { ...here, ...this.#recovery(step.text) },
          this.#circumstances,
        );
      default:
        return this.#administer(step);
    }
  }

  #administer(step: Exclude<Changing, { device: unknown } | { text: string } | { guess: unknown }>): Decided {
    switch (step.do) {
      case 'generate': {
        const codes = step.texts.map((text) => ({ selector: selectorOf(text), hash: `hash of ${text}` }));
        const command = { ...here, codes, withPending: step.withPending };
        return generateRecoveryCodes(this.account, command, this.#circumstances);
      }
      case 'set password': {
        const password = { hash: sealed('hash'), changeRequired: false, traits: null };
        return setPassword(this.account, { ...here, password }, this.#circumstances);
      }
      case 'remove codes':
        return removeRecoveryCodes(this.account, here);
      case 'reset attempts':
        return resetAttempts(this.account, { ...here, reason });
      case 'reset factors':
        return resetFactors(this.account, { ...here, reason });
      default:
        return { lock, unlock, deactivate, reactivate }[step.do](this.account, here, { ownership: 'stays' });
    }
  }

  #givePassword(guess: 'right' | 'wrong'): Decided {
    const target = passwordTarget(this.account, here, this.#circumstances);
    const matches = guess === 'right' && target.kind === 'target' && target.hash !== null;
    return verifyPassword(this.account, { ...here, matches }, this.#circumstances);
  }

  #verify(totpId: TotpId | null, code: ShownCode): Decided {
    const command = { ...here, ...this.#comparedWith(totpId, code), totpId, purpose: null };
    return verifyTotp(this.account, command, this.#circumstances);
  }

  #comparedWith(totpId: TotpId | null, code: ShownCode) {
    const { digits } = code;
    const found = totpTargets(this.account, { ...here, totpId, digits }, this.#circumstances);
    const targets = found.kind === 'targets' ? found.targets : [];
    return { digits, comparisons: targets.map((target) => this.#compare(target, code)) };
  }

  #compare({ totpId, driftSteps, stepsPast, stepsFuture }: TotpTarget, { by }: ShownCode) {
    const current = Math.floor(this.#circumstances.now / stepMs) + driftSteps;
    const steps = by
      .filter(({ device, offset }) => device === totpId && offset >= -stepsPast && offset <= stepsFuture)
      .map(({ offset }) => current + offset);
    return { totpId, steps };
  }

  #confirm(totpId: TotpId | null, code: ShownCode): Decided {
    const found = pendingTarget(this.account, { ...here, totpId }, this.#circumstances);
    if (found.kind === 'rejected') return refused(found);
    const command = { ...here, totpId, comparison: this.#compare(found.target, code), hint: null };
    return verifyTotpRegistration(this.account, command, this.#circumstances);
  }

  #remove(step: Extract<Changing, { do: `remove${'' | ' by code' | ' by recovery code'}` }>): Decided {
    const command = { ...here, totpId: step.device as TotpId, proof: this.#proofOf(step) };
    return removeTotp(this.account, command, this.#circumstances);
  }

  #proofOf(step: Parameters<ModelSubject['take']>[0]): Parameters<typeof removeTotp>[1]['proof'] {
    if (step.do === 'remove by code') {
      return { by: 'totp', ...this.#comparedWith(step.device as TotpId, step.code) };
    }
    if (step.do === 'remove by recovery code') return { by: 'recovery-code', ...this.#recovery(step.text) };
    return step.do === 'remove' && step.proof === 'administrator' ? { by: 'administrator' } : null;
  }

  #recovery(text: string) {
    const selector = selectorOf(text);
    const found = recoveryTarget(this.account, { ...here, selector }, this.#circumstances);
    return { selector, matches: found.kind === 'target' && found.hash === `hash of ${text}` };
  }

  #resync(totpId: TotpId, drift: number | null): Decided {
    const current = Math.floor(this.#circumstances.now / stepMs);
    const match = drift === null ? null : { step: current + drift, driftSteps: drift };
    return resyncTotp(this.account, { ...here, totpId, match }, this.#circumstances);
  }
}

const idOf = (device: string | null) => device as TotpId | null;

/** The place in the set: codes of different sets share it. */
const selectorOf = (text: string) => text.slice(-2);

function seedOf(device: string) {
  const totpId = device as TotpId;
  const secret = sealed(`secret of ${device}`);
  const parameters = { ...defaultSettings.totpParameters, digits: digitsOf(device) };
  return { ...here, totpId, name: sealed('new'), secret, parameters };
}

function refused({ refusal }: Rejected<{ readonly code: string }>): Decided {
  return { events: [], outcome: { kind: 'rejected', refusal } };
}
