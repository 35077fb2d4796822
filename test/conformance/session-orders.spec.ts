// No path yields a session that lets somebody in whose factor is missing: every order of what can be shown, over every
// protocol, each held against the model; and the same codes at the same moment, and again.

import type { JsonObject } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashSync } from '@node-rs/argon2';

import { type Asking, askingBy, users } from '#test/conformance/asking.js';
import { kinds } from '#test/conformance/kinds.js';
import type { Protocol, Told } from '#test/conformance/protocol.js';
import {
  after,
  afterShutOut,
  keeps,
  letsEnrol,
  letsIn,
  nameOf,
  nothingShown,
  type Order,
  orders,
  type ShutOut,
  type Step,
} from '#test/conformance/session-orders.js';
import { codeOf, human, openWorld, type Place, type World, wrongCodeOf } from '#test/conformance/world.js';
import { endAll } from '#test/e2e/server-process.js';

const sessions = 'zitadel.session.v2.SessionService';
const settingsService = 'countersign.v1.OrganizationSettingsService';
const password = 'correct horse battery';
const parameters = 'm=64,t=1,p=1';
const hash = hashSync(password, { memoryCost: 64, timeCost: 1, parallelism: 1 });
const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

let world: World;
let here: Place;
let protocols: readonly Protocol[];
let askings: readonly Asking[];
/** In an organization that requires a second factor. */
let strictAskings: readonly Asking[];
let people = 0;

