// Erased is erased, in the whole system: after EraseUser, and after a kill in the middle of it, no file holds a
// word of the person or a key to one, and everything else goes on.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { accountKind, instanceKind, loginNameKind, organizationKind } from '#application/kinds.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { EraseUser } from '#application/user/erase-user.js';
import { finishErasures, noErasures } from '#application/user/finish-erasures.js';
import { logStart, type RecordedEvent } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { type Engines, filesOf, openEngines, openHouseOn } from '#test/faults/embedded-house.js';
import { Planted } from '#test/faults/every-command.js';
import { LeakSearch } from '#test/faults/leak-search.js';
import {
  addOrganization,
  addSomebody,
  learnKeys,
  newNames,
  type Somebody,
  verifying,
} from '#test/faults/somebody.js';

const root = join(import.meta.dirname, '..', '..');
const keyLine = newMasterKeyLine('m1').trim();
const keysBy = parseMasterKeys(keyLine);

let scratch: string;
let engines: Engines;
let house: House;
let planted: Planted;
let ada: Somebody;
let bob: Somebody;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'countersign-erased-'));
  await open();
  planted = new Planted();
  await addOrganization(house);
  ada = await addSomebody(house, planted, newNames(planted));
  bob = await addSomebody(house, new Planted(), newNames(new Planted()));
  await learnKeys(house, engines.store, { planted, stream: ada.stream });
});
afterEach(async () => {
  await close();
  rmSync(scratch, { recursive: true });
});

async function open(): Promise<void> {
  engines = await openEngines(scratch);
  house = await openHouseOn(engines, { keysBy, soleWriter: true });
}

async function close(): Promise<void> {
  await house.close();
  await engines.close();
}

const erase = ({ userId }: Somebody) => new EraseUser({ organizationId, userId, by });

/** What stands of her in which file. */
function traces(): string[] {
  const search = new LeakSearch(planted.canaries);
  return filesOf(scratch).flatMap(({ name, bytes }) => search.in(bytes).map((found) => `${name}: ${found}`));
}

function node(...args: readonly string[]) {
  const options = { cwd: root, encoding: 'utf8', timeout: 20_000 } as const;
  return spawnSync(process.execPath, ['--conditions=development', '--no-warnings', ...args], options);
}

async function eraseIn(killed: 'before the key' | 'after the key'): Promise<void> {
  await close();
  const compiling = ['--import', './test/campaigns/compile-hook.js', 'test/faults/erasing-process.ts'];
  const { signal, stderr } = node(...compiling, scratch, keyLine, ada.userId, killed);
  expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
}

async function everyEvent(): Promise<readonly RecordedEvent[]> {
  return engines.log.readAll({ direction: 'forward', after: logStart, limit: eventsPerReadMax });
}

/** The state of each stream, folded from its events and from nothing else. */
async function replay(): Promise<Map<string, { readonly status: string }>> {
  const states = new Map<string, { readonly status: string }>();
  for (const [stream, events] of Map.groupBy(await everyEvent(), (event) => event.stream))
    states.set(stream, foldOf(stream, events));
  return states;
}

function foldOf(stream: string, events: readonly RecordedEvent[]): { readonly status: string } {
  const fold = <State, Event>(kind: {
    readonly initial: State;
    decode(event: RecordedEvent): Event;
    evolve(state: State, event: Event, at: number): State;
  }) =>
    events.reduce(
      (state, event) => kind.evolve(state, kind.decode(event), Date.parse(event.metadata.time)),
      kind.initial,
    );
  if (stream.startsWith('user-')) return fold(accountKind).user;
  if (stream.startsWith('login-')) return fold(loginNameKind);
  return stream === 'instance' ? fold(instanceKind) : fold(organizationKind);
}

async function expectAllElseGoesOn(): Promise<void> {
  const states = await replay();
  expect(states.get(ada.stream)).toEqual({ status: 'erased', organizationId });
  expect(states.get(bob.stream)).toMatchObject({ status: 'active' });
  house.clock.now += 60_000;
  expect(await house.run(verifying(house, ada))).toEqual({
    kind: 'rejected',
    refusal: { code: 'user-not-found' },
  });
  expect(await house.run(verifying(house, bob))).toMatchObject({ kind: 'accepted' });
  const another = new Planted();
  const again = await addSomebody(house, another, ada);
  await learnKeys(house, engines.store, { planted: another, stream: again.stream });
  expect(again.stream).not.toBe(ada.stream);
  expect((await replay()).get(ada.stream)).toEqual({ status: 'erased', organizationId });
  await close();
  const { stdout, status } = node('dist/apps/cli/src/main.js', 'events', 'verify', '--data-dir', scratch);
  expect({ stdout, status }).toEqual({ stdout: expect.stringMatching(/^whole: \d+ events/), status: 0 });
  await open();
}

const keyNames = ['data key', 'nonce of the wrapped key', 'wrapped key'];

describe('of somebody who was erased', () => {
  it('the wrapped key is there before, and nothing else ever is', async () => {
    expect(
      traces().filter((trace) => !/^keys.db(-wal)?: (nonce of the )?wrapped key, raw$/.test(trace)),
    ).toEqual([]);
    expect(traces().length).toBeGreaterThan(1);
    expect(planted.canaries.map(({ name }) => name)).toEqual(expect.arrayContaining(keyNames));
  });

  it('nothing stands in any file, at once and when all is closed, and everything else goes on', async () => {
    await answerOf(house, erase(ada));
    expect(traces()).toEqual([]);
    expect(await house.parts.secrets.keys.get(ada.stream)).toBeNull();
    const names = [...(await replay())].filter(([stream]) => stream.startsWith('login-'));
    // Each of them has a username and a verified address.
    expect(names.map(([, { status }]) => status).toSorted()).toEqual([
      'confirmed',
      'confirmed',
      'free',
      'free',
    ]);
    await close();
    expect(traces()).toEqual([]);
    await open();
    await expectAllElseGoesOn();
    expect(traces()).toEqual([]);
  });

  it('a key is left by a kill before it is erased, until the erasure is finished', async () => {
    await eraseIn('before the key');
    expect(traces().length).toBeGreaterThan(1);
    await open();
    expect((await everyEvent()).filter(({ type }) => type === 'user.erased')).toHaveLength(1);
    expect(await house.parts.secrets.keys.get(ada.stream)).not.toBeNull();
    await finishErasures(house.application, noErasures);
    expect(traces()).toEqual([]);
    await expectAllElseGoesOn();
    expect(traces()).toEqual([]);
  });

  it('nothing is left by a kill after its key is erased', async () => {
    await eraseIn('after the key');
    expect(traces()).toEqual([]);
    await open();
    await finishErasures(house.application, noErasures);
    await expectAllElseGoesOn();
    expect(traces()).toEqual([]);
  });

  it('a house that had the key at hand, and one that has yet to ask for it, open nothing any more', async () => {
    const [warm, cold] = [await openHouseOn(engines, { keysBy }), await openHouseOn(engines, { keysBy })];
    await warm.run(verifying(warm, ada));
    await answerOf(house, erase(ada));
    const refusal = { kind: 'rejected', refusal: { code: 'user-not-found' } };
    for (const one of [house, warm, cold]) expect(await one.run(verifying(one, ada))).toEqual(refusal);
    await Promise.all([warm.close(), cold.close()]);
  });
});
