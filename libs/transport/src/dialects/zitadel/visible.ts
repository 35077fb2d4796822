// What of a list a caller may see. Nobody learns from it who or what else there is.

import type { Permission } from '#access/permissions.js';
import type { UserId } from '#domain/ids.js';
import { everyOrganization, type NotYet, type Scope } from '#read-models/queries/queries.js';
import { authorize, chosenIn } from '#transport/authorize.js';
import { askingOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import type { Call } from '#transport/implementation.js';

export interface Visible {
  readonly scope: Scope;
  /** Null is everybody there. */
  readonly only: UserId | null;
}

/** Whose the token or the session is that calls; streams are not named after ids that were brought along. */
export const itselfOf = async ({ queries }: Parts, call: Call) =>
  queries.userIdOfStream(call.principal.organizationId, call.principal.userStream, askingOf(call));

export type Hidden = NotYet | { readonly code: 'permission-denied' };

/**
 * Who may read the whole instance sees every organization, unless it chose one to act in; who may read one sees that
 * where it acts; everybody else sees what is its own. A token that may not even do that is denied.
 */
export async function visibleTo(parts: Parts, call: Call, permission: Permission): Promise<Visible | Hidden> {
  const { application } = parts;
  const { principal, organizationId } = call;
  const chosen = chosenIn(call.incoming);
  const asking = { application, principal, chosen };
  const ofAll = await authorize(asking, { of: 'instance', permission });
  if (ofAll.kind === 'allowed') return { scope: chosen ?? everyOrganization, only: null };
  const ofOne = await authorize(asking, { of: 'organization', permission, organizationId });
  if (ofOne.kind === 'allowed') return { scope: organizationId, only: null };
  const itself = await itselfOf(parts, call);
  if (itself.kind === 'rejected')
    return itself.refusal.code === 'not-yet' ? itself.refusal : { code: 'permission-denied' };
  const userId = itself.answer;
  const ofItself = await authorize(asking, { of: 'user', permission, self: true, userId });
  if (ofItself.kind === 'rejected') return { code: 'permission-denied' };
  return { scope: principal.organizationId, only: userId };
}
