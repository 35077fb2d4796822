// A path as `google.api.http` writes it, in the forms of those who need it: the router and OpenAPI.

export interface PathTemplate {
  /** For Fastify, and for the access line. */
  readonly route: string;
  /** With `{a.b}` for what is bound, and nothing else in braces. */
  readonly path: string;
  /** What is bound, as paths of fields: `user_id`, `filter.key`. */
  readonly fields: readonly string[];
}

/** The name of a field's parameter in the route: Fastify ends a name at a dot. */
export function parameterOf(field: string): string {
  return field.replaceAll('.', '_');
}

const bound = /^\{([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)\}$/i;
const literal = /^[A-Za-z0-9._~-]+$/;

/** A template of our own contract that cannot be served is a bug, and ends the start. */
export function parsePathTemplate(template: string): PathTemplate {
  if (!template.startsWith('/')) throw new TypeError(`not a path template: ${template}`);
  const colon = template.indexOf(':', template.lastIndexOf('/'));
  const path = colon === -1 ? template : template.slice(0, colon);
  const verb = colon === -1 ? null : template.slice(colon + 1);
  if (verb !== null && !literal.test(verb)) throw new TypeError(`not a path template: ${template}`);
  const segments = path.slice(1).split('/');
  const fields: string[] = [];
  const parts = segments.map((segment, index) => {
    const field = bound.exec(segment)?.[1];
    if (field === undefined) return literalPart(segment, template);
    fields.push(field);
    // Two colons stand for one. Without a pattern the parameter would swallow the verb.
    return `:${parameterOf(field)}${verb !== null && index === segments.length - 1 ? '(.+)' : ''}`;
  });
  return { route: `/${parts.join('/')}${verb === null ? '' : `::${verb}`}`, path: template, fields };
}

function literalPart(segment: string, template: string): string {
  if (!literal.test(segment)) throw new TypeError(`not a path template: ${template}`);
  return segment;
}
