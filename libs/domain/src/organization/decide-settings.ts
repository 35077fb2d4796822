// Which values may be chosen, by an organization and by the instance alike.

import type { Accepted, Rejected } from '#domain/decider.js';
import {
  type Overrides,
  type RangedName,
  type SettingName,
  type Settings,
  settingRanges,
  settingsWith,
  withoutOverrides,
} from '#domain/organization/settings.js';

export type SettingsRefusal =
  /** The value, or the number of its characters, is below or above what is allowed, or no whole number. */
  | {
      readonly code: 'setting-out-of-range';
      readonly name: RangedName;
      readonly minimum: number;
      readonly maximum: number;
    }
  /** An authenticator app would misread it: an issuer has neither colons nor control characters. */
  | { readonly code: 'setting-malformed'; readonly name: 'issuer' };

/** Those of the changes that change something, or why none of them may be made. */
export function checkedChanges(
  overrides: Overrides,
  changed: Overrides,
  inherited: Settings,
): Accepted<Overrides> | Rejected<SettingsRefusal> {
  const asked = entriesOf(changed).filter(([, value]) => value !== undefined);
  const result = settingsWith({ ...overrides, ...fromEntries(asked) }, inherited);
  const refusal = rangeRefusal(changed) ?? issuerRefusal(changed) ?? orderRefusal(asked.map(nameOf), result);
  if (refusal !== null) return { kind: 'rejected', refusal };
  return {
    kind: 'accepted',
    answer: fromEntries(asked.filter(([name]) => !isSame(name, overrides, changed))),
  };
}

/** Those of the names that have something to forget. */
export const chosenAmong = (overrides: Overrides, names: readonly SettingName[]): readonly SettingName[] =>
  entriesOf(overrides)
    .map(nameOf)
    .filter((name) => names.includes(name));

/** Those of the names that have something to forget, or why it may not be forgotten. */
export function checkedResets(
  overrides: Overrides,
  names: readonly SettingName[],
  inherited: Settings,
): Accepted<readonly SettingName[]> | Rejected<SettingsRefusal> {
  const reset = chosenAmong(overrides, names);
  const refusal = orderRefusal(reset, settingsWith(withoutOverrides(overrides, reset), inherited));
  return refusal === null ? { kind: 'accepted', answer: reset } : { kind: 'rejected', refusal };
}

function rangeRefusal(changed: Overrides): SettingsRefusal | null {
  for (const [name, { minimum, maximum }] of Object.entries(settingRanges)) {
    const size = sizeOf(changed[name as RangedName]);
    if (size !== null && !(Number.isInteger(size) && size >= minimum && size <= maximum))
      return { code: 'setting-out-of-range', name: name as RangedName, minimum, maximum };
  }
  return null;
}

/** Null where there is nothing to measure: not asked for, or an issuer that is to be the organization's name. */
const sizeOf = (value: number | string | null | undefined) =>
  typeof value === 'string' ? [...value].length : (value ?? null);

const issuerRefusal = ({ issuer }: Overrides): SettingsRefusal | null =>
  issuer != null && /[\p{Cc}:]/u.test(issuer) ? { code: 'setting-malformed', name: 'issuer' } : null;

/** The first of each two is not above the second. */
const ordered = [
  ['delaySecondsFirst', 'delaySecondsMax'],
  ['sessionLifetimeSecondsDefault', 'sessionLifetimeSecondsMax'],
] as const;

/** Only where one of the two is touched: what the instance chose since must not stand in the way of the others. */
function orderRefusal(touched: readonly SettingName[], result: Settings): SettingsRefusal | null {
  for (const [lesser, name] of ordered) {
    if (!touched.includes(lesser) && !touched.includes(name)) continue;
    const minimum = result[lesser];
    const { maximum } = settingRanges[name];
    if (result[name] < minimum) return { code: 'setting-out-of-range', name, minimum, maximum };
  }
  return null;
}

function isSame(name: SettingName, one: Overrides, other: Overrides): boolean {
  if (name !== 'totpParameters') return one[name] === other[name];
  const [before, after] = [one[name], other[name]];
  return (
    before?.algorithm === after?.algorithm &&
    before?.digits === after?.digits &&
    before?.periodSeconds === after?.periodSeconds
  );
}

type Entry = readonly [SettingName, unknown];

const nameOf = ([name]: Entry) => name;
const entriesOf = (overrides: Overrides) => Object.entries(overrides) as unknown as readonly Entry[];
const fromEntries = (entries: readonly Entry[]): Overrides => Object.fromEntries(entries);
