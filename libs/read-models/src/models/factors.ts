// Second factors of users: devices without their secrets, recovery codes without their hashes, and the wrong guesses
// from which the domain reckons what is left. No row counts anything: what is counted are rows.

import type { TotpId } from '#domain/ids.js';
import type { TotpEvent } from '#domain/totp/events.js';
import { integer, ofUser, openingText, orNull, text } from '#read-models/models/cells.js';
import type { Place, Projection, Row, RowChange, Table } from '#read-models/projection.js';

const factors: Table = {
  columns: {
    organization_id: text,
    stream: text,
    totp_id: text,
    state: text,
    name: orNull(text),
    algorithm: text,
    digits: integer,
    period_seconds: integer,
    created_at: integer,
    /** Of one that waits for its first code. */
    expires_at: orNull(integer),
    last_used_at: orNull(integer),
    /** Where it was enrolled, or began to wait. */
    place: text,
  },
  key: ['organization_id', 'stream', 'totp_id'],
};

const recoveryCodes: Table = {
  columns: {
    organization_id: text,
    stream: text,
    /** Where the set was made. */
    made: text,
    /** Empty in the row that stands for the set itself, which is never spent. */
    selector: text,
    state: text,
    /** The device whose first code they wait for. */
    pending_with: orNull(text),
    /** From where on they are in force; of the sets that were, the latest counts. */
    since: text,
  },
  key: ['organization_id', 'stream', 'made', 'selector'],
};

/** `in-a-row` since the last success, `device` since the last success of that one, `window` for a month or more. */
const failures: Table = {
  columns: {
    organization_id: text,
    stream: text,
    kind: text,
    totp_id: text,
    place: text,
    /** Of several in one event. */
    number: integer,
    at: integer,
  },
  key: ['organization_id', 'stream', 'kind', 'totp_id', 'place', 'number'],
};

export const factorTables = { factors, recovery_codes: recoveryCodes, failures };

const remove = (table: keyof typeof factorTables, place: Place, where: Row = {}): RowChange => ({
  change: 'remove',
  table,
  where: { ...ofUser(place), ...where },
});

const setFactor = (place: Place, where: Row, cells: Row): RowChange => ({
  change: 'set',
  table: 'factors',
  where: { ...ofUser(place), ...where },
  cells,
});

type Begun = Extract<TotpEvent, { type: 'user.human.mfa.otp.added' | 'user.human.mfa.otp.imported' }>;

function putFactor({ totpId, name, parameters }: Begun, place: Place, cells: Row): RowChange {
  const { algorithm, digits, periodSeconds } = parameters;
  const row = {
    ...ofUser(place),
    totp_id: totpId,
    name: null,
    algorithm,
    digits,
    period_seconds: periodSeconds,
    created_at: place.time,
    last_used_at: null,
    place: place.position,
    ...cells,
  };
  return { change: 'put', table: 'factors', row, openings: openingsOfName(totpId, name) };
}

function openingsOfName(totpId: TotpId, sealed: Begun['name']) {
  if (sealed === null) return [];
  return [openingText({ purpose: 'totp-name', sealed, factor: totpId }, (name) => ({ name }))];
}

function failure(place: Place, kind: 'in-a-row' | 'device' | 'window', of: Row = {}): RowChange {
  const row = { ...ofUser(place), kind, totp_id: '', place: place.position, number: 0, at: place.time };
  return { change: 'put', table: 'failures', row: { ...row, ...of } };
}

const forgetInARow = (place: Place) => remove('failures', place, { kind: 'in-a-row' });
const forgetDevice = (place: Place, totpId: TotpId) =>
  remove('failures', place, { kind: 'device', totp_id: totpId });
const dropPendingCodes = (place: Place, where: Row = {}) =>
  remove('recovery_codes', place, { state: 'pending', ...where });

const used = ({ totpId }: { readonly totpId: TotpId }, place: Place): readonly RowChange[] => [
  setFactor(place, { totp_id: totpId }, { last_used_at: place.time }),
  forgetInARow(place),
  forgetDevice(place, totpId),
];

export const factorChanges: Projection['on'] = {
  'user.human.mfa.otp.added': (event, place) => [
    remove('factors', place, { state: 'pending' }),
    putFactor(event, place, { state: 'pending', expires_at: event.expiresAt }),
    dropPendingCodes(place),
  ],
  'user.human.mfa.otp.verified': ({ totpId }, place) => [
    setFactor(
      place,
      { totp_id: totpId, state: 'pending' },
      { state: 'ready', expires_at: null, last_used_at: place.time, place: place.position },
    ),
    forgetDevice(place, totpId),
    {
      change: 'set',
      table: 'recovery_codes',
      where: { ...ofUser(place), state: 'pending', pending_with: totpId },
      cells: { state: 'in-force', pending_with: null, since: place.position },
    },
  ],
  'user.human.mfa.otp.imported': (event, place) => [
    putFactor(event, place, { state: 'ready', expires_at: null }),
    forgetDevice(place, event.totpId),
    dropPendingCodes(place, { pending_with: event.totpId }),
  ],
  'user.human.mfa.otp.check.succeeded': used,
  'user.human.mfa.otp.resynced': used,
  'user.human.mfa.otp.check.failed': ({ totpIds, reason }, place) => [
    failure(place, 'in-a-row'),
    ...totpIds.map((totpId) => failure(place, 'device', { totp_id: totpId })),
    ...(reason === 'wrong' ? totpIds.map((_, number) => failure(place, 'window', { number })) : []),
  ],
  'user.human.mfa.otp.disabled': ({ totpId }, place) => [
    setFactor(place, { totp_id: totpId }, { state: 'disabled' }),
  ],
  'user.human.mfa.otp.renamed': ({ totpId, name }, place) => [
    {
      change: 'set',
      table: 'factors',
      where: { ...ofUser(place), totp_id: totpId },
      cells: { name: null },
      openings: openingsOfName(totpId, name),
    },
  ],
  'user.human.mfa.otp.removed': ({ totpId }, place) => [
    remove('factors', place, { totp_id: totpId }),
    forgetDevice(place, totpId),
    dropPendingCodes(place, { pending_with: totpId }),
  ],
  'user.human.mfa.recoverycode.added': ({ codes, pendingWith }, place) => {
    const state = pendingWith === null ? 'in-force' : 'pending';
    const set = { made: place.position, state, pending_with: pendingWith, since: place.position };
    const selectors = ['', ...codes.map(({ selector }) => selector)];
    return [
      remove('recovery_codes', place, pendingWith === null ? {} : { state }),
      ...selectors.map(
        (selector): RowChange => ({
          change: 'put',
          table: 'recovery_codes',
          row: { ...ofUser(place), ...set, selector },
        }),
      ),
    ];
  },
  'user.human.mfa.recoverycode.check.succeeded': ({ selector }, place) => [
    remove('recovery_codes', place, { state: 'in-force', selector }),
    forgetInARow(place),
  ],
  'user.human.mfa.recoverycode.check.failed': (_, place) => [failure(place, 'in-a-row')],
  'user.human.mfa.recoverycode.removed': (_, place) => [remove('recovery_codes', place)],
  'user.mfa.attempts.reset': (_, place) => [
    setFactor(place, { state: 'disabled' }, { state: 'ready' }),
    remove('failures', place),
  ],
  'user.mfa.reset': (_, place) => [
    remove('factors', place),
    remove('recovery_codes', place),
    remove('failures', place),
  ],
};
