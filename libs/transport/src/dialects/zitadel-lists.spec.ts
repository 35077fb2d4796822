import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { organizationId } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import { PersonalAccessTokenFieldName } from '#contract/zitadel/user/v2/pat_pb.js';
import { Type, UserFieldName } from '#contract/zitadel/user/v2/query_pb.js';
import { UserState } from '#contract/zitadel/user/v2/user_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { people } from '#transport/testing/desk.js';
import { openZitadelDesk, type ZitadelDesk } from '#transport/testing/zitadel-desk.js';

const rpc = UserService.method;
const denied = '7 permission-denied AUTH-AWfge';
const profile = { givenName: 'Grace', familyName: 'Hopper' };

let desk: ZitadelDesk;
beforeAll(async () => {
  desk = await openZitadelDesk();
});
afterAll(() => desk.close());

let count = 0;
const address = () => {
  count += 1;
  return `grace-${count}@example.com`;
};
const human = (more: object = {}) => ({
  userType: { case: 'human' as const, value: { profile, email: { email: address() }, ...more } },
});
const add = async (more: object = {}) => (await desk.ask('owner', rpc.createUser, human(more) as never)).id;

describe('metadata', () => {
  it('is set, listed by keys and pages, and removed', async () => {
    const userId = await add();
    const entry = (key: string) => ({ key, value: Buffer.from(key) });
    const set = await desk.ask('owner', rpc.setUserMetadata, {
      userId,
      metadata: ['a', 'b', 'ab'].map(entry),
    });
    expect(timestampMs(set.setDate ?? timestampFromMs(0))).toBe(desk.house.clock.now);
    const list = async (asked: object) => {
      const { pagination, metadata } = await desk.ask('owner', rpc.listUserMetadata, {
        userId,
        ...asked,
      } as never);
      return [Number(pagination?.totalResult), ...metadata.map(({ key }) => key)];
    };
    expect(await list({})).toEqual([3, 'ab', 'b', 'a']);
    expect(await list({ pagination: { asc: true, offset: 1n, limit: 1 } })).toEqual([3, 'b']);
    const starting = { filter: { case: 'keyFilter', value: { key: 'A', method: 3 } } };
    expect(await list({ filters: [starting] })).toEqual([2, 'ab', 'a']);
    await desk.ask('owner', rpc.deleteUserMetadata, { userId, keys: ['a', 'b'] });
    expect(await list({})).toEqual([1, 'ab']);
    expect(await desk.said('owner', rpc.deleteUserMetadata, { userId, keys: ['a'] })).toBe(
      '5 metadata-not-found CSIGN-metadata-not-found',
    );
  });

  it('has its limits', async () => {
    const userId = await add();
    expect(await desk.fields('owner', rpc.setUserMetadata, { userId })).toEqual(['metadata']);
    expect(await desk.fields('owner', rpc.deleteUserMetadata, { userId })).toEqual(['keys']);
    const asked = { userId, pagination: { limit: 1_001 }, filters: [{}] };
    expect(await desk.fields('owner', rpc.listUserMetadata, asked)).toEqual([
      'pagination.limit',
      'filters[0]',
    ]);
  });
});

