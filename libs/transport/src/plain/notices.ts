// What policies that decided say, for dialects that have a place for it: an own field, which is there only where they do.

import type { JsonObject } from '@bufbuild/protobuf';

import type { Schema } from '#transport/openapi/model.js';

export const withNotices = (body: JsonObject, notices: readonly string[]): JsonObject =>
  notices.length === 0 ? body : { ...body, notices: [...notices] };

export const noticesSchema: Schema = {
  type: 'array',
  items: { type: 'string' },
  description: 'What policies that decided say.',
};
