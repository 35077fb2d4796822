// No path yields a session that lets somebody in whose factor is missing: every order of what can be shown, over every
// protocol, each held against the model; and the same codes at the same moment, and again.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashSync } from '@node-rs/argon2';

import { type Asking, askingBy, users } from '#test/conformance/asking.js';
import { kinds } from '#test/conformance/kinds.js';
import type { Protocol, Told } from '#test/conformance/protocol.js';
import {
  after,
  keeps,
  letsIn,
  nameOf,
  nothingShown,
  type Order,
  orders,
  type Step,
} from '#test/conformance/session-orders.js';
import { codeOf, human, openWorld, type Place, type World, wrongCodeOf } from '#test/conformance/world.js';
import { endAll } from '#test/e2e/server-process.js';

const sessions = 'zitadel.session.v2.SessionService';
const password = 'correct horse battery';
const parameters = 'm=64,t=1,p=1';
const hash = hashSync(password, { memoryCost: 64, timeCost: 1, parallelism: 1 });
const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

let world: World;
let here: Place;
let protocols: readonly Protocol[];
let askings: readonly Asking[];
let people = 0;

beforeAll(async () => {
  // Hashes that make no test wait.
  world = await openWorld({ COUNTERSIGN_PASSWORD_HASH: parameters });
  here = await world.place();
  protocols = Object.values(kinds).map((open) => open(world));
  const administrator = world.administratorToken;
  askings = protocols.map((protocol) => askingBy({ protocol, here, foreigner: '', administrator }));
});
afterAll(async () => {
  for (const protocol of protocols ?? []) protocol.close();
  await endAll();
});

interface Person {
  readonly userId: string;
  readonly recoveryCodes: readonly string[];
}

async function personWith({ done }: Asking, kept: Order['keeps']): Promise<Person> {
  people += 1;
  const { id } = await done(`${users}/CreateUser`, {
    organizationId: here.organizationId,
    human: {
      ...human(`order-${people}@example.com`),
      hashedPassword: { hash },
      ...(kept === 'an app' && { totpSecret: seed }),
    },
  });
  const userId = String(id);
  if (kept !== 'recovery codes') return { userId, recoveryCodes: [] };
  const made = await done(`${users}/GenerateRecoveryCodes`, { userId, count: 1 });
  return { userId, recoveryCodes: made.recoveryCodes as string[] };
}

/** What a call shows: each part right, but for the one that the order has wrong. */
function checksOf({ userId, recoveryCodes }: Person, step: Step, { keeps: kept, wrong }: Order) {
  const isWrong = wrong === 'factor';
  const [right = ''] = recoveryCodes;
  const recoveryCode = { code: isWrong ? '2222-2222-2222-2222' : right };
  const totp = { code: isWrong ? wrongCodeOf(seed) : codeOf(seed) };
  return {
    ...(step.includes('user') && { user: { userId } }),
    ...(step.includes('password') && { password: { password: wrong === 'password' ? 'not it' : password } }),
    ...(step.includes('factor') && (kept === 'recovery codes' ? { recoveryCode } : { totp })),
  };
}

const isIn = async ({ call }: Asking, userId: string, token: unknown): Promise<boolean> =>
  (await call(`${users}/GetUserByID`, { userId }, { token: String(token) })).status === 0;

/** Everything that is not as the model says, of one order over one protocol. */
async function faultsOf(asking: Asking, order: Order): Promise<readonly string[]> {
  const person = await personWith(asking, order.keeps);
  const faults: string[] = [];
  let shown = nothingShown;
  let sessionId: string | null = null;
  let token: string | null = null;
  const expectIn = async (of: string | null, wanted: boolean, what: string) => {
    if (of !== null && (await isIn(asking, person.userId, of)) !== wanted) faults.push(what);
  };
  for (const step of order.steps) {
    const checks = checksOf(person, step, order);
    const told: Told = await (sessionId === null
      ? asking.call(`${sessions}/CreateSession`, { checks }, { token: asking.administrator })
      : asking.call(`${sessions}/SetSession`, { sessionId, checks }));
    const next = after(shown, step, order);
    if ((told.status === 0) !== (next !== null)) faults.push(`${step.join(' with ')}: ${told.message}`);
    if (told.status === 0) {
      await expectIn(token, false, 'the token from before lets in');
      sessionId ??= String(told.answer.sessionId);
      token = String(told.answer.sessionToken);
    }
    shown = next ?? shown;
    await expectIn(token, letsIn(shown, order.keeps), `after ${step.join(' with ')}: who is in is wrong`);
  }
  return faults.map((fault) => `${nameOf(order)}: ${fault}`);
}

