// Reads the log after a race and says what must not stand there. It shares no code with what decided: plain
// counters over the events as they are stored, by the rules as they are written for people.

import type { RecordedEvent } from '#event-log/event-log.js';

/** What one entrant of a race was told. */
export interface Told {
  readonly call: string;
  readonly command: string;
  /** `accepted`, the code of the refusal, or `exception: …`. */
  readonly outcome: string;
}

const tellsFailure = new Set(['wrong-code', 'code-already-used', 'wrong-recovery-code']);

const shutting = new Set(['user.removed', 'user.erased', 'user.locked', 'user.deactivated']);

const freeFailures = 5;
const delayFirstMs = 30_000;
const delayMaxMs = 3_600_000;
const deviceFailuresMax = 20;
const windowFailuresMax = 30;
const windowMs = 30 * 24 * 3_600_000;

export function judge(events: readonly RecordedEvent[], told: readonly Told[]): string[] {
  return [...exceptions(told), ...gaps(events), ...untrue(events, told), ...new Walk().through(events)];
}

function exceptions(told: readonly Told[]): string[] {
  return told
    .filter(({ outcome }) => outcome.startsWith('exception'))
    .map(({ command, outcome }) => `${command}: ${outcome}`);
}

function gaps(events: readonly RecordedEvent[]): string[] {
  return events.some(({ revision }, index) => revision !== index) ? ['a revision is missing'] : [];
}

/** Each entrant's own events are those of what it was told. */
function untrue(events: readonly RecordedEvent[], told: readonly Told[]): string[] {
  const byCall = Map.groupBy(events, ({ metadata }) => String(metadata.call));
  return told.flatMap(({ call, command, outcome }) => {
    const types = (byCall.get(call) ?? []).map(({ type }) => type);
    const lie = lieIn(outcome, types);
    return lie === null ? [] : [`${command} was told ${outcome}, and ${lie}: ${types.join(', ')}`];
  });
}

function lieIn(outcome: string, types: readonly string[]): string | null {
  const failures = types.filter((type) => type.endsWith('.check.failed')).length;
  if (tellsFailure.has(outcome)) return failures === 1 ? null : `${failures} failures are recorded`;
  if (outcome !== 'accepted') return types.length === 0 ? null : 'something is recorded';
  if (types.length === 0) return 'nothing is recorded';
  return failures === 0 ? null : 'a failure is recorded';
}

interface Device {
  status: 'ready' | 'disabled';
  lastStep: number;
  failures: number;
  /** Which call must have disabled it. */
  due: string | null;
}

interface Data {
  readonly totpId?: string;
  readonly totpIds?: readonly string[];
  readonly step?: number;
  readonly reason?: string;
  readonly selector?: string;
  readonly codes?: readonly { readonly selector: string }[];
  readonly pendingWith?: string | null;
}

class Walk {
  readonly #found: string[] = [];
  readonly #devices = new Map<string, Device>();
  readonly #wrongAt: number[] = [];
  #pending: string | null = null;
  #selectors = new Set<string>();
  #waiting: { readonly totpId: string; readonly selectors: ReadonlySet<string> } | null = null;
  #row = 0;
  #lastFailureAt = 0;
  /** Removed, erased, locked or inactive. */
  #mayVerify = true;

  through(events: readonly RecordedEvent[]): string[] {
    for (const event of events) this.#step(event);
    for (const [id, { due }] of this.#devices) if (due !== null) this.#found.push(`${id} was not disabled`);
    return this.#found;
  }

  #step({ type, data, metadata }: RecordedEvent): void {
    const at = Date.parse(metadata.time);
    const call = String(metadata.call);
    const told = data as Data;
    if (type.includes('.check.')) this.#compared(type, at);
    this.#disabledInTime(type, call, told);
    if (type.includes('.otp.')) this.#totp(type, told, { at, call });
    else if (type.includes('.recoverycode.')) this.#recovery(type, told, at);
    else if (type.endsWith('.reset')) this.#reset(type);
    else if (shutting.has(type)) this.#mayVerify = false;
    else if (type === 'user.unlocked' || type === 'user.reactivated') this.#mayVerify = true;
  }

