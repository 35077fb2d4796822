// What a house with many users lives through on a usual day, as the changes of rows that it comes to: a tenth of the
// events are new users, the others enrol devices and check codes of users anywhere among those that are there.

import type { TotpId } from '#domain/ids.js';
import type { TotpEvent } from '#domain/totp/events.js';
import type { Position } from '#event-log/event-log.js';
import { users } from '#read-models/models/users.js';
import type { Changes, Place, RowChange } from '#read-models/projection.js';
import type { OpenedChange } from '#read-models/store.js';
import { generatedUser, mixed, streamId } from '#test/bench/generated-users.js';

/** Those of the event that comes after so many others; `known` users are there before the first. */
export function generatedChanges(event: number, known: number): readonly OpenedChange[] {
  if (event % 10 === 0)
    return [{ change: 'put', table: 'users', row: generatedUser(known + Math.floor(event / 10)) }];
  // Whoever enrols is checked in some later rounds.
  const round = Math.floor(event / 10);
  const who = mixed(event % 10 < 4 ? round : round - (round % 7) * 50 - (event % 10)) % known;
  return changesOf(eventOf(event), placeOf(event, who));
}

const totpId = 'a-device' as TotpId;

function eventOf(event: number): TotpEvent {
  const sealed = { name: null, purpose: null } as const;
  const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
  switch (event % 10) {
    case 1:
      return {
        type: 'user.human.mfa.otp.added',
        totpId,
        secret: 'x' as never,
        parameters,
        expiresAt: 1,
        ...sealed,
      };
    case 2:
      return { type: 'user.human.mfa.otp.verified', totpId, step: 1 };
    case 3:
      return { type: 'user.human.mfa.otp.check.failed', totpIds: [totpId], reason: 'wrong', ...sealed };
    default:
      return { type: 'user.human.mfa.otp.check.succeeded', totpId, step: event, ...sealed };
  }
}

function placeOf(event: number, who: number): Place {
  const { organization_id } = generatedUser(who);
  return {
    stream: `user-${streamId(who)}`,
    revision: event,
    position: String(1_000_000_000 + event).padStart(16, '0') as Position,
    time: 1_800_000_000_000 + event,
    organizationId: organization_id as string,
    editor: null,
    callId: null,
    traceId: null,
    sessionId: null,
    userStream: `user-${streamId(who)}`,
  };
}

function changesOf(event: TotpEvent, place: Place): readonly OpenedChange[] {
  const on = users.on[event.type] as Changes<TotpEvent>;
  return [...(users.onEach?.(event, place) ?? []), ...on(event, place)].map(opened);
}

/** Nothing in them is sealed. */
function opened(change: RowChange): OpenedChange {
  if (change.change === 'remove') return change;
  const { openings: _, ...rest } = change;
  return rest as OpenedChange;
}
