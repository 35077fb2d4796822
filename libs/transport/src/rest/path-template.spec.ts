import { describe, expect, it } from '@jest/globals';

import { parsePathTemplate } from '#transport/rest/path-template.js';

describe('a path template', () => {
  it.each([
    ['/v2/users', '/v2/users', []],
    ['/v2/users/{user_id}', '/v2/users/:user_id', ['user_id']],
    ['/v2/users/{user_id}/totp/{id}', '/v2/users/:user_id/totp/:id', ['user_id', 'id']],
    ['/v2/a/{filter.key.name}/b', '/v2/a/:filter_key_name/b', ['filter.key.name']],
    ['/v2/users/_search', '/v2/users/_search', []],
    ['/v2/users:search', '/v2/users::search', []],
    ['/v2/users/{user_id}:lock', '/v2/users/:user_id(.+)::lock', ['user_id']],
    ['/v2/{org}/users/{user_id}:lock', '/v2/:org/users/:user_id(.+)::lock', ['org', 'user_id']],
  ])('%s is routed as %s', (template, route, fields) => {
    expect(parsePathTemplate(template)).toEqual({ route, path: template, fields });
  });

  it.each([
    'v2/users',
    '/v2//users',
    '/v2/*',
    '/v2/**',
    '/v2/{name=users/*}',
    '/v2/{a-b}',
    '/v2/{a.}',
    '/v2/{a}b',
    '/v2/users:',
    '/v2/us(er)s',
  ])('%s is a mistake in the contract', (template) => {
    expect(() => parsePathTemplate(template)).toThrow(template);
  });
});
