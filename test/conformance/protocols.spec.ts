// One table of behaviours through every protocol, and the three content types that ZITADEL's reference names beside
// each other.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Asking, askingBy, users } from '#test/conformance/asking.js';
import { kinds } from '#test/conformance/kinds.js';
import type { Protocol } from '#test/conformance/protocol.js';
import { type Row, rows } from '#test/conformance/rows.js';
import { openWorld, type Place, type World } from '#test/conformance/world.js';
import { endAll } from '#test/e2e/server-process.js';

let world: World;
let foreigner: string;

beforeAll(async () => {
  world = await openWorld();
  foreigner = (await world.place()).ownerId;
});
afterAll(endAll);

const askingOf = (protocol: Protocol, here: Place): Asking =>
  askingBy({ protocol, here, foreigner, administrator: world.administratorToken });

function declare({ title, gaps = {}, keeps }: Row, name: string, asking: () => Asking): void {
  const reason = gaps[name];
  if (reason !== undefined) it.skip(`${title} [gap: ${reason}]`, () => undefined);
  else it(title, () => keeps(asking()));
}

describe.each(Object.entries(kinds))('over %s', (name, open) => {
  let protocol: Protocol;
  let asking: Asking;

  beforeAll(async () => {
    protocol = open(world);
    asking = askingOf(protocol, await world.place());
  });
  afterAll(() => protocol.close());

  for (const row of rows) declare(row, name, () => asking);
});

describe('every gap', () => {
  it('is of a protocol that there is', () => {
    const named = rows.flatMap(({ gaps = {} }) => Object.keys(gaps));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(name in kinds))).toEqual([]);
  });
});

describe('application/json, application/grpc and application/grpc-web+proto', () => {
  /** What is another one each time. */
  const masked = (answer: object): unknown =>
    JSON.parse(
      JSON.stringify(answer)
        .replaceAll(/[A-Z2-7]{32,}/g, 'SECRET')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
        .replaceAll(/"sequence":"\d+"/g, '"sequence":"N"'),
    );

  it('answer alike, down to each field and detail', async () => {
    const here = await world.place();
    const open = ['REST', 'gRPC', 'gRPC-Web, binary'].map((name) => kinds[name]?.(world) as Protocol);
    const askings = open.map((protocol) => askingOf(protocol, here));
    const userId = await (askings[0] as Asking).newUser();
    const questions = [
      ['RegisterTOTP', { userId }],
      ['RegisterTOTP', { userId: foreigner }],
      ['VerifyTOTPRegistration', { userId, code: 'none' }],
      ['VerifyTOTPRegistration', { userId, code: '' }],
      ['GetUserByID', { userId }],
      ['CreateUser', { human: {} }],
    ] as const;
    for (const [name, request] of questions) {
      const told: unknown[] = [];
      for (const { call } of askings) {
        const { headers: _, ...others } = await call(`${users}/${name}`, request);
        told.push(masked(others));
      }
      expect(told[1]).toEqual(told[0]);
      expect(told[2]).toEqual(told[0]);
    }
    for (const protocol of open) protocol.close();
  });
});
