import type { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { detailsSince, listDetailsOf } from '#transport/dialects/zitadel/messages.js';
import { listRefusal } from '#transport/dialects/zitadel/pages.js';
import { addressOf, askingOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import { userMessage } from '#transport/dialects/zitadel/user-messages.js';
import { isRefused, userSearchOf } from '#transport/dialects/zitadel/user-search.js';
import { invalid } from '#transport/dialects/zitadel/violations.js';
import { visibleTo } from '#transport/dialects/zitadel/visible.js';
import { answered, type MethodTable, refused } from '#transport/implementation.js';

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
        const visible = await visibleTo(parts, call, 'user.read');
        if ('code' in visible) return refused(visible);
        const { only, scope } = visible;
        const search = userSearchOf(request, only === null ? null : { kind: 'ids', ids: [only] });
        if (isRefused(search)) return refused(invalid(search));
        const found = await parts.queries.listUsers(scope, search, askingOf(call));
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
