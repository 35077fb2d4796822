// The rules of guesses and factors once more, by plain counters and lists, as one would keep them on paper. It is
// what random sequences of commands are held against, and takes nothing from the code that decides.

import type { Settings } from '#domain/organization/settings.js';
import { ModelPassword, waitUntil } from '#domain/testing/model-password.js';

/** The digits that are typed, by which devices show them, so many steps from their own present one. */
export interface ShownCode {
  readonly digits: 6 | 8;
  readonly by: readonly { readonly device: string; readonly offset: number }[];
}

export type Step =
  | { readonly do: 'verify'; readonly device: string | null; readonly code: ShownCode }
  | { readonly do: 'recover'; readonly text: string }
  | { readonly do: 'start' | 'register'; readonly device: string }
  | { readonly do: 'confirm'; readonly device: string | null; readonly code: ShownCode }
  | { readonly do: 'rename'; readonly device: string; readonly name: string }
  | { readonly do: 'remove'; readonly device: string; readonly proof: 'none' | 'administrator' }
  | { readonly do: 'remove by code'; readonly device: string; readonly code: ShownCode }
  | { readonly do: 'remove by recovery code'; readonly device: string; readonly text: string }
  | { readonly do: 'resync'; readonly device: string; readonly drift: number | null }
  | { readonly do: 'generate'; readonly texts: readonly string[]; readonly withPending: boolean }
  | { readonly do: 'remove codes' | 'reset attempts' | 'reset factors' }
  | { readonly do: 'password'; readonly guess: 'right' | 'wrong' }
  | { readonly do: 'set password' }
  | { readonly do: 'lock' | 'unlock' | 'deactivate' | 'reactivate' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'organization'; readonly status: 'active' | 'inactive' }
  | { readonly do: 'settings'; readonly settings: Partial<Settings> };

/** What must be told: `accepted` with what is told besides, or the refusal. */
export type Verdict = { readonly code: string } & Readonly<Record<string, unknown>>;

export interface ModelDevice {
  readonly id: string;
  name: string;
  isDisabled: boolean;
  failures: number;
  lastStep: number;
  drift: number;
}

const accepted: Verdict = { code: 'accepted' };
const stepMs = 30_000;
const windowMs = 30 * 24 * 3_600_000;
const pendingMs = 600_000;

/** So that both widths of codes are there. */
export const digitsOf = (device: string): 6 | 8 => (device === 'token' ? 8 : 6);

export class Model {
  now: number;
  settings: Settings;
  user: 'active' | 'locked' | 'inactive' = 'active';
  organization: 'active' | 'inactive' = 'active';
  devices: ModelDevice[] = [];
  pending: { readonly id: string; name: string; readonly until: number } | null = null;
  codes: string[] = [];
  waiting: readonly string[] | null = null;
  readonly password = new ModelPassword();
  #row = 0;
  #lastFailureAt = 0;
  #wrongAt: number[] = [];

  constructor(now: number, settings: Settings) {
    this.now = now;
    this.settings = settings;
  }

  /** What must be told of this command; everything is then as it must be after it. */
  take(step: Step): Verdict {
    switch (step.do) {
      case 'verify':
        return this.#unusable() ?? this.#verify(step.device, step.code);
      case 'recover':
        return this.#unusable() ?? this.#recover(step.text);
      case 'password':
        return this.#unusable() ?? this.password.give(step.guess, this);
      case 'start':
        return this.#unusable() ?? this.#start(step.device);
      case 'register':
        return this.#noRoomFor(step.device) ?? this.#register(step.device);
      case 'confirm':
        return this.#unusable() ?? this.#confirm(step.device, step.code);
      case 'rename':
        return this.#rename(step.device, step.name);
      case 'remove':
      case 'remove by code':
      case 'remove by recovery code':
        return this.#remove(step);
      case 'resync':
        return this.#unusable() ?? this.#resync(step.device, step.drift);
      case 'generate':
        return this.#unusable() ?? this.#generate(step.texts, step.withPending);
      default:
        return this.#administer(step);
    }
  }