beforeAll(async () => {
  // Hashes that make no test wait.
  const settings = { COUNTERSIGN_PASSWORD_HASH: parameters, COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' };
  world = await openWorld(settings);
  here = await world.place();
  protocols = Object.values(kinds).map((open) => fromAnywhere(open(world)));
  const administrator = world.administratorToken;
  const askingIn = (place: Place) =>
    protocols.map((protocol) => askingBy({ protocol, here: place, foreigner: '', administrator }));
  askings = askingIn(here);
  const strict = await world.place();
  strictAskings = askingIn(strict);
  await (strictAskings[0] as Asking).done(`${settingsService}/ChangeOrganizationSettings`, {
    organizationId: strict.organizationId,
    settings: { secondFactorRequired: true },
  });
});
afterAll(async () => {
  for (const protocol of protocols ?? []) protocol.close();
  await endAll();
});

let calls = 0;

/** Each call from an address of its own: tokens that open nothing are counted against where they come from. */
function fromAnywhere(protocol: Protocol): Protocol {
  const { name, noSuchMethod } = protocol;
  const call: Protocol['call'] = (path, request, brings = {}) => {
    calls += 1;
    const address = `10.${calls >> 16}.${(calls >> 8) & 255}.${calls & 255}`;
    const headers = { ...brings.headers, 'x-forwarded-for': address };
    return protocol.call(path, request, { ...brings, headers });
  };
  return { name, noSuchMethod, call, close: () => protocol.close() };
}

interface Person {
  readonly userId: string;
  readonly recoveryCodes: readonly string[];
}

async function personWith({ done, here: { organizationId } }: Asking, kept: Order['keeps']): Promise<Person> {
  people += 1;
  const { id } = await done(`${users}/CreateUser`, {
    organizationId,
    human: {
      ...human(`order-${people}@example.com`),
      hashedPassword: { hash },
      ...(kept === 'an app' && { totpSecret: seed }),
    },
  });
  const userId = String(id);
  if (kept !== 'recovery codes') return { userId, recoveryCodes: [] };
  // One is left when one was shown: whoever has none has no second factor.
  const made = await done(`${users}/GenerateRecoveryCodes`, { userId, count: 2 });
  return { userId, recoveryCodes: made.recoveryCodes as string[] };
}

/** What a call shows: each part right, but for the one that the order has wrong. */
function checksOf(
  { userId, recoveryCodes }: Person,
  step: Step,
  { keeps: kept, wrong }: Pick<Order, 'keeps' | 'wrong'>,
) {
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

const waysOut = {
  locked: ['LockUser', 'UnlockUser'],
  deactivated: ['DeactivateUser', 'ReactivateUser'],
} as const satisfies Record<ShutOut, readonly [string, string]>;

/** Unauthenticated, or without the right; whatever else is told says nothing of it. */
const closed = [16, 7];

async function isDone(told: Promise<Told>): Promise<boolean> {
  const { status, message } = await told;
  if (status !== 0 && !closed.includes(status)) throw new Error(`${status} ${message}`);
  return status === 0;
}

const isIn = ({ call }: Asking, userId: string, token: unknown) =>
  isDone(call(`${users}/GetUserByID`, { userId }, { token: String(token) }));

const mayEnrol = ({ call }: Asking, userId: string, token: string) =>
  isDone(call(`${users}/RegisterTOTP`, { userId }, { token }));

/** One order over one protocol, held against the model after each call. */
class Login {
  readonly faults: string[] = [];
  readonly #asking: Asking;
  readonly #person: Person;
  readonly #order: Order;
  #shown = nothingShown;
  #sessionId: string | null = null;
  #token: string | null = null;

  constructor(asking: Asking, person: Person, order: Order) {
    this.#asking = asking;
    this.#person = person;
    this.#order = order;
  }

  async show(step: Step): Promise<void> {
    const told = await this.#call(checksOf(this.#person, step, this.#order));
    const next = after(this.#shown, step, this.#order);
    if ((told.status === 0) !== (next !== null)) this.faults.push(`${step.join(' with ')}: ${told.message}`);
    if (told.status === 0) {
      await this.#expectIn(false, 'the token from before lets in');
      this.#sessionId ??= String(told.answer.sessionId);
      this.#token = String(told.answer.sessionToken);
    }
    this.#shown = next ?? this.#shown;
    await this.#expectAsModelled(`after ${step.join(' with ')}`);
  }

  async shutOut(how: ShutOut): Promise<void> {
    const { userId } = this.#person;
    const [out, backIn] = waysOut[how];
    await this.#asking.done(`${users}/${out}`, { userId });
    await this.#expectIn(false, `who is ${how} is in`);
    await this.#asking.done(`${users}/${backIn}`, { userId });
    this.#shown = afterShutOut(this.#shown);
    await this.#expectAsModelled(`once ${how}`);
  }

  #call(checks: JsonObject): Promise<Told> {
    const { call, administrator } = this.#asking;
    const sessionId = this.#sessionId;
    return sessionId === null
      ? call(`${sessions}/CreateSession`, { checks }, { token: administrator })
      : call(`${sessions}/SetSession`, { sessionId, checks });
  }

  async #expectAsModelled(when: string): Promise<void> {
    const isLetIn = letsIn(this.#shown, this.#order);
    await this.#expectIn(isLetIn, `${when}: who is in is wrong`);
    if (this.#token === null || isLetIn || !this.#order.isRequired) return;
    const enrols = await mayEnrol(this.#asking, this.#person.userId, this.#token);
    if (enrols !== letsEnrol(this.#shown, this.#order)) this.faults.push(`${when}: who may enrol is wrong`);
  }

  async #expectIn(wanted: boolean, what: string): Promise<void> {
    if (this.#token === null) return;
    if ((await isIn(this.#asking, this.#person.userId, this.#token)) !== wanted) this.faults.push(what);
  }
}

/** Everything that is not as the model says. */
async function faultsOf(asking: Asking, order: Order): Promise<readonly string[]> {
  const login = new Login(asking, await personWith(asking, order.keeps), order);
  for (const [index, step] of order.steps.entries()) {
    await login.show(step);
    if (order.shutOut?.afterCalls === index + 1) await login.shutOut(order.shutOut.how);
  }
  return login.faults.map((fault) => `${nameOf(order)}: ${fault}`);
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
      return letsIn(shown, order);
    });
    expect(ends.filter((isLetIn) => isLetIn).length).toBeGreaterThan(20);
    expect(ends.filter((isLetIn) => !isLetIn).length).toBeGreaterThan(100);
  });

  it.each(Object.keys(kinds).map((name, index) => [name, index] as const))(
    'lets in nobody over %s whose password or factor was not shown',
    async (_, index) => {
      const [asking, strict] = [askings[index], strictAskings[index]] as [Asking, Asking];
      const faults = await inTurns(ordersFor(index), (order) =>
        faultsOf(order.isRequired ? strict : asking, order),
      );
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
      const checks = checksOf(person, ['factor'], { keeps: kept, wrong: null });
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
    const checks = checksOf({ userId, recoveryCodes }, ['factor'], { keeps: 'an app', wrong: null });
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
