// What a guesser may have compared, counted by plain counters from the rules as they are written for people. It
// shares no code with what decides.

import type { Settings } from '#domain/organization/settings.js';

export type Verdict = 'right' | 'used' | 'wrong' | 'attempts-delayed' | 'totp-exhausted' | 'totp-disabled';

const windowMs = 30 * 24 * 3_600_000;

interface Bounds
  extends Pick<
    Settings,
    'failuresBeforeDelay' | 'delaySecondsFirst' | 'delaySecondsMax' | 'failuresPerWindowMax'
  > {
  readonly perDevice: number;
}

interface Counted {
  spent: number;
  failures: number;
  isDisabled: boolean;
}

export class GuessBudget {
  readonly #bounds: Bounds;
  #devices: Counted[];
  #row = 0;
  #lastAt = 0;
  readonly #wrongAt: number[] = [];
  #left = 0;

  constructor(bounds: Bounds, devices: number) {
    this.#bounds = bounds;
    this.#devices = fresh(devices);
  }

  /** Null where the guess is compared, with nothing counted yet. */
  refused(now: number, devices: readonly number[]): Verdict | null {
    const { failuresBeforeDelay, delaySecondsFirst, delaySecondsMax, failuresPerWindowMax } = this.#bounds;
    while ((this.#wrongAt[this.#left] ?? Infinity) <= now - windowMs) this.#left += 1;
    if (this.#wrongAt.length - this.#left >= failuresPerWindowMax) return 'totp-exhausted';
    if (this.#row >= failuresBeforeDelay) {
      const seconds = Math.min(delaySecondsFirst * 2 ** (this.#row - failuresBeforeDelay), delaySecondsMax);
      if (now < this.#lastAt + seconds * 1_000) return 'attempts-delayed';
    }
    return devices.every((index) => this.#of(index).isDisabled) ? 'totp-disabled' : null;
  }

  /** @param shown for each device the steps that show the code that was guessed */
  count(now: number, devices: readonly number[], shown: readonly (readonly number[])[]): Verdict {
    const refused = this.refused(now, devices);
    if (refused !== null) return refused;
    const enabled = devices.filter((index) => !this.#of(index).isDisabled);
    for (const index of enabled) {
      // The latest that shows it, so that the same code is not right once more.
      const step = Math.max(...(shown[index] ?? []));
      if (step > this.#of(index).spent) return this.#succeed(index, step);
    }
    const isUsed = enabled.some((index) => (shown[index] ?? []).length > 0);
    this.#row += 1;
    this.#lastAt = now;
    if (!isUsed) for (const _ of enabled) this.#wrongAt.push(now);
    for (const index of enabled) {
      const device = this.#of(index);
      device.failures += 1;
      device.isDisabled = device.failures >= this.#bounds.perDevice;
    }
    return isUsed ? 'used' : 'wrong';
  }

  /** Of an enabled device. */
  failuresLeft(devices: readonly number[]): number {
    return Math.min(...devices.map((index) => this.#bounds.perDevice - this.#of(index).failures));
  }

  spentOf(index: number): number {
    return this.#of(index).spent;
  }

  isDisabled(index: number): boolean {
    return this.#of(index).isDisabled;
  }

  bindAnew(): void {
    this.#devices = fresh(this.#devices.length);
  }

  #succeed(index: number, step: number): Verdict {
    Object.assign(this.#of(index), { spent: step, failures: 0 });
    this.#row = 0;
    return 'right';
  }

  #of(index: number): Counted {
    return this.#devices[index] as Counted;
  }
}

function fresh(devices: number): Counted[] {
  return Array.from({ length: devices }, () => ({ spent: -1, failures: 0, isDisabled: false }));
}
