import type { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { OrganizationId } from '#domain/ids.js';
import { everyOrganization, type NotYet, type Scope } from '#read-models/queries/queries.js';
import type { UserFilter } from '#read-models/queries/user-filter.js';
import { authorize } from '#transport/authorize.js';
import { detailsSince, listDetailsOf } from '#transport/dialects/zitadel/messages.js';
import { listRefusal } from '#transport/dialects/zitadel/pages.js';
import { addressOf, askingOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import { userMessage } from '#transport/dialects/zitadel/user-messages.js';
import { isRefused, userSearchOf } from '#transport/dialects/zitadel/user-search.js';
import { invalid } from '#transport/dialects/zitadel/violations.js';
import { answered, type Call, type MethodTable, refused } from '#transport/implementation.js';

export function users(parts: Parts): MethodTable<typeof UserService> {
  return {
    getUserByID: {
      access: { of: 'user', permission: 'user.read', self: true, userId: 'userId' },
      run: async (request, call) => {
        const { organizationId, userId } = addressOf(request, call);
        const asked = { userId, withMetadata: false };
        const found = await parts.queries.getUser(organizationId, asked, askingOf(call));
        if (found.kind === 'rejected') return found;
        const { details, createdAt } = found.answer;
        return answered({ details: detailsSince(details, createdAt), user: userMessage(found.answer) });
      },
    },
    listUsers: {
      // Whoever may read nobody else is answered itself, and nobody learns who else there is.
      access: { of: 'anyone', lists: 'user.read' },
      run: async (request, call) => {
        const visible = await visibleTo(parts, call);
        if ('code' in visible) return refused(visible);
        const search = userSearchOf(request, visible.only);
        if (isRefused(search)) return refused(invalid(search));
        const found = await parts.queries.listUsers(visible.scope, search, askingOf(call));
        if (found.kind === 'rejected') return refused(listRefusal(found.refusal, 'queries'));
        const { items, total } = found.answer;
        return answered({
          details: listDetailsOf(total, parts.application.parts.clock()),
          sortingColumn: request.sortingColumn,
          result: items.map(userMessage),
        });
      },
    },
  };
}

interface Visible {
  readonly scope: Scope;
  /** Null is everybody there. */
  readonly only: UserFilter | null;
}

type Hidden = NotYet | { readonly code: 'permission-denied' };

/**
 * Who reads users of the instance sees those of every organization, unless it chose one to act in; who reads those
 * of an organization sees them where it acts. A token that may not even read its own user is denied.
 */
async function visibleTo({ application, queries }: Parts, call: Call): Promise<Visible | Hidden> {
  const { principal, organizationId } = call;
  const chosen = (call.incoming.organization || null) as OrganizationId | null;
  const asking = { application, principal, chosen };
  const permission = 'user.read';
  const ofAll = await authorize(asking, { of: 'instance', permission });
  if (ofAll.kind === 'allowed') return { scope: chosen ?? everyOrganization, only: null };
  const ofOne = await authorize(asking, { of: 'organization', permission, organizationId });
  if (ofOne.kind === 'allowed') return { scope: organizationId, only: null };
  const itself = await queries.userIdOfStream(principal.organizationId, principal.userStream, askingOf(call));
  if (itself.kind === 'rejected')
    return itself.refusal.code === 'not-yet' ? itself.refusal : { code: 'permission-denied' };
  const userId = itself.answer;
  const ofItself = await authorize(asking, { of: 'user', permission, self: true, userId });
  if (ofItself.kind === 'rejected') return { code: 'permission-denied' };
  return { scope: principal.organizationId, only: { kind: 'ids', ids: [userId] } };
}
