// Every call, about everybody, by everybody: what must be hidden is answered, byte for byte, as what never was.

import { randomUUID } from 'node:crypto';

import { fromBinary, type JsonObject, toJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Heard } from '#test/conformance/access/asked.js';
import { type AccessCall, calls, idsIn, jsonOf } from '#test/conformance/access/calls.js';
import {
  ask,
  askCell,
  type Cell,
  cellsOf,
  from,
  inOrder,
  nameOf,
  requestOf,
  type Scene,
  targetsFor,
} from '#test/conformance/access/cells.js';
import { servedServices } from '#test/conformance/access/reflected.js';
import { services } from '#test/conformance/access/rows.js';
import { openAccessWorld, type Somebody } from '#test/conformance/access/world.js';
import { endAll } from '#test/e2e/server-process.js';

let scene: Scene;
let strangersTokens: readonly (string | null)[];

beforeAll(async () => {
  const world = await openAccessWorld();
  const { home, away } = world;
  scene = {
    world,
    neighbour: await world.person(home),
    stranger: await world.person(away),
    callers: [
      await world.caller(home, null),
      await world.caller(home, 'ORG_USER_READER'),
      await world.caller(home, 'ORG_USER_MANAGER'),
      await world.caller(home, 'ORG_OWNER'),
      await world.caller(away, 'ORG_OWNER'),
      world.administrator,
    ],
    gone: [
      await world.goneFrom(home, 'removed'),
      await world.goneFrom(away, 'removed'),
      await world.goneFrom(home, 'erased'),
      await world.goneFrom(away, 'erased'),
    ],
  };
  strangersTokens = [null, 'cs_made-up', await revokedToken(scene), await expiredToken(scene)];
}, 60_000);

afterAll(async () => {
  await scene?.world.end();
  await endAll();
});

async function revokedToken({ world, neighbour }: Scene): Promise<string> {
  const { userId } = neighbour;
  const { token, tokenId } = await world.done('POST', `/v2/users/${userId}/pats`, {});
  await world.done('DELETE', `/v2/users/${userId}/pats/${tokenId}`);
  return String(token);
}

async function expiredToken({ world, neighbour }: Scene): Promise<string> {
  const expirationDate = new Date(Date.now() + 2_000).toISOString();
  const { userId } = neighbour;
  const { token } = await world.done('POST', `/v2/users/${userId}/pats`, { expirationDate });
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  return String(token);
}

const codes = { denied: [7, 403], hidden: [5, 404], stranger: [16, 401] } as const;
const isCode = (heard: Heard, index: number, [grpc, http]: readonly [number, number]) =>
  heard.code === (index === 0 ? grpc : http);

/** Neither broken nor any of the answers that keep somebody out. */
const isPast = (heard: Heard, index: number) =>
  ![codes.denied, codes.stranger].some((pair) => isCode(heard, index, pair)) &&
  ![2, 12, 13, 14, 500, 501, 502, 503].includes(heard.code);

const marksIn = ({ bytes }: Heard) =>
  [scene.neighbour, scene.stranger, ...scene.gone].filter(({ mark }) => bytes.includes(mark));

describe('the rows', () => {
  it('there are rows for the services that are served, and for no others', async () => {
    const served = await servedServices(scene.world.wires.address);
    const rowed = Object.values(services).map(({ typeName }) => typeName);
    expect(served.filter((name) => !name.startsWith('grpc.'))).toEqual(rowed.sort());
  });

  it.each(calls)('$name: each id in its request is told', ({ method, row }) => {
    expect(Object.keys(row.ids).sort()).toEqual(idsIn(method.input).sort());
  });

  it.each(calls)('$name can be called over REST', ({ routes }) => {
    expect(routes.length).toBeGreaterThan(0);
  });
});

describe('who has a token', () => {
  it.each(calls)('$name: does what the rows say, and learns of nobody else', async (call) => {
    const cells = cellsOf(scene, call).filter((cell) => !isOnlyOnce(cell));
    const heard = await inOrder(cells, (cell) => askCell(scene, cell));
    const wrong = cells.flatMap((cell, at) =>
      (heard[at] ?? []).flatMap((one, index) =>
        faultsOf(cell, one, index).map((fault) => `${nameOf(scene, cell)}: ${fault}`),
      ),
    );
    expect(wrong).toEqual([]);
    const hidden = cells.flatMap(({ verdict }, at) => (verdict === 'hidden' ? [heard[at] ?? []] : []));
    for (const index of [0, ...call.routes.map((_, route) => route + 1)])
      expect(new Set(hidden.map((answers) => answers[index]?.bytes)).size).toBeLessThanOrEqual(1);
  });
});

/** There is one owner of the instance, and no call that makes another: what ends it is refused below. */
const isOnlyOnce = ({ call, caller, target }: Cell) =>
  call.row.ends && caller.role === 'INSTANCE_OWNER' && target.userId === caller.userId;

