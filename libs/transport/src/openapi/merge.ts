// One document of two: each dialect describes its own paths.

import type { OpenapiDocument } from '#transport/openapi/model.js';

export type OpenapiPart = Pick<OpenapiDocument, 'tags' | 'paths' | 'components'>;

/** Two that say different things under one name are a bug, and end the start. */
export function mergeOpenapi(document: OpenapiDocument, part: OpenapiPart): OpenapiDocument {
  const { components, paths, tags } = document;
  return {
    ...document,
    tags: [...tags, ...part.tags],
    paths: mergedPaths(paths, part.paths),
    components: {
      schemas: united(components.schemas, part.components.schemas),
      parameters: united(components.parameters, part.components.parameters),
      headers: united(components.headers, part.components.headers),
      responses: united(components.responses, part.components.responses),
      securitySchemes: united(components.securitySchemes, part.components.securitySchemes),
    },
  };
}

type Paths = OpenapiDocument['paths'];

function mergedPaths(one: Paths, other: Paths): Paths {
  const added = Object.entries(other).map(([path, item]) => [path, united(one[path] ?? {}, item)]);
  return { ...one, ...Object.fromEntries(added) };
}

type ByName<Value> = { readonly [name: string]: Value };

function united<Value extends object>(one: ByName<Value>, other: ByName<Value>): ByName<Value> {
  for (const [name, value] of Object.entries(other)) {
    const present = one[name];
    if (present !== undefined && JSON.stringify(present) !== JSON.stringify(value)) {
      throw new Error(`${name} is described twice`);
    }
  }
  return { ...one, ...other };
}
