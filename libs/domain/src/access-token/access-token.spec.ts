import { describe, expect, test } from '@jest/globals';
import {
  type AddAccessToken,
  accessTokensMax,
  add,
  remove,
  scopesMax,
  tokenState,
} from '#domain/access-token/decide.js';
import type { AccessTokenEvent } from '#domain/access-token/events.js';
import { evolveAccessTokens, noAccessTokens } from '#domain/access-token/state.js';
import type { AccessTokenId } from '#domain/ids.js';
import {
  deactivated,
  elsewhere,
  erased,
  humanAdded,
  locked,
  machineAdded,
  organizationId,
  removed,
  sealed,
} from '#domain/testing/people.js';
import { accountOf, at, before, circumstances, given, now } from '#domain/testing/specification.js';

const idOf = (name: string) => name as AccessTokenId;
const token = {
  tokenId: idOf('ci'),
  name: sealed('build server'),
  scopes: ['users.read', 'totp.verify-code'],
  expiresAt: now + 1,
  hash: 'hash of ci',
};
const toAdd: AddAccessToken = { organizationId, ...token };
const added = { type: 'user.pat.added', ...token } as const;

const numbered = (count: number, expiresAt: (index: number) => number | null) =>
  Array.from(
    { length: count },
    (_, index): AccessTokenEvent => ({
      ...added,
      tokenId: idOf(`token ${index}`),
      expiresAt: expiresAt(index),
    }),
  );
const live = (count: number) => numbered(count, () => null);
const removedToken = (name: string) => ({ type: 'user.pat.removed', tokenId: idOf(name) }) as const;

const wholeRange = Array.from({ length: scopesMax }, (_, index) => `scope-${index}`);

describe('adding an access token', () => {
  test('humans and machines alike may hold access tokens', () => {
    given(humanAdded).when(add, toAdd).then(added);
    given(machineAdded).when(add, toAdd).then(added);
  });

  test('a token may be good until it is removed', () => {
    given(humanAdded)
      .when(add, { ...toAdd, expiresAt: null })
      .then({ ...added, expiresAt: null });
  });

  test.each([
    ['locked', locked],
    ['inactive', deactivated],
  ] as const)('an administrator may prepare a token for a user who is %s', (_, condition) => {
    given(humanAdded, condition).when(add, toAdd).then(added);
  });

  test.each([
    ['one', ['a']],
    ['as many as allowed', wholeRange],
    ['digits, dots and hyphens', ['v2.users-and-more.read2']],
    ['as long as allowed', ['x'.repeat(100)]],
  ])('scopes: %s', (_, scopes) => {
    given(humanAdded)
      .when(add, { ...toAdd, scopes })
      .then({ ...added, scopes });
  });

  test.each([
    ['none', []],
    ['too many', [...wholeRange, 'one-more']],
    ['one twice', ['users.read', 'users.read']],
    ['an empty one', ['users.read', '']],
    ['a space', ['users read']],
    ['a line end', ['users\n']],
    ['capitals', ['Users']],
    ['an empty word', ['users..read']],
    ['a dot at the end', ['users.']],
    ['a hyphen at the start', ['-users']],
    ['too long', ['x'.repeat(101)]],
  ])('scopes are refused: %s', (_, scopes) => {
    given(humanAdded)
      .when(add, { ...toAdd, scopes })
      .thenRejected({ code: 'access-token-scopes-invalid', maximum: 20 });
  });

  test.each([now, now - 1])('a token that would never be valid is refused (%d)', (expiresAt) => {
    given(humanAdded)
      .when(add, { ...toAdd, expiresAt })
      .thenRejected({ code: 'access-token-expiry-past' });
  });

  test('a user has at most fifty live tokens', () => {
    expect(accessTokensMax).toBe(50);
    given(humanAdded, ...live(49))
      .when(add, toAdd)
      .then(added);
    given(humanAdded, ...live(50))
      .when(add, toAdd)
      .thenRejected({ code: 'access-tokens-max', maximum: 50 });
    given(humanAdded, ...live(50), removedToken('token 7'))
      .when(add, toAdd)
      .then(added);
  });

  test('expired tokens do not count, and the longest expired make room', () => {
    // Token 1 expired last, token 49 first.
    const allButOne = numbered(50, (index) => (index === 0 ? null : now - index));
    given(humanAdded, ...allButOne)
      .when(add, toAdd)
      .then(removedToken('token 49'), added);
  });

  test('expired tokens stay while there is room', () => {
    given(humanAdded, ...numbered(49, (index) => now - index))
      .when(add, toAdd)
      .then(added);
    given(humanAdded, ...numbered(3, (index) => now - index))
      .when(add, toAdd)
      .then(added);
  });

  test('a token that has not quite expired counts', () => {
    given(humanAdded, ...numbered(50, () => now + 1))
      .when(add, toAdd)
      .thenRejected({ code: 'access-tokens-max', maximum: 50 });
  });

  test('an id that is taken is a bug and no refusal', () => {
    expect(() => add(accountOf(humanAdded, added), toAdd, circumstances())).toThrow(
      new TypeError('the id of a new token is a new id'),
    );
  });
});

