// A user who has shown codes for years: so many events in one stream, as commands would have made them.

import type { AccountEvent } from '#domain/account/events.js';
import type { Instant, OrganizationId, TotpId } from '#domain/ids.js';
import { encodeEvent } from '#event-catalog/catalogue.js';
import type { EventLog, NewEvent } from '#event-log/event-log.js';
import { eventsPerAppendMax } from '#event-log/limits.js';
import { newId } from '#secrets/ids.js';

export interface Owner {
  readonly stream: string;
  readonly totpId: TotpId;
  readonly organizationId: OrganizationId;
}

export interface Growth {
  /** Events that the stream has, and is to have. */
  readonly from: number;
  readonly to: number;
  /** The time of the event that would come next: one an hour before it. */
  readonly until: Instant;
}

const hour = 3_600_000;
const stepMs = 30_000;
/** Too few for any bound: a week's typing errors are two. */
const successesPerFailure = 99;

export async function grow(log: EventLog, owner: Owner, { from, to, until }: Growth): Promise<void> {
  for (let first = from; first < to; first += eventsPerAppendMax) {
    const count = Math.min(eventsPerAppendMax, to - first);
    const events = Array.from({ length: count }, (_, index) => {
      const left = to - first - index;
      return eventAt(owner, until - left * hour, first + index);
    });
    await log.append(owner.stream, events, first - 1);
  }
}

function eventAt({ totpId, organizationId }: Owner, at: Instant, index: number): NewEvent {
  const wrong = index % (successesPerFailure + 1) === successesPerFailure;
  const event: AccountEvent = wrong
    ? { type: 'user.human.mfa.otp.check.failed', totpIds: [totpId], reason: 'wrong', purpose: null }
    : {
        type: 'user.human.mfa.otp.check.succeeded',
        totpId,
        step: Math.floor(at / stepMs),
        purpose: null,
      };
  const metadata = {
    time: new Date(at).toISOString(),
    organization: organizationId,
    editor: '0198f3a2-0000-7000-8000-000000000002',
    call: '01JGFJJZ008C4BVN2VQ3Z9T0RE',
  };
  return { id: newId(), ...encodeEvent(event), metadata };
}