  #administer(step: Extract<Step, { do: Administered }>): Verdict {
    switch (step.do) {
      case 'remove codes':
        this.codes = [];
        this.waiting = null;
        return accepted;
      case 'set password':
        this.password.set();
        return accepted;
      case 'reset attempts':
        return this.#forgetFailures();
      case 'reset factors':
        Object.assign(this, { devices: [], pending: null, codes: [], waiting: null });
        return this.#forgetFailures();
      case 'wait':
        this.now += step.ms;
        return accepted;
      case 'organization':
        this.organization = step.status;
        return accepted;
      case 'settings':
        this.settings = { ...this.settings, ...step.settings };
        return accepted;
      default:
        return this.#shut(step.do);
    }
  }

  #shut(what: 'lock' | 'unlock' | 'deactivate' | 'reactivate'): Verdict {
    const refusals: Record<typeof what, Partial<Record<Model['user'], string>>> = {
      lock: { locked: 'user-already-locked', inactive: 'user-inactive' },
      unlock: { active: 'user-not-locked', inactive: 'user-not-locked' },
      deactivate: { inactive: 'user-already-inactive' },
      reactivate: { active: 'user-not-inactive', locked: 'user-not-inactive' },
    };
    const code = refusals[what][this.user];
    if (code !== undefined) return { code };
    const after = { lock: 'locked', unlock: 'active', deactivate: 'inactive', reactivate: 'active' } as const;
    this.user = after[what];
    return accepted;
  }

  #unusable(): Verdict | null {
    if (this.user === 'locked') return { code: 'user-locked' };
    if (this.user === 'inactive') return { code: 'user-inactive' };
    return this.organization === 'active' ? null : { code: 'organization-not-active' };
  }

  // Bounds

  #delayedUntil(): number {
    const more = this.#row - this.settings.failuresBeforeDelay;
    return waitUntil({ more, lastAt: this.#lastFailureAt }, this);
  }

  #inWindow(): number[] {
    return this.#wrongAt.filter((at) => at > this.now - windowMs).sort((one, other) => other - one);
  }

  #exhaustedUntil(): number {
    const oldestThatCounts = this.#inWindow()[this.settings.failuresPerWindowMax - 1];
    return oldestThatCounts === undefined ? this.now : oldestThatCounts + windowMs;
  }

  #windowLeft(): number {
    return Math.max(0, this.settings.failuresPerWindowMax - this.#inWindow().length);
  }

  #capOf(device: string): number {
    const { deviceFailuresMax, stepsPast, stepsFuture } = this.settings;
    const byWidth = Math.floor(10 ** digitsOf(device) / 10_000 / (1 + stepsPast + stepsFuture));
    return Math.min(deviceFailuresMax, byWidth);
  }

  /** @param asked null for an enrolment, which no failure disables */
  #attemptsLeft(asked: readonly ModelDevice[] | null): number {
    if (asked === null) return this.#windowLeft();
    const enabled = asked.filter(({ isDisabled }) => !isDisabled);
    const most = enabled.map(({ id, failures }) => Math.max(1, this.#capOf(id) - failures));
    // In the window each of them counts once for every guess.
    return Math.min(Math.max(0, ...most), Math.ceil(this.#windowLeft() / Math.max(1, enabled.length)));
  }

  #bounded(asked: readonly ModelDevice[] | null): Verdict | null {
    const nextAttemptAt = Math.max(this.#exhaustedUntil(), this.#delayedUntil());
    if (this.#exhaustedUntil() > this.now) return { code: 'totp-exhausted', nextAttemptAt };
    if (this.#delayedUntil() === this.now) return null;
    return { code: 'attempts-delayed', nextAttemptAt, attemptsLeft: this.#attemptsLeft(asked) };
  }

  // Guesses

  #verify(device: string | null, code: ShownCode): Verdict {
    return this.#unasked(device, code.digits) ?? this.#compare(device, code);
  }

  #unasked(device: string | null, digits: 6 | 8 | null): Verdict | null {
    const named = this.devices.filter(({ id }) => device === null || id === device);
    if (named.length === 0) {
      const waits = this.#livePending();
      const isMeant = waits !== null && (device === null || waits.id === device);
      return { code: isMeant ? 'totp-not-ready' : 'totp-not-found' };
    }
    const asked = named.filter(({ id }) => digits === null || digitsOf(id) === digits);
    if (asked.length === 0) {
      const widths = new Set(named.map(({ id }) => digitsOf(id)));
      return { code: 'malformed-code', digits: [6, 8].filter((width) => widths.has(width as 6 | 8)) };
    }
    const bounded = this.#bounded(asked);
    if (bounded !== null) return bounded;
    return asked.every(({ isDisabled }) => isDisabled) ? { code: 'totp-disabled' } : null;
  }

  #compare(device: string | null, code: ShownCode): Verdict {
    const asked = this.devices.filter(
      ({ id, isDisabled }) =>
        !isDisabled && (device === null || id === device) && digitsOf(id) === code.digits,
    );
    for (const one of asked) {
      const fresh = this.#stepsShown(one, code).filter((step) => step > one.lastStep);
      if (fresh.length === 0) continue;
      Object.assign(one, { lastStep: Math.max(...fresh), failures: 0 });
      this.#row = 0;
      return { ...accepted, totpId: one.id };
    }
    return this.#fail(asked, asked.some((one) => this.#stepsShown(one, code).length > 0) ? 'used' : 'wrong');
  }

  #stepsShown({ id, drift }: Pick<ModelDevice, 'id' | 'drift'>, { by }: ShownCode): number[] {
    const { stepsPast, stepsFuture } = this.settings;
    return by
      .filter(({ device, offset }) => device === id && offset >= -stepsPast && offset <= stepsFuture)
      .map(({ offset }) => Math.floor(this.now / stepMs) + drift + offset);
  }

  #fail(asked: readonly ModelDevice[] | null, why: 'wrong' | 'used'): Verdict {
    this.#row += 1;
    this.#lastFailureAt = this.now;
    if (why === 'wrong') for (const _ of asked ?? ['enrolment']) this.#wrongAt.push(this.now);
    for (const one of asked ?? []) {
      one.failures += 1;
      if (one.failures >= this.#capOf(one.id)) one.isDisabled = true;
    }
    const isLast = asked?.every(({ isDisabled }) => isDisabled) ?? false;
    const told = {
      attemptsLeft: this.#attemptsLeft(asked),
      nextAttemptAt: isLast ? null : Math.max(this.#exhaustedUntil(), this.#delayedUntil()),
    };
    return why === 'used'
      ? { code: 'code-already-used', ...told }
      : { code: 'wrong-code', ...told, hint: null };
  }

  #recover(text: string): Verdict {
    if (this.codes.length === 0) return { code: 'recovery-codes-not-found' };
    const nextAttemptAt = this.#delayedUntil();
    if (nextAttemptAt > this.now) return { code: 'attempts-delayed', nextAttemptAt, attemptsLeft: null };
    if (!this.codes.includes(text)) {
      this.#row += 1;
      this.#lastFailureAt = this.now;
      return { code: 'wrong-recovery-code', nextAttemptAt: this.#delayedUntil() };
    }
    this.codes = this.codes.filter((code) => code !== text);
    this.#row = 0;
    const codesLeft = this.codes.length;
    return { ...accepted, codesLeft, notice: codesLeft <= 3 ? 'few-left' : null };
  }

  #resync(device: string, drift: number | null): Verdict {
    const refused = this.#unasked(device, null);
    if (refused !== null) return refused;
    const one = this.devices.find(({ id }) => id === device) as ModelDevice;
    const step = drift === null ? null : Math.floor(this.now / stepMs) + drift;
    if (step === null) return this.#fail([one], 'wrong');
    if (step <= one.lastStep) return this.#fail([one], 'used');
    Object.assign(one, { drift, lastStep: step, failures: 0 });
    this.#row = 0;
    return accepted;
  }

  // Factors

  #livePending() {
    return this.pending !== null && this.now < this.pending.until ? this.pending : null;
  }

  #noRoomFor(device: string): Verdict | null {
    if (this.devices.some(({ id }) => id === device)) return { code: 'totp-already-ready' };
    const maximum = this.settings.totpDevicesMax;
    return this.devices.length < maximum ? null : { code: 'totp-devices-max', maximum };
  }

  #start(device: string): Verdict {
    const full = this.#noRoomFor(device);
    if (full !== null) return full;
    const expiresAt = this.now + pendingMs;
    this.pending = { id: device, name: 'new', until: expiresAt };
    this.waiting = null;
    return { ...accepted, expiresAt };
  }

  #register(device: string): Verdict {
    if (this.pending?.id === device) this.#dropPending();
    this.#enrol(device, -1, 'new');
    return accepted;
  }

  #confirm(device: string | null, code: ShownCode): Verdict {
    const { pending } = this;
    if (pending === null || (device !== null && pending.id !== device)) {
      const isReady = this.devices.some(({ id }) => device === null || id === device);
      return { code: isReady ? 'totp-already-ready' : 'totp-not-found' };
    }
    if (this.#livePending() === null) return { code: 'totp-registration-expired' };
    const maximum = this.settings.totpDevicesMax;
    if (this.devices.length >= maximum) return { code: 'totp-devices-max', maximum };
    const bounded = this.#bounded(null);
    if (bounded !== null) return bounded;
    const steps = this.#stepsShown({ id: pending.id, drift: 0 }, code);
    if (steps.length === 0) return this.#fail(null, 'wrong');
    this.#enrol(pending.id, Math.max(...steps), pending.name);
    this.codes = [...(this.waiting ?? this.codes)];
    this.#dropPending();
    return { ...accepted, totpId: pending.id };
  }

  #enrol(id: string, lastStep: number, name: string): void {
    this.devices.push({ id, name, isDisabled: false, failures: 0, lastStep, drift: 0 });
  }

  #dropPending(): void {
    this.pending = null;
    this.waiting = null;
  }

  #rename(device: string, name: string): Verdict {
    const found = [...this.devices, this.#livePending()].find((one) => one?.id === device);
    if (found === undefined || found === null) return { code: 'totp-not-found' };
    found.name = name;
    return accepted;
  }

  #remove(step: Extract<Step, { do: `remove${'' | ' by code' | ' by recovery code'}` }>): Verdict {
    if (this.#livePending()?.id === step.device) {
      this.#dropPending();
      return accepted;
    }
    if (!this.devices.some(({ id }) => id === step.device)) return { code: 'totp-not-found' };
    const proven = this.#prove(step);
    if (proven.code !== 'accepted') return proven;
    this.devices = this.devices.filter(({ id }) => id !== step.device);
    return accepted;
  }

  #prove(step: Parameters<Model['take']>[0]): Verdict {
    if (step.do === 'remove by code') return this.#unusable() ?? this.#verify(step.device, step.code);
    if (step.do === 'remove by recovery code') return this.#unusable() ?? this.#recover(step.text);
    return step.do === 'remove' && step.proof === 'administrator' ? accepted : { code: 'proof-required' };
  }

  #generate(texts: readonly string[], withPending: boolean): Verdict {
    if (withPending && this.#livePending() === null) return { code: 'totp-registration-not-found' };
    this.waiting = withPending ? texts : null;
    if (!withPending) this.codes = [...texts];
    return accepted;
  }

  #forgetFailures(): Verdict {
    this.#row = 0;
    this.#wrongAt = [];
    for (const device of this.devices) Object.assign(device, { isDisabled: false, failures: 0 });
    return accepted;
  }
}

type Administered =
  | 'remove codes'
  | 'set password'
  | 'reset attempts'
  | 'reset factors'
  | 'lock'
  | 'unlock'
  | 'deactivate'
  | 'reactivate'
  | 'wait'
  | 'organization'
  | 'settings';