describe('removing an access token', () => {
  test('a token is removed, also when it expired', () => {
    given(humanAdded, added)
      .when(remove, { organizationId, tokenId: token.tokenId })
      .then(removedToken('ci'));
    given(humanAdded, { ...added, expiresAt: before })
      .when(remove, { organizationId, tokenId: token.tokenId })
      .then(removedToken('ci'));
  });

  test.each([
    ['was never added', [humanAdded]],
    ['was removed before', [humanAdded, added, removedToken('ci')]],
    ['has another id', [humanAdded, ...live(1)]],
  ] as const)('a token that %s is not found', (_, past) => {
    given(...past)
      .when(remove, { organizationId, tokenId: token.tokenId })
      .thenRejected({ code: 'access-token-not-found' });
  });
});

describe('whose tokens', () => {
  test.each([
    ['was never added', []],
    ['belongs to another organization', [{ ...humanAdded, ...elsewhere }, added]],
    ['was removed', [humanAdded, added, removed]],
    ['was erased', [humanAdded, added, removed, erased]],
  ] as const)('those of a user who %s can be neither added nor removed', (_, past) => {
    const { tokenId } = token;
    given(...past)
      .when(add, toAdd)
      .thenRejected({ code: 'user-not-found' });
    given(...past)
      .when(remove, { organizationId, tokenId })
      .thenRejected({ code: 'user-not-found' });
  });
});

describe('what a checker is told', () => {
  const { scopes, hash, tokenId, expiresAt } = token;

  test.each([
    ['a live token', [humanAdded, added], { status: 'valid', scopes, expiresAt, hash }],
    [
      'one without end',
      [humanAdded, { ...added, expiresAt: null }],
      { status: 'valid', scopes, expiresAt: null, hash },
    ],
    [
      'one that expires now',
      [humanAdded, { ...added, expiresAt: now }],
      { status: 'expired', scopes, expiresAt: now, hash },
    ],
    [
      'one of an unlocked user',
      [humanAdded, added, locked, { type: 'user.unlocked' }],
      { status: 'valid', scopes, expiresAt, hash },
    ],
    ['one that was never added', [humanAdded], { status: 'unknown' }],
    ['one that was removed', [humanAdded, added, removedToken('ci')], { status: 'unknown' }],
    ['one of a locked user', [humanAdded, added, locked], { status: 'unknown' }],
    ['one of an inactive user', [humanAdded, added, deactivated], { status: 'unknown' }],
    ['one of a removed user', [humanAdded, added, removed], { status: 'unknown' }],
    ['one of an erased user', [humanAdded, added, removed, erased], { status: 'unknown' }],
    ['one of nobody', [], { status: 'unknown' }],
  ] as const)('%s', (_, past, told) => {
    expect(tokenState(accountOf(...past), tokenId, now)).toStrictEqual(told);
  });
});

describe('folding', () => {
  test('a token that is added again replaces the one of its id', () => {
    const { type: _, ...kept } = { ...added, hash: 'another' };
    const account = accountOf(added, at(now, { ...added, hash: 'another' }));
    expect(account.accessTokens).toStrictEqual([{ ...kept, createdAt: now }]);
  });

  test('what is no business of tokens leaves them the same object', () => {
    const { accessTokens } = accountOf(humanAdded, added);
    expect(evolveAccessTokens(accessTokens, locked, now)).toBe(accessTokens);
    expect(evolveAccessTokens(accessTokens, removedToken('another'), now)).toBe(accessTokens);
  });

  test('nobody is left whom a token of a removed user could stand for', () => {
    const { accessTokens } = accountOf(humanAdded, added);
    expect(evolveAccessTokens(accessTokens, removed, now)).toBe(noAccessTokens);
    expect(evolveAccessTokens(accessTokens, erased, now)).toBe(noAccessTokens);
  });
});
