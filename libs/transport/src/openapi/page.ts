// /docs: the document as a page that needs nothing but itself.

import { createHash } from 'node:crypto';

import { type Html, html, joined, prose } from '#transport/openapi/html.js';
import type { OpenapiDocument, Operation, Parameter, Schema } from '#transport/openapi/model.js';
import { pageScript, pageStyle } from '#transport/openapi/page-style.js';

interface Call {
  readonly verb: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Nothing is loaded, framed, sent or run but what stands in the page. */
export const pagePolicy: string = [
  "default-src 'none'",
  `style-src '${digestOf(pageStyle)}'`,
  `script-src '${digestOf(pageScript)}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

export function pageOf(document: OpenapiDocument): string {
  const calls = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([verb, operation]): Call => ({ verb: verb.toUpperCase(), path, operation })),
  );
  const groups = document.tags.map((tag) => ({
    ...tag,
    calls: calls.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  const links = groups.map(
    ({ name, calls: own }) => html`<section data-group><h2>${name}</h2>${joined(own.map(linkOf))}</section>`,
  );
  const sections = groups.map(
    ({ name, description, calls: own }) =>
      html`<section data-group><h2>${name}</h2>${prose(description)}${joined(own.map((call) => callOf(call, document)))}</section>`,
  );
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => schemaOf(name, schema));
  const refusals = Object.entries(document.components.responses).map(([name, refusal]) =>
    refusalOf(name, refusal),
  );
  const body = html`<nav><input id="search" type="search" placeholder="Search" aria-label="Search">${joined(links)}
<h2>All calls</h2><a href="#refusals">Refusals</a><a href="#messages">Messages</a><a href="/openapi.json">openapi.json</a></nav>
<main><h1>${document.info.title} ${document.info.version}</h1>${prose(document.info.description)}
${joined(sections)}<section id="refusals"><h2>Refusals</h2>${joined(refusals)}</section>
<section id="messages"><h2>Messages</h2>${joined(schemas)}</section></main>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${html`${document.info.title}`.html}</title><style>${pageStyle}</style></head>
<body>${body.html}<script>${pageScript}</script></body></html>
`;
}

function wordsOf({ verb, path, operation }: Call): string {
  return `${verb} ${path} ${operation.operationId}`.toLowerCase();
}

function linkOf(call: Call): Html {
  const { operation } = call;
  const name = operation.deprecated === undefined ? html`${nameOf(call)}` : html`<s>${nameOf(call)}</s>`;
  return html`<a href="#${operation.operationId}" data-words="${wordsOf(call)}">${name}</a>`;
}

function nameOf({ operation, verb, path }: Call): string {
  return operation.summary ?? `${verb} ${path}`;
}

function callOf(call: Call, document: OpenapiDocument): Html {
  const { verb, path, operation } = call;
  const parameters = (operation.parameters ?? []).flatMap((one) => parameterOf(one, document));
  const body = operation.requestBody?.content['application/json'];
  const fields = body === undefined ? null : fieldsOf(body.schema);
  const answers = Object.entries(operation.responses).map(([status, response]) => answerOf(status, response));
  return html`<article id="${operation.operationId}" data-words="${wordsOf(call)}"><h3>${nameOf(call)}</h3>
<p><code><span class="verb">${verb}</span> ${path}</code></p>
${operation.deprecated === undefined ? null : html`<p><strong>Deprecated.</strong></p>`}${prose(operation.description ?? '')}
<pre>${linesOf(call, document)}</pre>
${parameters.length === 0 ? null : html`<h4>Parameters</h4><table>${joined(parameters)}</table>`}
${fields === null ? null : html`<h4>Body</h4>${fields}`}
<h4>Answers</h4><table>${joined(answers)}</table></article>`;
}

function parameterOf(one: Parameter | { readonly $ref: string }, document: OpenapiDocument): readonly Html[] {
  const parameter = '$ref' in one ? document.components.parameters[lastOf(one.$ref)] : one;
  if (parameter === undefined) return [];
  const description = parameter.description ?? parameter.schema.description;
  return [
    html`<tr><th><code>${parameter.name}</code></th><td>${parameter.in}</td><td>${typeOf(parameter.schema)}</td><td>${prose(String(description ?? ''))}</td></tr>`,
  ];
}

function answerOf(status: string, response: Schema): Html {
  const reference = response.$ref;
  const content = response.content as { readonly [type: string]: { readonly schema: Schema } } | undefined;
  const [schema] = Object.values(content ?? {}).map((one) => one.schema);
  const what =
    typeof reference === 'string'
      ? html`<a href="#refusals.${lastOf(reference)}">${lastOf(reference)}</a>`
      : html`${schema === undefined ? null : typeOf(schema)}`;
  return html`<tr><th>${status}</th><td>${what}</td></tr>`;
}

function refusalOf(name: string, refusal: Schema): Html {
  const content = refusal.content as
    | { readonly 'application/json'?: { readonly example?: unknown } }
    | undefined;
  const example = JSON.stringify(content?.['application/json']?.example ?? {}, null, 2);
  return html`<article id="refusals.${name}"><h3>${name}</h3>${prose(String(refusal.description ?? ''))}
<p>A <a href="#google.rpc.Status">google.rpc.Status</a>:</p><pre>${example}</pre></article>`;
}

function schemaOf(name: string, schema: Schema): Html {
  return html`<article id="${name}" data-words="${name.toLowerCase()}"><h3>${name}</h3>${prose(String(schema.description ?? ''))}${fieldsOf(schema)}</article>`;
}

function fieldsOf(schema: Schema): Html {
  if (schema.$ref !== undefined || schema.type !== 'object') return html`<p>${typeOf(schema)}</p>`;
  const rows = Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(
    ([name, field]) =>
      html`<tr><th><code>${name}</code></th><td>${typeOf(field)}</td><td>${prose(String(field.description ?? ''))}</td></tr>`,
  );
  return rows.length === 0 ? html`<p>An empty object.</p>` : html`<table>${joined(rows)}</table>`;
}

function typeOf(schema: Schema): Html {
  if (typeof schema.$ref === 'string') {
    const name = lastOf(schema.$ref);
    return html`<a href="#${name}">${name.split('.').at(-1) ?? name}</a>`;
  }
  if (schema.type === 'array') return html`list of ${typeOf(schema.items as Schema)}`;
  if (Array.isArray(schema.oneOf)) {
    const lines = schema.oneOf.flatMap((one: Schema) => Object.entries(one.properties as Schema));
    return joined(lines.map(([name, inner]) => html`<p>{"${name}": ${typeOf(inner as Schema)}}</p>`));
  }
  if (Array.isArray(schema.enum)) return html`${schema.enum.join(', ')}`;
  return html`${String(schema.type ?? 'anything')}${schema.format === undefined ? '' : ` (${String(schema.format)})`}`;
}

function lastOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/** The same call twice, as it is typed into a shell. */
function linesOf({ verb, path, operation }: Call, document: OpenapiDocument): string {
  const example = operation.requestBody?.content['application/json'].example as object | undefined;
  const inPath = (operation.parameters ?? []).flatMap((one) =>
    'in' in one && one.in === 'path' ? [one.name] : [],
  );
  const url = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => `$${shellName(name)}`);
  const data =
    example === undefined ? '' : ` \\\n  -H 'content-type: application/json' -d '${quoted(example)}'`;
  const headers = headersOf(operation, document).map((header) => ` -H "${header}"`);
  const curl = `curl -X ${verb} "http://localhost:8080${url}"${headers.join('')}${data}`;
  const grpc = operation['x-grpc-method'];
  if (grpc === undefined) return curl;
  const whole = {
    ...Object.fromEntries(inPath.map((name) => [name, name.replaceAll('_', '-')])),
    ...example,
  };
  return `${curl}\n\ngrpcurl -plaintext -H "authorization: Bearer $TOKEN" -d '${quoted(whole)}' \\\n  localhost:8080 ${grpc}`;
}

/** Whatever no call of it goes without. */
function headersOf({ security, parameters = [] }: Operation, document: OpenapiDocument): readonly string[] {
  const [scheme = ''] = Object.keys(security?.[0] ?? {});
  const { type, name } = document.components.securitySchemes[scheme] ?? {};
  const needed = parameters
    .map((one) => ('$ref' in one ? document.components.parameters[lastOf(one.$ref)] : one))
    .filter((one) => one?.in === 'header' && one.required)
    .map((one) => `${one?.name}: $${shellName(one?.name ?? '')}`);
  return [type === 'apiKey' ? `${name}: $TOKEN` : 'authorization: Bearer $TOKEN', ...needed];
}

function shellName(name: string): string {
  return name.toUpperCase().replaceAll(/[.-]/g, '_');
}

/** Within single quotes of a shell. */
function quoted(value: object): string {
  return JSON.stringify(value).replaceAll("'", String.raw`'\''`);
}