describe('access tokens', () => {
  const tokensOf = async (as: 'ada' | 'owner', more: object[] = [], asked: object = {}) =>
    (
      await desk.ask(as, rpc.listPersonalAccessTokens, {
        ...asked,
        filters: [{ filter: { case: 'userIdFilter', value: { id: people.ada } } }, ...more],
      } as never)
    ).result;

  it('can do what the token that made them can do, until they expire or are removed', async () => {
    const expirationDate = timestampFromMs(desk.house.clock.now + 60_000);
    const made = await desk.ask('owner', rpc.addPersonalAccessToken, { userId: people.ada, expirationDate });
    const as = { authorization: `Bearer ${made.token}` };
    expect(await desk.said(as, rpc.getUserByID, { userId: people.ada })).toBe('answered');
    const own = await desk.ask(
      { authorization: await desk.tokenOf('ada', ['self', 'factors.write']) },
      rpc.addPersonalAccessToken,
      { userId: people.ada },
    );
    const listed = await tokensOf('owner', [], { pagination: { asc: true } });
    expect(listed.map(({ id }) => id).slice(-1)).toEqual([own.tokenId]);
    expect(listed.find(({ id }) => id === made.tokenId)).toMatchObject({
      userId: people.ada,
      organizationId,
      expirationDate,
    });
    const removed = { userId: people.ada, tokenId: made.tokenId };
    expect(await desk.said('ada', rpc.removePersonalAccessToken, removed)).toBe('answered');
    expect(await desk.said('ada', rpc.removePersonalAccessToken, removed)).toBe(
      '5 access-token-not-found CSIGN-access-token-not-found',
    );
    expect(await desk.said(as, rpc.getUserByID, { userId: people.ada })).toBe(
      '16 unauthenticated AUTH-7fs1e',
    );
  });

  it('are no wider than the one that asked for them', async () => {
    const narrow = { authorization: await desk.tokenOf('owner', ['self', 'factors.write']) };
    const { token } = await desk.ask(narrow, rpc.addPersonalAccessToken, { userId: people.owner });
    const as = { authorization: `Bearer ${token}` };
    expect(await desk.said(as, rpc.getUserByID, { userId: people.owner })).toBe('answered');
    expect(await desk.said(as, rpc.lockUser, { userId: people.ada })).toMatch(/^(5|7) /);
  });

  it('of oneself last no longer than the one that asked for them', async () => {
    const ends = desk.house.clock.now + 60_000;
    const madeFor = (userId: string, at: number | null) => ({
      userId,
      ...(at === null ? {} : { expirationDate: timestampFromMs(at) }),
    });
    const add = rpc.addPersonalAccessToken;
    for (const person of ['owner', 'grace'] as const) {
      const { token } = await desk.ask('root', add, madeFor(people[person], ends));
      const as = { authorization: `Bearer ${token}` };
      expect(await desk.fields(as, add, madeFor(people[person], null))).toEqual(['expiration_date']);
      expect(await desk.fields(as, add, madeFor(people[person], ends + 1))).toEqual(['expiration_date']);
      expect(await desk.said(as, add, madeFor(people[person], ends))).toBe('answered');
      expect(await desk.said(as, add, madeFor(people[person], ends - 1))).toBe('answered');
    }
  });

  it('of others last as long as who may make them says, and so do those of who has one without end', async () => {
    const expirationDate = timestampFromMs(desk.house.clock.now + 60_000);
    const add = rpc.addPersonalAccessToken;
    const { token } = await desk.ask('owner', add, { userId: people.owner, expirationDate });
    const as = { authorization: `Bearer ${token}` };
    expect(await desk.said(as, add, { userId: people.ada })).toBe('answered');
    expect(await desk.said('owner', add, { userId: people.owner })).toBe('answered');
  });

  it('are found by their id, and by when they come and go', async () => {
    const by = (name: string, value: object) => ({ filter: { case: name, value } });
    const all = await tokensOf('owner');
    const [last] = all;
    expect(await tokensOf('owner', [by('tokenIdFilter', { id: last?.id })])).toEqual([last]);
    expect(await tokensOf('owner', [by('organizationIdFilter', { id: otherId })])).toEqual([]);
    const now = timestampFromMs(desk.house.clock.now);
    expect(await tokensOf('owner', [by('createdDateFilter', { timestamp: now, method: 1 })])).toEqual([]);
    expect(await tokensOf('owner', [by('createdDateFilter', { timestamp: now, method: 4 })])).toEqual(all);
    const column = PersonalAccessTokenFieldName.ID;
    const ids = (await tokensOf('owner', [], { sortingColumn: column, pagination: { asc: true } })).map(
      ({ id }) => id,
    );
    expect(ids).toEqual(ids.toSorted());
  });

  it('are asked for by whose they are, of whom one may read', async () => {
    expect(await desk.fields('owner', rpc.listPersonalAccessTokens, {})).toEqual([
      'filters.user_id_filter.id',
    ]);
    const of = (id: string) => ({ filters: [{ filter: { case: 'userIdFilter' as const, value: { id } } }] });
    expect(await desk.said('owner', rpc.listPersonalAccessTokens, of(people.stranger))).toMatch(/^5 user/);
    expect(await desk.said('reader', rpc.addPersonalAccessToken, { userId: people.ada })).toBe(denied);
    const past = { userId: people.ada, expirationDate: timestampFromMs(0) };
    expect(await desk.said('ada', rpc.addPersonalAccessToken, past)).toBe(
      '3 access-token-expiry-past CSIGN-access-token-expiry-past',
    );
    const never = { userId: people.ada, expirationDate: { seconds: 10n ** 17n } };
    expect(await desk.fields('ada', rpc.addPersonalAccessToken, never)).toEqual(['expiration_date']);
  });
});