describe('the only owner of an instance, of itself and of its organization', () => {
  const ending = calls.filter(({ row }) => row.ends && row.of !== 'session');

  it.each(ending)('$name: may not, and stays who it is', async (call) => {
    const { administrator } = scene.world;
    const target = { ...administrator, name: 'itself' };
    const question = { call, request: requestOf(call, target), token: administrator.token };
    for (const heard of [await ask(scene.world, question), await ask(scene.world, question)]) {
      expect(heard.map(({ code }) => code)).toEqual([9, ...call.routes.map(() => 400)]);
      expect(heard.filter(({ bytes }) => !bytes.includes('CSIGN-last-owner'))).toEqual([]);
    }
  });
});

function faultsOf({ call, target, verdict }: Cell, heard: Heard, index: number): readonly string[] {
  const where = index === 0 ? 'gRPC' : 'REST';
  const told = `${where} answered ${heard.code} ${heard.body.toString('latin1').slice(0, 200)}`;
  if (verdict === 'allowed')
    return isPast(heard, index) && !isHiddenUser(call, heard) ? [] : [`not allowed: ${told}`];
  const shown = marksIn(heard).map(({ mark }) => `${mark} of ${target.name} is in the answer: ${told}`);
  return isCode(heard, index, codes[verdict]) ? shown : [`not ${verdict}: ${told}`, ...shown];
}