  /** A comparison, right or wrong, took place: it must have been allowed. */
  #compared(type: string, at: number): void {
    if (!this.#mayVerify) this.#found.push(`${type} of a user who is locked, inactive or gone`);
    if (this.#row >= freeFailures) {
      const delay = Math.min(delayFirstMs * 2 ** (this.#row - freeFailures), delayMaxMs);
      if (at < this.#lastFailureAt + delay) this.#found.push(`${type} during the delay`);
    }
    if (!type.includes('.otp.')) return;
    const counted = this.#wrongAt.filter((wrongAt) => wrongAt > at - windowMs).length;
    if (counted >= windowFailuresMax) this.#found.push(`${type} in an exhausted window`);
  }

  #disabledInTime(type: string, call: string, { totpId = '' }: Data): void {
    for (const [id, device] of this.#devices) {
      if (device.due === null || (type.endsWith('.disabled') && id === totpId)) continue;
      if (device.due !== call)
        this.#found.push(`${id} was not disabled by the failure that was one too many`);
      if (device.due !== call) device.due = null;
    }
  }

  #totp(type: string, data: Data, when: { readonly at: number; readonly call: string }): void {
    const { totpId = '', step = -1 } = data;
    if (type.endsWith('.otp.added')) this.#pending = totpId;
    else if (type.endsWith('.otp.imported')) this.#enrol(totpId, -1);
    else if (type.endsWith('.otp.verified')) this.#confirm(totpId, step);
    else if (type.endsWith('.check.succeeded') || type.endsWith('.resynced')) this.#succeed(totpId, step);
    else if (type.endsWith('.check.failed')) this.#fail(data, when);
    else if (type.endsWith('.disabled')) this.#disable(totpId);
    else if (type.endsWith('.removed')) this.#remove(totpId);
  }

  #enrol(totpId: string, lastStep: number): void {
    if (this.#devices.has(totpId)) this.#found.push('a ready device was replaced');
    this.#devices.set(totpId, { status: 'ready', lastStep, failures: 0, due: null });
  }

  #confirm(totpId: string, step: number): void {
    if (this.#pending !== totpId) this.#found.push('a registration was confirmed that was not the last one');
    this.#pending = null;
    this.#enrol(totpId, step);
    this.#row = 0;
    if (this.#waiting?.totpId === totpId) this.#selectors = new Set(this.#waiting.selectors);
    this.#waiting = null;
  }

  #succeed(totpId: string, step: number): void {
    const device = this.#devices.get(totpId);
    if (device === undefined) this.#found.push('a success of a device that is not there');
    else {
      if (device.status === 'disabled') this.#found.push('a success of a disabled device');
      if (step <= device.lastStep) this.#found.push(`step ${step} after step ${device.lastStep}`);
      device.lastStep = step;
      device.failures = 0;
    }
    this.#row = 0;
  }

  #fail({ totpIds = [], reason }: Data, { at, call }: { readonly at: number; readonly call: string }): void {
    this.#row += 1;
    this.#lastFailureAt = at;
    if (reason === 'wrong') this.#wrongAt.push(at);
    for (const totpId of totpIds) {
      const device = this.#devices.get(totpId);
      if (device === undefined) {
        if (this.#pending !== totpId) this.#found.push('a failure of a device that is not there');
        continue;
      }
      if (device.status === 'disabled') this.#found.push('a guess at a disabled device was compared');
      device.failures += 1;
      if (device.failures >= deviceFailuresMax) device.due = call;
    }
  }

  #disable(totpId: string): void {
    const device = this.#devices.get(totpId);
    if (device === undefined || device.due === null) this.#found.push('a device was disabled for nothing');
    if (device === undefined) return;
    device.status = 'disabled';
    device.due = null;
  }

  #remove(totpId: string): void {
    if (this.#pending === totpId) this.#pending = null;
    else if (!this.#devices.delete(totpId)) this.#found.push('a device was removed twice');
  }

  #recovery(type: string, { codes = [], pendingWith = null, selector = '' }: Data, at: number): void {
    if (type.endsWith('.added')) {
      const selectors = new Set(codes.map((code) => code.selector));
      if (pendingWith === null) this.#selectors = selectors;
      this.#waiting = pendingWith === null ? null : { totpId: pendingWith, selectors };
    } else if (type.endsWith('.removed')) this.#selectors = new Set();
    else if (type.endsWith('.check.succeeded')) {
      if (!this.#selectors.delete(selector)) this.#found.push('a recovery code was spent that was not there');
      this.#row = 0;
    } else if (type.endsWith('.check.failed')) {
      this.#row += 1;
      this.#lastFailureAt = at;
    }
  }

  #reset(type: string): void {
    this.#row = 0;
    this.#wrongAt.length = 0;
    if (type === 'user.mfa.reset') {
      this.#devices.clear();
      this.#selectors.clear();
      this.#pending = null;
    }
    for (const device of this.#devices.values()) Object.assign(device, { status: 'ready', failures: 0 });
  }
}
