import type { JsonValue } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import type { InjectOptions } from 'fastify';

import { EventService } from '#contract/countersign/v1/event_service_pb.js';
import { statusCodes } from '#transport/call.js';
import { askRest, jsonOf, serveRest } from '#transport/testing/rest-server.js';

const tooLarge = JSON.stringify({ userId: 'x'.repeat(64 * 1024) });
const deep = `{"filter":${'['.repeat(32)}${']'.repeat(32)}}`;
const asJson = { 'content-type': 'application/json' };
const post = (payload: string | Buffer, headers: Record<string, string> = asJson): InjectOptions => ({
  method: 'POST',
  url: '/v2/things',
  headers,
  payload,
});

describe('REST, what never reaches a call', () => {
  it.each<readonly [string, InjectOptions, number, number, string]>([
    ['an unknown path', { url: '/v2/nothing' }, 404, 5, 'nothing here'],
    [
      'an unknown path below a known one',
      { method: 'POST', url: '/v2/things/u1/x/y' },
      404,
      5,
      'nothing here',
    ],
    ['a wrong method', { method: 'PUT', url: '/v2/things/u1', payload: '{' }, 405, 12, 'method'],
    ['a wrong method on a path without parameters', { url: '/countersign/v1/things' }, 405, 12, 'method'],
    ['a body over 64 KiB', post(tooLarge), 413, 8, '64 KiB'],
    ['a form', post('a=1', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 3, 'json'],
    ['text', post('{}', { 'content-type': 'text/plain' }), 415, 3, 'json'],
    ['a type that is none', post('{}', { 'content-type': 'json' }), 415, 3, 'json'],
    ['bytes without a type', post(Buffer.from('{}'), {}), 415, 3, 'json'],
    ['another charset', post('{}', { 'content-type': 'application/json; charset=latin1' }), 415, 3, 'UTF-8'],
    ['a compressed body', post('x', { ...asJson, 'content-encoding': 'gzip' }), 415, 3, 'encoding'],
    ['half a body', post('{"userId":'), 400, 3, 'not JSON'],
    ['a body that is nested too deep', post(deep), 400, 3, 'deeper than 32'],
    ['a name twice', post('{"userId":"a","userId":"b"}'), 400, 3, 'twice'],
    ['a name in both cases', post('{"userId":"a","user_id":"b"}'), 400, 3, 'user_id is given twice'],
    ['a prototype', post('{"__proto__":{}}'), 400, 3, '__proto__'],
    ['a constructor', post('{"filter":{"constructor":{}}}'), 400, 3, 'constructor'],
    ['half of a character', post('{"userId":"\\ud800"}'), 400, 3, 'half of a character'],
    ['no UTF-8', post(Buffer.from([0x22, 0xc0, 0x22])), 400, 3, 'UTF-8'],
    ['a list for an object', post('[]'), 400, 3, 'not an object'],
    ['null for an object', post('null'), 400, 3, 'not an object'],
    [
      'a parameter twice',
      { url: '/v2/things/u?displayName=a&displayName=b' },
      400,
      3,
      'display_name is given twice',
    ],
    [
      'a parameter in both cases',
      { url: '/v2/things/u?displayName=a&display_name=b' },
      400,
      3,
      'given twice',
    ],
    [
      'a path into what is no object',
      { method: 'POST', url: '/v2/things/u/wheels/1', payload: { filter: 'text' } },
      400,
      3,
      'filter is not an object',
    ],
  ])('%s is refused as a status', async (_, request, httpStatus, code, message) => {
    const { response, calls, failures } = await askRest(request);
    expect(response.statusCode).toBe(httpStatus);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(jsonOf(response)).toEqual({
      code,
      message: expect.stringContaining(message),
      details: expect.any(Array),
    });
    expect({ calls, failures }).toEqual({ calls: [], failures: [] });
  });

  it.each<readonly [InjectOptions, string]>([
    [{ method: 'POST', url: '/v2/things/u1' }, 'DELETE, GET, HEAD, PATCH'],
    [{ method: 'PUT', url: '/v2/things' }, 'POST'],
    [{ method: 'PUT', url: '/v2/locks/u:lock' }, 'POST'],
    [{ method: 'PUT', url: '/v2/locks/u:unlock' }, 'POST'],
    [{ method: 'PUT', url: '/v2/things/_search' }, 'DELETE, GET, HEAD, PATCH, POST'],
  ])('a wrong method, as in %j, is told which there are', async (request, allow) => {
    const { response } = await askRest(request);
    expect([response.statusCode, response.headers.allow]).toEqual([405, allow]);
  });

  it('the head of a stream is told to be none, also where its path may be another one of many', async () => {
    const status = { code: statusCodes.notFound, message: 'no such event', details: [] };
    const { server, calls } = serveRest(() => ({ kind: 'refused', status, headers: {} }), 50, [EventService]);
    const heads = ['/countersign/v1/events/tail', '/countersign/v1/events/7'] as const;
    const [stream, event] = await Promise.all(heads.map((url) => server.inject({ method: 'HEAD', url })));
    await server.close();
    expect([stream?.statusCode, stream?.headers.allow]).toEqual([405, 'GET']);
    expect([event?.statusCode, calls.length]).toEqual([404, 1]);
  });

  it.each<readonly [string, JsonValue, readonly (readonly [string, string])[]]>([
    ['a number for a text', { displayName: 5 }, [['display_name', 'is not a text']]],
    ['a text for a truth', { isFast: 'yes' }, [['is_fast', 'is not true or false']]],
    ['a fraction for a whole number', { mileage: 1.5 }, [['mileage', 'is not a whole number in its range']]],
    [
      'a number out of its range',
      { filter: { limit: '-1' } },
      [['filter.limit', 'is not a whole number in its range']],
    ],
    ['no base64', { photo: '!' }, [['photo', 'is not bytes in base64']]],
    ['a day for a time', { madeAt: '2026-01-02' }, [['made_at', 'is not a time of RFC 3339']]],
    [
      'a number for a duration',
      { lifetime: 30 },
      [['lifetime', 'is not a duration in seconds, such as 30s']],
    ],
    ['an object for a list', { wheels: {} }, [['wheels', 'is not a list']]],
    [
      'a wrong item',
      { wheels: [{ size: 1 }, { size: 'x' }] },
      [['wheels[1].size', 'is not a whole number in its range']],
    ],
    [
      'two of which one excludes the other',
      { petrol: 'p', electric: 'e' },
      [['electric', 'cannot be given together with petrol']],
    ],
    [
      'several mistakes',
      { isFast: 1, filter: { name: 2 } },
      [
        ['is_fast', 'is not true or false'],
        ['filter.name', 'is not a text'],
      ],
    ],
    [
      'what is not known',
      { nobody: 1, filter: { nobody: 2 } },
      [
        ['nobody', 'is not known here'],
        ['filter.nobody', 'is not known here'],
      ],
    ],
    [
      'an unknown word of an enum',
      { colour: 'GREEN' },
      [['colour', 'is not one of COLOUR_UNSPECIFIED, COLOUR_RED, COLOUR_BLUE']],
    ],
  ])('%s in a call of ours is refused by the name of the field', async (_, payload, expected) => {
    const { response, calls } = await askRest({
      method: 'POST',
      url: '/countersign/v1/things',
      payload: payload as object,
    });
    const [detail] = (jsonOf(response) as { details: readonly unknown[] }).details;
    expect(response.statusCode).toBe(400);
    expect(detail).toEqual({
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: expected.map(([field, description]) => ({ field, description })),
    });
    expect(calls).toEqual([]);
  });

  it.each<readonly [string, InjectOptions, string]>([
    ['a parameter', { url: '/countersign/v1/things/u?nobody=1' }, 'nobody'],
    ['a parameter beside a whole body', { method: 'POST', url: '/countersign/v1/things?userId=1' }, 'userId'],
    [
      'a parameter for what the body holds',
      { method: 'PUT', url: '/countersign/v1/things/u/filter?filter.name=1' },
      'filter.name',
    ],
    ['a part of a text', { url: '/countersign/v1/things/u?displayName.x=1' }, 'displayName.x'],
    ['a whole object', { url: '/countersign/v1/things/u?filter=1' }, 'filter'],
    [
      'a body without a place',
      { method: 'DELETE', url: '/countersign/v1/things/u', payload: { size: 1 } },
      'size',
    ],
  ])('%s that a call of ours does not know is refused by its name', async (_, request, field) => {
    const { response } = await askRest(request);
    expect(jsonOf(response)).toMatchObject({ code: 3, details: [{ fieldViolations: [{ field }] }] });
  });

  it('an answer lists no more mistakes than somebody reads, and repeats no long names', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => [`${index}${'n'.repeat(40)}`, 1]);
    const payload = { ['long'.repeat(100)]: 1, ...Object.fromEntries(names) };
    const { response } = await askRest({ method: 'POST', url: '/countersign/v1/things', payload });
    const { details } = jsonOf(response) as {
      details: readonly { fieldViolations: readonly { field: string }[] }[];
    };
    const fields = details[0]?.fieldViolations.map(({ field }) => field) ?? [];
    expect(fields).toHaveLength(20);
    expect(fields[0]).toBe('long'.repeat(25));
  });

  it('ZITADEL is told which of its fields stand in a body that nobody would look at', async () => {
    const url = '/v2/things/_search';
    const { response, calls } = await askRest({
      method: 'POST',
      url,
      payload: { is_fast: false, nobody: 1, filter: { name: 'n' }, displayName: null },
    });
    const [detail] = (jsonOf(response) as { details: readonly unknown[] }).details;
    const description = 'is read from the query here, and not from a body';
    expect(detail).toMatchObject({
      fieldViolations: [
        { field: 'is_fast', description },
        { field: 'filter', description },
      ],
    });
    expect(calls).toEqual([]);
  });

  it('ZITADEL is told what does not fit, and not what it may send in vain', async () => {
    const { response } = await askRest({
      method: 'POST',
      url: '/v2/things',
      payload: { nobody: 1, isFast: 'x' },
    });
    expect(jsonOf(response)).toMatchObject({
      message: 'The request does not fit: is_fast is not true or false',
      details: [{ fieldViolations: [{ field: 'is_fast' }] }],
    });
  });
});
