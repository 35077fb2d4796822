import type { JsonValue } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { fastify, type InjectOptions } from 'fastify';

import { registerRest } from '#transport/rest/routes.js';
import { strictService } from '#transport/testing/made-up-contract.js';
import { askRest, jsonOf } from '#transport/testing/rest-server.js';
import { unaryOnly } from '#transport/testing/unary-only.js';

describe('REST, from a request to a message', () => {
  it.each<readonly [string, InjectOptions, string, JsonValue]>([
    ['an absent body is an empty one', { method: 'POST', url: '/v2/things' }, 'Add', {}],
    [
      'fields are known in both cases',
      { method: 'POST', url: '/v2/things', payload: { user_id: 'u', displayName: 'd' } },
      'Add',
      { userId: 'u', displayName: 'd' },
    ],
    [
      'numbers, bytes and times are read as protobuf writes them',
      {
        method: 'POST',
        url: '/v2/things',
        payload: {
          mileage: '9007199254740993',
          photo: 'AQI=',
          madeAt: '2026-01-02T03:04:05.678Z',
          lifetime: '30s',
        },
      },
      'Add',
      { mileage: '9007199254740993', photo: 'AQI=', madeAt: '2026-01-02T03:04:05.678Z', lifetime: '30s' },
    ],
    ['the path is read', { url: '/v2/things/u1' }, 'Get', { userId: 'u1' }],
    ['the path is decoded', { url: '/v2/things/a%2Fb%20%C3%A9%3A' }, 'Get', { userId: 'a/b é:' }],
    ['an id may be a word of another path', { url: '/v2/things/_search' }, 'Get', { userId: '_search' }],
    [
      'a second route of a method is one',
      { url: '/v2/things/u1/by-name/n' },
      'Get',
      { userId: 'u1', displayName: 'n' },
    ],
    [
      'the path wins over the body',
      { method: 'PATCH', url: '/v2/things/u1', payload: { userId: 'u2', displayName: 'd' } },
      'Change',
      { userId: 'u1', displayName: 'd' },
    ],
    [
      'the path wins over the body in the other case',
      { method: 'PATCH', url: '/v2/things/u1', payload: { user_id: 'u2' } },
      'Change',
      { userId: 'u1' },
    ],
    [
      'the path wins over the query',
      { url: '/v2/things/u1?user_id=u2&displayName=d' },
      'Get',
      { userId: 'u1', displayName: 'd' },
    ],
    [
      'a nested field of the path joins what the body has beside it',
      {
        method: 'POST',
        url: '/v2/things/u1/wheels/7',
        payload: { filter: { name: 'n', wheel: { size: 9, tyreName: 't' } } },
      },
      'Turn',
      { userId: 'u1', filter: { name: 'n', wheel: { size: 7, tyreName: 't' } } },
    ],
    [
      'a verb behind a colon is no part of the id',
      { method: 'POST', url: '/v2/locks/u:1:lock' },
      'Lock',
      { userId: 'u:1' },
    ],
    [
      'one field is the body',
      {
        method: 'PUT',
        url: '/v2/things/u1/filter?isFast=true&filter.name=x',
        payload: { name: 'n', limit: 5 },
      },
      'Filter',
      { userId: 'u1', isFast: true, filter: { name: 'n', limit: '5' } },
    ],
    [
      'without a body in its route a call has its parameters in the query',
      { method: 'DELETE', url: '/v2/things/u1?filter.wheel.tyre_name=t&filter.limit=18446744073709551615' },
      'Remove',
      { userId: 'u1', filter: { wheel: { tyreName: 't' }, limit: '18446744073709551615' } },
    ],
    [
      'a repeated parameter is a list, and enums are known by name and number',
      { url: '/v2/things/u1?colours=COLOUR_RED&colours=2&colour=1&tags=one' },
      'Get',
      { userId: 'u1', colours: ['COLOUR_RED', 'COLOUR_BLUE'], colour: 'COLOUR_RED', tags: ['one'] },
    ],
    [
      'truths, times and durations are read from texts',
      { url: '/v2/things/u1?is_fast=true&isOld=false&weight=1.5&made_at=2026-01-02T03:04:05Z&lifetime=30s' },
      'Get',
      {
        userId: 'u1',
        isFast: true,
        isOld: false,
        weight: 1.5,
        madeAt: '2026-01-02T03:04:05Z',
        lifetime: '30s',
      },
    ],
    [
      'with the whole body the query says nothing',
      { method: 'POST', url: '/v2/things?userId=q', payload: {} },
      'Add',
      {},
    ],
    [
      'ZITADEL discards what it does not know, in a body and a query',
      {
        method: 'PUT',
        url: '/v2/things/u1/filter?nobody=1&filter.x=2',
        payload: { name: 'n', nobody: { knows: 1 } },
      },
      'Filter',
      { userId: 'u1', filter: { name: 'n' } },
    ],
    [
      'ZITADEL discards what it does not know in a body that its route has no place for',
      { method: 'POST', url: '/v2/things/_search', payload: { nobody: 1, filter: null } },
      'Search',
      {},
    ],
    [
      'what the path says may stand in a body without a place, too',
      { method: 'DELETE', url: '/v2/things/u1', payload: { userId: 'u2', user_name: 'u2' } },
      'Remove',
      { userId: 'u1' },
    ],
    [
      'a search without a body in its route has its filters in the query',
      { method: 'POST', url: '/v2/things/_search?colours=COLOUR_RED&filter.name=n' },
      'Search',
      { colours: ['COLOUR_RED'], filter: { name: 'n' } },
    ],
    [
      'null is as good as nothing',
      { method: 'POST', url: '/v2/things', payload: { userId: null, filter: null } },
      'Add',
      {},
    ],
    [
      'a number of more than 2^53 keeps its digits as a text',
      { url: '/v2/things/u?mileage=-9223372036854775808' },
      'Get',
      { userId: 'u', mileage: '-9223372036854775808' },
    ],
  ])('%s', async (_, request, method, message) => {
    const { response, call } = await askRest(request);
    expect({ status: response.statusCode, body: response.body }).toMatchObject({ status: 200 });
    expect(call).toMatchObject({ method, request: message });
    expect(jsonOf(response)).toEqual(message);
  });

  it.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['application/json;charset="UTF-8"'],
    ['Application/JSON; foo=bar'],
  ])('the content type %s is JSON', async (contentType) => {
    const { response } = await askRest({
      method: 'POST',
      url: '/v2/things',
      headers: { 'content-type': contentType, 'content-encoding': 'identity' },
      payload: '{"userId":"é"}',
    });
    expect(jsonOf(response)).toEqual({ userId: 'é' });
  });

  it('a path keeps what only looks like a name of ours', async () => {
    const { call } = await askRest({ url: '/v2/things/__proto__?__proto__.x=1&constructor=2' });
    expect(call?.request).toEqual({ userId: '__proto__' });
  });

  it('a contract that has a route twice does not start', async () => {
    const server = fastify();
    const served = unaryOnly({
      services: [strictService, strictService],
      invoke: () => Promise.reject(new Error('not called')),
    });
    registerRest(server, served, { addressOf: () => '', onFailure: () => undefined });
    await expect(server.ready()).rejects.toThrow('already declared');
  });
});
