// What an append of a user's stream costs its organization.

import type { Application } from '#application/application.js';
import type { Gate } from '#application/execute.js';
import type { Admitted } from '#application/quota/quotas.js';
import type { Surroundings } from '#application/surroundings.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import type { OrganizationId } from '#domain/ids.js';
import { ceilingsOf, isTurn, relationshipsOf, type Usage } from '#domain/quota/usage.js';

export const accountGate =
  (application: Pick<Application, 'surroundings' | 'quotas'>): Gate<Account, AccountEvent> =>
  ({ by, stream, resourceOwner, events, before, after, now }) => {
    const organizationId = resourceOwner as OrganizationId;
    const more: Usage = {
      turns: isTurn(events) ? 1 : 0,
      relationships: relationshipsOf(after) - relationshipsOf(before),
    };
    // Most appends are of factors; what is not costs nothing to look at.
    if (more.turns === 0 && more.relationships === 0) return null;
    const admit = ({ settings, epoch }: Surroundings): Admitted | Promise<Admitted> =>
      application.quotas.admit({
        organizationId,
        ceilings: ceilingsOf(settings),
        more,
        now,
        stream,
        callId: by.callId,
        epoch,
      });
    const found = application.surroundings.of(organizationId);
    return found instanceof Promise ? found.then(admit) : admit(found);
  };
