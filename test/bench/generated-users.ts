// Users as a large house has them: some thousands of names, most people in few organizations, no two alike.

import type { Row } from '#read-models/projection.js';

const givenNamesCount = 3_000;
const familyNamesCount = 12_000;
const domainsCount = 600;
const organizationsCount = 2_000;

const openings = [
  '',
  'b',
  'br',
  'd',
  'f',
  'g',
  'h',
  'j',
  'k',
  'kr',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  'st',
  't',
  'v',
  'w',
];
const vowels = ['a', 'e', 'i', 'o', 'u', 'ä', 'ia', 'ei'];
const closings = ['', 'l', 'n', 'r', 's', 'm', 'tz', 'nd'];

/** The same number for the same seed, spread over all 32 bits. */
export function mixed(seed: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function nameOf(number: number, seed: number): string {
  let [rest, name] = [number, ''];
  for (let syllable = 0; syllable < 3; syllable += 1) {
    const chosen = mixed(seed + number * 7 + syllable);
    name += openings[rest % openings.length];
    rest = Math.floor(rest / openings.length);
    name += vowels[chosen % vowels.length];
    name += syllable === 2 ? closings[(chosen >>> 8) % closings.length] : '';
  }
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

export const givenName = (number: number): string => nameOf(mixed(number) % givenNamesCount, 11);
export const familyName = (number: number): string => nameOf(mixed(number + 77) % familyNamesCount, 23);

/** Two fifths are in the largest one, a fifth in the next, and so on; the rest in small ones. */
function organizationOf(number: number): string {
  const chosen = mixed(number * 3 + 1);
  const share = chosen % 100;
  if (share < 40) return 'organization-0';
  if (share < 60) return 'organization-1';
  if (share < 70) return 'organization-2';
  if (share < 75) return 'organization-3';
  if (share < 77) return 'organization-4';
  return `organization-${5 + ((chosen >>> 8) % organizationsCount)}`;
}

/** The row of the table of users, in a state that a human comes to. */
export function generatedUser(number: number): Row {
  const [given, family] = [givenName(number), familyName(number)];
  const nick = mixed(number + 5) % 5 === 0 ? givenName(number + 9) : null;
  const email = `${given}.${family}${number % 97}@${nameOf(mixed(number + 3) % domainsCount, 31)}.example`;
  const username = `${given}.${family}.${number}`;
  const phone = `+44 ${String(mixed(number + 1)).padStart(10, '0')}`;
  const state = mixed(number + 2) % 50 === 0 ? 'inactive' : 'active';
  const time = 1_700_000_000_000 + number * 1_000;
  const key = mixed(number + 4)
    .toString(36)
    .padStart(8, '0');
  const texts = { username, given_name: given, family_name: family, nick_name: nick, email, phone };
  const all = { ...texts, display_name: `${given} ${family}` };
  const lowered = Object.entries(all).map(([name, text]) => [`${name}_lower`, (text ?? '').toLowerCase()]);
  return {
    stream: `user-${streamId(number)}`,
    organization_id: organizationOf(number),
    user_id: streamId(number),
    kind: 'human',
    state,
    ...all,
    ...Object.fromEntries(lowered),
    username_key: `${key}${key}${key}username`,
    preferred_language: 'en',
    gender: null,
    machine_name: null,
    description: null,
    email_key: `${key}${key}${key}email`,
    is_email_verified: 1,
    password_changed_at: null,
    is_password_change_required: 0,
    created_at: time,
    changed_at: time,
    sequence: 1,
    place: String(number).padStart(16, '0'),
  };
}

/** As ids made in the order of time are. */
export const streamId = (number: number): string => {
  const time = (0x018b_d3c0_0000 + number * 1_000).toString(16).padStart(12, '0');
  const random = mixed(number + 8)
    .toString(16)
    .padStart(8, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random}${time.slice(8)}`;
};

/** Of each size one; what it is called tells the share of all users that it has. */
export const organizationsOf = [
  ['40 %', 'organization-0'],
  ['5 %', 'organization-3'],
  ['2 %', 'organization-4'],
  ['0.01 %', 'organization-7'],
] as const;
