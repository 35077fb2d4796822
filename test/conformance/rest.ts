// REST as the `google.api.http` options of the contract describe it.

import { type DescMethodUnary, getOption, type JsonObject, type JsonValue } from '@bufbuild/protobuf';

import { http } from '#contract/google/api/annotations_pb.js';
import { methodAt } from '#test/conformance/messages.js';
import { type Brings, headersOf, type Protocol, type Told } from '#test/conformance/protocol.js';
import { assertEqual, assertHttpStatus } from '#test/conformance/statuses.js';

export function rest(url: string): Protocol {
  return {
    name: 'REST',
    noSuchMethod: 5,
    call: async (path, request, brings = {}) => {
      const { verb, path: route, body } = routeOf(path, request, brings);
      const response = await fetch(`${url}${route}`, {
        method: verb,
        headers: { ...(body === null ? {} : { 'content-type': 'application/json' }), ...headersOf(brings) },
        body: body === null ? null : JSON.stringify(body),
      });
      const headers = Object.fromEntries(response.headers);
      assertEqual(headers['content-type'], 'application/json; charset=utf-8', 'every answer is JSON');
      const json = (await response.json()) as JsonObject;
      if (!response.ok) return refusalIn(json, response.status, headers);
      return { status: 0, message: '', details: [], answer: json, headers };
    },
    close: () => undefined,
  };
}

interface Route {
  readonly verb: string;
  readonly path: string;
  readonly body: JsonObject | null;
}

function routeOf(path: string, request: JsonObject, { fieldOfTomorrow }: Brings): Route {
  const method = methodAt(path);
  // What is not there has no route: it is asked for where it might have one.
  if (method === undefined) return { verb: 'POST', path: `/v2/${path}`, body: request };
  const { verb, template, takesBody } = ruleOf(method);
  const rest = new Map<string, JsonValue>(Object.entries(request));
  const bound = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const field = method.input.fields.find((one) => one.name === name)?.jsonName ?? name;
    const value = String(rest.get(field));
    rest.delete(field);
    return encodeURIComponent(value);
  });
  if (fieldOfTomorrow === true) rest.set('fieldOfTomorrow', true);
  if (takesBody) return { verb, path: bound, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(
    [...rest].map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return { verb, path: query === '' ? bound : `${bound}?${query}`, body: null };
}

function ruleOf(method: DescMethodUnary): { verb: string; template: string; takesBody: boolean } {
  const { pattern, body } = getOption(method, http);
  const { case: verb = '', value } = pattern;
  return { verb: verb.toUpperCase(), template: String(value), takesBody: body === '*' };
}

function refusalIn(json: JsonObject, httpStatus: number, headers: Record<string, string>): Told {
  const { code, message, details } = json as unknown as Pick<Told, 'message' | 'details'> & { code: number };
  assertHttpStatus(httpStatus, code);
  return { status: code, message, details, answer: {}, headers };
}