/** By the words of the refusal, since a device that is not found is another thing. */
const isHiddenUser = ({ row }: AccessCall, { bytes }: Heard) =>
  (row.of === 'user' && /user[^"]{0,20}not.{0,10}found/i.test(bytes)) ||
  (row.of === 'organization' && /organi[sz]ation[^"]{0,20}not.{0,10}found/i.test(bytes));

describe('who has no token that counts', () => {
  it.each(calls)('$name: is told the same, whoever it asks about', async (call) => {
    const cells = scene.callers
      .slice(0, 1)
      .flatMap((caller) => targetsFor(scene, call, caller))
      .flatMap((target) => strangersTokens.map((token) => ({ target, token })));
    const heard = await inOrder(cells, ({ target, token }) =>
      ask(scene.world, { call, request: requestOf(call, target), token }),
    );
    for (const index of [0, ...call.routes.map((_, route) => route + 1)]) {
      const answers = heard.map((one) => one[index]);
      expect(answers.map((one) => one?.code)).toEqual(answers.map(() => (index === 0 ? 16 : 401)));
      expect(new Set(answers.map((one) => one?.bytes)).size).toBe(1);
    }
  });

  it('no route answers without a token but for health, the documentation, and what shows a password', async () => {
    const { paths } = JSON.parse((await plainGet('/openapi.json')).body.toString()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([path, verbs]) =>
      Object.keys(verbs).map((verb) => ({
        verb: verb.toUpperCase(),
        path: path.replaceAll(/\{[^}]+\}/g, 'x'),
      })),
    );
    expect(routes.length).toBeGreaterThanOrEqual(calls.length);
    const answers = await inOrder(routes, async ({ verb, path }) => {
      const body = verb === 'GET' || verb === 'DELETE' ? null : '{}';
      return { verb, path, code: (await scene.world.wires.rest({ verb, path, body }, from(null))).code };
    });
    const shows = { verb: 'POST', path: '/api/auth/login', code: 400 };
    expect(answers.filter(({ code }) => code !== 401)).toEqual([shows]);
    const open = await Promise.all(['/healthz', '/readyz', '/docs', '/openapi.json'].map(plainGet));
    expect(open.map(({ code }) => code)).toEqual([200, 200, 200, 200]);
  });

  it.each(['application/proto', 'application/json', 'application/grpc-web+proto'])(
    'nor does any call over HTTP/1.1 with the content type %s',
    async (type) => {
      // A stream has frames of its own there.
      const asked = calls.filter((call) => !call.isStreaming || type === 'application/grpc-web+proto');
      const answers = await inOrder(asked, ({ name }) =>
        scene.world.wires.posted(`/${name}`, type, from(null)),
      );
      expect(
        answers.filter(({ code, bytes }) => code !== 401 && !/grpc-status[^0-9]{1,8}16/.test(bytes)),
      ).toEqual([]);
    },
  );
});

const plainGet = (path: string) => scene.world.wires.rest({ verb: 'GET', path, body: null }, from(null));

describe('ids beside the one that a call is about', () => {
  // The user of a session stays, whoever else is named.
  const withOthers = calls.filter(
    ({ row }) =>
      row.of !== 'session' &&
      Object.values(row.ids).some((names) => ['device', 'token', 'member'].includes(names)),
  );

  it.each(withOthers)('$name: of somebody else, of nobody, and gone are answered alike', async (call) => {
    const owner = scene.callers[3] as Somebody;
    const caller = call.row.of === 'user' ? (scene.callers[0] as Somebody) : owner;
    const path = Object.entries(call.row.ids).find(([, names]) =>
      ['device', 'token', 'member'].includes(names),
    );
    const { neighbour, stranger } = scene;
    const kept = { device: 'totpId', token: 'tokenId', member: 'userId' } as const;
    const names = path?.[1] as keyof typeof kept;
    const others = names === 'member' ? [stranger] : [neighbour, stranger];
    const ids = [
      ...others.map((one) => one[kept[names]]),
      randomUUID(),
      ...scene.gone.map(({ userId }) => userId),
    ];
    const about = { ...caller, name: 'itself' };
    const heard = await inOrder(ids, (id) => {
      const request = {
        ...requestOf(call, about),
        ...jsonOf(call.method.input, String(path?.[0]), id),
        ...call.row.with,
      };
      return ask(scene.world, {
        call,
        request: { ...request, ...neededBeside[call.method.localName] },
        token: caller.token,
      });
    });
    for (const index of [0, ...call.routes.map((_, route) => route + 1)]) {
      expect(new Set(heard.map((one) => one[index]?.bytes)).size).toBe(1);
      expect(heard[0]?.[index]?.code).toBe(index === 0 ? expectedBeside(call)[0] : expectedBeside(call)[1]);
    }
  });
});

/** Without which a call would be refused before it looks at the id. */
const neededBeside: Readonly<Record<string, JsonObject>> = {
  verifyTotpRegistration: { code: '123456' },
  verifyTotp: { code: '123456' },
  resyncTotp: { firstCode: '123456', secondCode: '654321' },
  renameTotp: { name: 'another name' },
  removeTotp: {},
  addOrganization: { name: 'another organization' },
  explain: { action: 'user.read' },
};

/** Everything that is not there is not found; who may not make an organization is denied. */
const expectedBeside = ({ row }: AccessCall): readonly [number, number] =>
  row.of === 'instance' ? [7, 403] : [5, 404];

describe('lists', () => {
  const lists = [
    {
      list: 'ListUsers',
      of: 'users',
      about: (userId: string) => ({ queries: [{ inUserIdsQuery: { userIds: [userId] } }] }),
    },
    {
      list: 'ListUsers',
      of: 'organizations',
      about: (organizationId: string) => ({ queries: [{ organizationIdQuery: { organizationId } }] }),
    },
    {
      list: 'ListOrganizations',
      of: 'organizations',
      about: (id: string) => ({ queries: [{ idQuery: { id } }] }),
    },
    {
      list: 'ListPersonalAccessTokens',
      of: 'tokens',
      about: (id: string) => ({ filters: [{ tokenIdFilter: { id } }] }),
    },
    {
      list: 'ListPersonalAccessTokens',
      of: 'organizations',
      about: (id: string) => ({ filters: [{ organizationIdFilter: { id } }] }),
    },
  ] as const;

  const answerOf = ({ method }: AccessCall, { body, code }: Heard) => {
    const json = toJson(method.output, fromBinary(method.output, body)) as { details?: JsonObject };
    // The moment of the answer.
    delete json.details?.timestamp;
    return JSON.stringify([code, json]);
  };

  it.each(lists)(
    '$list: somebody elsewhere, nobody, and who is gone are found alike, by $of',
    async ({ list, of, about }) => {
      const call = calls.find(({ method }) => method.name === list) as AccessCall;
      const ids = {
        users: [scene.stranger.userId, randomUUID(), ...scene.gone.map(({ userId }) => userId)],
        organizations: [scene.world.away, randomUUID(), scene.world.gone],
        tokens: [scene.stranger.tokenId, scene.neighbour.tokenId, randomUUID()],
      }[of];
      for (const caller of scene.callers.slice(0, 4)) {
        const own = [{ userIdFilter: { id: caller.userId } }];
        const heard = await inOrder(ids, (id) => {
          const request = about(id) as { queries?: JsonObject[]; filters?: JsonObject[] };
          const filters = [...own, ...(request.filters ?? [])];
          return ask(scene.world, {
            call,
            request: request.filters === undefined ? (request as JsonObject) : { filters },
            token: caller.token,
          });
        });
        expect(new Set(heard.map(([grpc]) => answerOf(call, grpc as Heard))).size).toBe(1);
        expect(heard.flat().filter(({ code }) => code !== 0 && code !== 200)).toEqual([]);
        expect(heard.flat().flatMap(marksIn)).toEqual([]);
      }
    },
  );

  it('a list without filters shows a caller its own organization at most', async () => {
    const call = calls.find(({ method }) => method.name === 'ListUsers') as AccessCall;
    const seen = await inOrder(scene.callers, ({ token }) => ask(scene.world, { call, request: {}, token }));
    const marks = seen.map((answers) =>
      [...new Set(answers.flatMap(marksIn).map(({ mark }) => mark))].sort(),
    );
    const { neighbour, stranger } = scene;
    const [home, away] = [neighbour.mark, stranger.mark];
    expect(marks).toEqual([[], [home], [home], [home], [away], [home, away].sort()]);
  });
});
