// What callers keep beside a user. Programs decide by it, so it is not for users to write of themselves.

import { timestampFromMs } from '@bufbuild/protobuf/wkt';

import { RemoveUserMetadata } from '#application/metadata/remove-user-metadata.js';
import { SetUserMetadata } from '#application/metadata/set-user-metadata.js';
import type { Violation } from '#application/violations.js';
import type { MetadataSearchFilter } from '#contract/zitadel/metadata/v2/metadata_pb.js';
import type { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { matchesText, type TextMatch } from '#read-models/queries/queries.js';
import type { UserMetadata } from '#read-models/queries/user-metadata.js';
import { appliedLimit, pageOf, pageOfAll, pageViolations } from '#transport/dialects/zitadel/pages.js';
import { addressOf, askingOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import { textMatchOf } from '#transport/dialects/zitadel/texts.js';
import { invalid, unset } from '#transport/dialects/zitadel/violations.js';
import { answered, type MethodTable, refused, told } from '#transport/implementation.js';

const writing = { of: 'user', permission: 'user.write', self: false, userId: 'userId' } as const;
const reading = { of: 'user', permission: 'user.read', self: true, userId: 'userId' } as const;

export function metadata(parts: Parts): MethodTable<typeof UserService> {
  const { run } = parts;
  return {
    setUserMetadata: {
      access: writing,
      run: async (request, call) =>
        told(
          await run(new SetUserMetadata({ ...addressOf(request, call), metadata: request.metadata })),
          ({ details }) => ({ setDate: timestampFromMs(details.changeDate) }),
        ),
    },
    deleteUserMetadata: {
      access: writing,
      run: async (request, call) =>
        told(
          await run(new RemoveUserMetadata({ ...addressOf(request, call), keys: request.keys })),
          ({ details }) => ({ deletionDate: timestampFromMs(details.changeDate) }),
        ),
    },
    listUserMetadata: {
      access: reading,
      run: async (request, call) => {
        const page = pageOf(request.pagination);
        const matches = request.filters.map(keyMatchOf);
        const violations = [...pageViolations(page, 'pagination'), ...matches.filter(isViolation)];
        if (violations.length > 0) return refused(invalid(violations));
        const { organizationId, userId } = addressOf(request, call);
        const found = await parts.queries.listUserMetadata(organizationId, userId, askingOf(call));
        if (found.kind === 'rejected') return found;
        const wanted = found.answer.filter(({ key }) =>
          matches.every((match) => isViolation(match) || matchesText(match, key)),
        );
        const sorted = request.pagination?.asc ? wanted : wanted.toReversed();
        return answered({
          pagination: { totalResult: BigInt(wanted.length), appliedLimit: appliedLimit(page) },
          metadata: pageOfAll(sorted, page).map(entryMessage),
        });
      },
    },
  };
}

const isViolation = (match: TextMatch | Violation): match is Violation => 'rule' in match;

function keyMatchOf({ filter }: MetadataSearchFilter, index: number): TextMatch | Violation {
  const field = `filters[${index}]`;
  if (filter.case === undefined) return unset(field);
  const { key, method } = filter.value;
  return textMatchOf(key, method, `${field}.key_filter.method`);
}

const entryMessage = ({ key, value, createdAt, changedAt }: UserMetadata) => ({
  key,
  value: Uint8Array.from(value),
  creationDate: timestampFromMs(createdAt),
  changeDate: timestampFromMs(changedAt),
});
