// Whether an answer is one that a document of OpenAPI tells of.

import { Ajv2020 } from 'ajv/dist/2020.js';

import type { OpenapiDocument, Schema } from '#transport/openapi/model.js';

export type Document = Pick<OpenapiDocument, 'paths' | 'components'>;

export interface Asked {
  readonly verb: string;
  /** As the document has it. */
  readonly path: string;
}

export interface Told {
  readonly status: number;
  /** An empty text where there is none. */
  readonly body: unknown;
}

/** What does not fit, as the validator says it; null where everything does. */
export function unfitFor(document: Document, { verb, path }: Asked, { status, body }: Told): string | null {
  const found = document.paths[path]?.[verb.toLowerCase()]?.responses[String(status)];
  if (found === undefined) return `${verb} ${path} is not said to answer ${status}`;
  const response = resolved(document, found);
  const content = response.content as { readonly [type: string]: { readonly schema: Schema } } | undefined;
  const schema = content?.['application/json']?.schema;
  if (schema === undefined) return body === '' ? null : 'a body came where none is told of';
  return unfitForSchema(document, schema, body);
}

export function unfitForSchema({ components }: Document, schema: Schema, body: unknown): string | null {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile({ ...schema, components });
  return validate(body) ? null : ajv.errorsText(validate.errors);
}

function resolved({ components }: Document, response: Schema): Schema {
  const name = `${response.$ref ?? ''}`.split('/').at(-1) ?? '';
  return components.responses[name] ?? response;
}