const inTurns = async <Item, Result>(items: readonly Item[], each: (item: Item) => Promise<Result>) => {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += 16)
    results.push(...(await Promise.all(items.slice(start, start + 16).map(each))));
  return results;
};

/** All of them over gRPC; each other protocol has a share of its own, and all of them together every order again. */
const ordersFor = (index: number) =>
  index === 0 ? orders : orders.filter((_, at) => at % (Object.keys(kinds).length - 1) === index - 1);

describe('every order of what a login can be shown', () => {
  it('is there, and only what shows enough lets somebody in', () => {
    expect(new Set(orders.map(nameOf)).size).toBe(orders.length);
    const ends = orders.map((order) => {
      const shown = order.steps.reduce((now, step) => after(now, step, order) ?? now, nothingShown);
      return letsIn(shown, order.keeps);
    });
    expect(ends.filter((isLetIn) => isLetIn).length).toBeGreaterThan(20);
    expect(ends.filter((isLetIn) => !isLetIn).length).toBeGreaterThan(100);
  });

  it.each(Object.keys(kinds).map((name, index) => [name, index] as const))(
    'lets in nobody over %s whose password or factor was not shown',
    async (_, index) => {
      const asking = askings[index] as Asking;
      const faults = await inTurns(ordersFor(index), (order) => faultsOf(asking, order));
      expect(faults.flat()).toEqual([]);
    },
    60_000,
  );
});

describe('the same code', () => {
  const begun = async (asking: Asking, userId: string) =>
    String(
      (
        await asking.done(`${sessions}/CreateSession`, {
          checks: { user: { userId }, password: { password } },
        })
      ).sessionId,
    );

  it.each(keeps.filter((kept) => kept !== 'nothing'))(
    'of who has %s opens one session, whatever comes at the same moment, over whatever protocol',
    async (kept) => {
      const person = await personWith(askings[0] as Asking, kept);
      const ids = await Promise.all(askings.map((asking) => begun(asking, person.userId)));
      const order: Order = { steps: [['factor']], keeps: kept, wrong: null };
      const checks = checksOf(person, ['factor'], order);
      const set = (asking: Asking, index: number) =>
        asking.call(`${sessions}/SetSession`, { sessionId: String(ids[index]), checks });
      const told = await Promise.all(askings.map(set));
      expect(told.filter(({ status }) => status === 0)).toHaveLength(1);
      const opened = told.findIndex(({ status }) => status === 0);
      const token = told[opened]?.answer.sessionToken;
      expect(await isIn(askings[0] as Asking, person.userId, token)).toBe(true);
      for (const [index, asking] of askings.entries()) {
        const { session } = await asking.done(`${sessions}/GetSession`, { sessionId: String(ids[index]) });
        const factor = kept === 'an app' ? 'totp' : 'recoveryCode';
        const { factors } = session as { readonly factors: Readonly<Record<string, unknown>> };
        expect([index, factor in factors]).toEqual([index, index === opened]);
      }
    },
  );

  it('sent again opens nothing, and under its idempotency key tells no token again', async () => {
    const [asking] = askings as readonly [Asking];
    const { userId, recoveryCodes } = await personWith(asking, 'an app');
    const order: Order = { steps: [['factor']], keeps: 'an app', wrong: null };
    const checks = checksOf({ userId, recoveryCodes }, ['factor'], order);
    const sessionId = await begun(asking, userId);
    const once = { headers: { 'idempotency-key': `again ${userId}` } };
    const first = await asking.done(`${sessions}/SetSession`, { sessionId, checks }, once);
    // A fifth wrong one in a row would have to wait.
    for (const { call } of askings.slice(-4)) {
      const again = await call(`${sessions}/SetSession`, { sessionId, checks }, once);
      expect(again).toMatchObject({ status: 0, answer: { details: first.details } });
      expect(again.answer).not.toHaveProperty('sessionToken');
      const anew = await call(`${sessions}/SetSession`, { sessionId, checks });
      expect([anew.status, anew.message]).toEqual([3, 'Invalid code (EVENT-8isk2)']);
    }
    expect(await isIn(asking, userId, first.sessionToken)).toBe(true);
  });
});
