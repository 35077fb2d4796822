// How a benchmark is limited: never so that it is refused.

import { defaultRateLimits, type RateLimits } from '#access/rate-limits.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { settingRanges } from '#domain/organization/settings.js';
import { CallLimits } from '#transport/call-limits.js';

export interface BenchLimits {
  readonly rates: RateLimits;
  /** By the organization of whoever calls. */
  readonly chosen: SettingsFields | null;
}

const much = { perSecond: 1e9, burst: 1e9 };

const named: Readonly<Record<string, () => BenchLimits>> = {
  /** Buckets are taken of that are never empty, and nobody has a ceiling. */
  lifted: () => ({
    rates: { address: much, login: much, call: much, guess: much, hash: much },
    chosen: null,
  }),
  /** As they are served, of an organization that has chosen the most that there is, ceilings of quotas included. */
  on: () => ({ rates: defaultRateLimits, chosen: most() }),
  /** No bucket is looked at, and so no answer tells of one; nobody has a ceiling. */
  off: () => {
    takeOff();
    return { rates: defaultRateLimits, chosen: null };
  },
};

export function limitsNamed(name: string): BenchLimits {
  const limits = named[name];
  if (limits === undefined) throw new Error(`there are no limits called ${name}`);
  return limits();
}

function most(): SettingsFields {
  const { callsPerSecond, checksPerSecond, hashesPerSecond, turnsPerPeriodMax, relationshipsMax } =
    settingRanges;
  return new SettingsFields({
    callsPerSecond: callsPerSecond.maximum,
    checksPerSecond: checksPerSecond.maximum,
    hashesPerSecond: hashesPerSecond.maximum,
    turnsPerPeriodMax: turnsPerPeriodMax.maximum,
    relationshipsMax: relationshipsMax.maximum,
  });
}

/** The service itself cannot be without: what they cost is what would not be there if it could. */
function takeOff(): void {
  const allows = () => null;
  const { prototype } = CallLimits;
  prototype.ofAddress = allows;
  prototype.countStranger = allows;
  prototype.ofLogin = allows;
  prototype.ofCaller = allows;
  prototype.ofBegun = allows;
  prototype.ofCost = allows;
}