describe('a list of users', () => {
  const list = async (as: Parameters<ZitadelDesk['call']>[0], asked: object = {}) => {
    const { result, details } = await desk.ask(as, rpc.listUsers, asked as never);
    return { ids: result.map(({ userId }) => userId), total: Number(details?.totalResult) };
  };
  const byName = (userName: string, method = 0) => ({
    query: { case: 'userNameQuery', value: { userName, method } },
  });
  const among = (...userIds: string[]) => ({ query: { case: 'inUserIdsQuery', value: { userIds } } });

  it('has those whom the caller may read', async () => {
    const everybody = among(people.ada, people.reader, people.stranger, people.removed);
    const asked = { queries: [everybody], query: { asc: true } };
    expect((await list('reader', asked)).ids).toEqual([people.ada, people.reader]);
    expect((await list('strangersOwner', asked)).ids).toEqual([people.stranger]);
    expect((await list('root', asked)).ids).toEqual([people.ada, people.reader, people.stranger]);
    const authorization = await desk.tokenOf('root');
    expect((await list({ authorization, organization: otherId }, asked)).ids).toEqual([people.stranger]);
  });

  it('of who may read nobody has the caller alone, also one that brought its own id', async () => {
    expect(await list('ada')).toEqual({ ids: [people.ada], total: 1 });
    expect(await list('grace')).toEqual({ ids: [people.grace], total: 1 });
    expect((await list('ada', { queries: [among(people.reader)] })).ids).toEqual([]);
    const narrow = { authorization: await desk.tokenOf('ada', ['factors.write']) };
    expect(await desk.said(narrow, rpc.listUsers, {})).toBe(denied);
  });

  it.each<[string, object, string[]]>([
    ['a name', byName('ada@example.com'), ['ada']],
    ['a name in whatever case', byName('ADA@example.com', 1), ['ada']],
    ['a beginning', byName('read', 2), ['reader']],
    ['a type', { query: { case: 'typeQuery', value: { type: Type.MACHINE } } }, []],
    ['a state', { query: { case: 'stateQuery', value: { state: UserState.DELETED } } }, []],
    [
      'all of some',
      { query: { case: 'andQuery', value: { queries: [byName('a', 4), byName('d', 4)] } } },
      ['ada', 'reader'],
    ],
    [
      'one of some',
      { query: { case: 'orQuery', value: { queries: [byName('ada', 2), byName('reader', 2)] } } },
      ['ada', 'reader'],
    ],
    ['the contrary', { query: { case: 'notQuery', value: { query: byName('ada', 2) } } }, ['reader']],
  ])('goes by %s', async (_, query, found) => {
    const asked = { queries: [among(people.ada, people.reader), query], query: { asc: true } };
    expect((await list('reader', asked)).ids).toEqual(found.map((name) => people[name as 'ada']));
  });

  it('has pages, in the order that is asked for', async () => {
    const asked = { queries: [among(people.ada, people.reader, people.owner)] };
    const sorted = { ...asked, sortingColumn: UserFieldName.EMAIL };
    expect((await list('reader', { ...asked, query: { limit: 1 } })).ids).toEqual([people.owner]);
    expect(await list('reader', { ...sorted, query: { asc: true, offset: 1n, limit: 1 } })).toMatchObject({
      total: 3,
    });
  });

  it('tells by its fields what cannot be asked', async () => {
    const fields = (asked: object) => desk.fields('reader', rpc.listUsers, asked as never);
    expect(await fields({ query: { limit: 1_001, offset: 2n ** 60n }, sortingColumn: 77 })).toEqual([
      'query.offset',
      'query.limit',
      'sorting_column',
    ]);
    expect(await fields({ queries: [{}, byName('a', 8)] })).toEqual([
      'queries[0]',
      'queries[1].user_name_query.method',
    ]);
    const states = { query: { case: 'stateQuery', value: {} } };
    expect(await fields({ queries: [{ query: { case: 'orQuery', value: { queries: [states] } } }] })).toEqual(
      ['queries[0].or_query.queries[0].state_query.state'],
    );
    let nested: object = byName('a');
    for (let depth = 0; depth < 500; depth += 1)
      nested = { query: { case: 'notQuery', value: { query: nested } } };
    const [deepest = ''] = await fields({ queries: [nested] });
    expect(deepest.split('not_query')).toHaveLength(21);
    expect(await fields({ queries: Array.from({ length: 101 }, () => byName('a')) })).toEqual(['queries']);
  });
});
