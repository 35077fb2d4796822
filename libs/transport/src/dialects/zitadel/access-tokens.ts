// A token has the scopes of the one that it was asked for with: ZITADEL's have none to choose, and none made here
// can do more than its maker. So whoever may do everything makes one for everything. Nor does one that somebody
// makes for itself outlast the one that asked for it: else a token that was lent for a day would be one for good.

import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { RemoveAccessToken } from '#application/access-token/remove-access-token.js';
import type {
  ListPersonalAccessTokensRequest,
  UserService,
} from '#contract/zitadel/user/v2/user_service_pb.js';
import type { AccessTokenId, Instant, UserId } from '#domain/ids.js';
import {
  filterViolations,
  matchesToken,
  sortedTokens,
  tokenMessage,
} from '#transport/dialects/zitadel/access-token-search.js';
import { appliedLimit, pageOf, pageOfAll, pageViolations } from '#transport/dialects/zitadel/pages.js';
import { addressOf, askingOf, isOneself, type Parts } from '#transport/dialects/zitadel/parts.js';
import { invalid } from '#transport/dialects/zitadel/violations.js';
import { answered, type MethodTable, type Principal, refused, told } from '#transport/implementation.js';

const access = { of: 'user', permission: 'user.token.write', self: true, userId: 'userId' } as const;

/** They have no names there, and one is needed here. */
const name = 'Personal access token';

const tooLong = {
  field: 'expiration_date',
  rule: 'maximum',
  message: 'must not be later than that of the access token that asks, where it is for the same user',
};

export function accessTokens(parts: Parts): MethodTable<typeof UserService> {
  const { run } = parts;
  return {
    addPersonalAccessToken: {
      access,
      stepUp: 'tokens',
      fields: { expiresAt: 'expiration_date' },
      run: async (request, call) => {
        const { expirationDate } = request;
        const expiresAt = expirationDate === undefined ? null : timestampMs(expirationDate);
        const { scopes } = call.principal;
        if (isOneself(parts, call, request) && outlasts(expiresAt, endOf(call.principal)))
          return refused(invalid([tooLong]));
        const token = { ...addressOf(request, call), name, scopes, expiresAt };
        return told(await run(new AddAccessToken(token)), ({ details, answer }) => ({
          creationDate: timestampFromMs(details.changeDate),
          tokenId: answer.tokenId,
          // Left out of a repeat, since it was shown before.
          token: answer.token ?? '',
        }));
      },
    },
    removePersonalAccessToken: {
      access,
      stepUp: 'tokens',
      run: async (request, call) => {
        const tokenId = request.tokenId as AccessTokenId;
        return told(
          await run(new RemoveAccessToken({ ...addressOf(request, call), tokenId })),
          ({ details }) => ({ deletionDate: timestampFromMs(details.changeDate) }),
        );
      },
    },
    ...listing(parts),
  };
}

/** What a session makes is meant to outlast it: that is why a factor is asked for. */
const endOf = (principal: Principal): Instant | null =>
  principal.via === 'token' ? principal.expiresAt : null;

const outlasts = (made: Instant | null, maker: Instant | null): boolean =>
  maker !== null && (made === null || made > maker);

const listing = (parts: Parts): MethodTable<typeof UserService> => ({
  listPersonalAccessTokens: {
    access: {
      of: 'user',
      permission: 'user.read',
      self: true,
      userId: { path: 'filters.user_id_filter.id', read: userIdIn },
    },
    run: async (request, call) => {
      const page = pageOf(request.pagination);
      const violations = [...pageViolations(page, 'pagination'), ...filterViolations(request)];
      if (violations.length > 0) return refused(invalid(violations));
      const { organizationId } = call;
      const userId = userIdIn(request) as UserId;
      const found = await parts.queries.listAccessTokens(organizationId, userId, askingOf(call));
      if (found.kind === 'rejected') return found;
      const owned = found.answer.map((token) => ({ ...token, userId, organizationId }));
      const wanted = owned.filter((token) => request.filters.every((one) => matchesToken(one, token)));
      return answered({
        pagination: { totalResult: BigInt(wanted.length), appliedLimit: appliedLimit(page) },
        result: pageOfAll(sortedTokens(wanted, request), page).map(tokenMessage),
      });
    },
  },
});

/** Tokens are looked for in one user, who has to be named. */
const userIdIn = ({ filters }: ListPersonalAccessTokensRequest): string | null =>
  filters.flatMap(({ filter }) => (filter.case === 'userIdFilter' ? [filter.value.id] : []))[0] ?? null;
