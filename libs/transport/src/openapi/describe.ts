// What the contract says about each of its things, by full name.

import type { DescEnum, DescField, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';

import { commentsByFile } from '#transport/openapi/comments.js';

const comments: ReadonlyMap<string, string> = new Map(
  Object.values(commentsByFile).flatMap((text) => Object.entries(JSON.parse(text) as Record<string, string>)),
);

export function commentOf(thing: DescEnum | DescField | DescMessage | DescMethod | DescService): string {
  return comments.get('typeName' in thing ? thing.typeName : `${thing.parent?.typeName}.${thing.name}`) ?? '';
}

export function commentOfValue(description: DescEnum, name: string): string {
  return comments.get(`${description.typeName}.${name}`) ?? '';
}
