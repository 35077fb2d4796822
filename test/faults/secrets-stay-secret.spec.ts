// Every command is run, right and wrong, with a log and keys that work and that fail; then all that was told of
// what went wrong, all events and all files are searched for whatever somebody said or was given.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Command } from '@nestjs/cqrs';

import { checkAccessToken } from '#application/access-token/check-token.js';
import type { Outcome } from '#application/caller.js';
import { handlers } from '#application/handlers.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import type { Secrets } from '#application/parts.js';
import { Sealer } from '#application/sealer.js';
import { answerOf } from '#application/testing/attempt.js';
import { Blown, failingStore } from '#application/testing/failing.js';
import { by, type House } from '#application/testing/house.js';
import { bob, human, otherId } from '#application/testing/people.js';
import { RequestEmailCode } from '#application/user/request-email-code.js';
import { encodeEvent } from '#event-catalog/catalogue.js';
import { EventLogError, outcomeUnknown, unavailable } from '#event-log/errors.js';
import { type EventLog, logStart } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { logWith } from '#event-log/log-with.js';
import { DataKeys, namesSubject } from '#secrets/data-keys.js';
import { HashLane, HashLaneFull } from '#secrets/hash-lane.js';
import { newId } from '#secrets/ids.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { Passwords } from '#secrets/passwords.js';
import { readSigningKey, newSigningKeyPair as reallyNewSigningKeyPair } from '#secrets/signing-keys.js';
import { type Engines, filesOf, openEngines, openHouseOn } from '#test/faults/embedded-house.js';
import { everyCommand, Planted } from '#test/faults/every-command.js';
import { LeakSearch } from '#test/faults/leak-search.js';
import { Witness } from '#test/faults/witness.js';

type Told = Outcome<Readonly<Record<string, unknown>> | null, { readonly code: string }>;

const planted = new Planted();
const witness = new Witness();
const answers: unknown[] = [];
const seen = { accepted: new Set<string>(), rejected: new Set<string>(), failed: new Set<string>() };
const invalid: string[] = [];
let scratch: string;
let engines: Engines;
let keysBy: MasterKeys;
let house: House;
let failing: readonly House[];
let events: Buffer[];
let openFiles: ReturnType<typeof filesOf>;
let search: LeakSearch;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'countersign-canaries-'));
  engines = await openEngines(scratch, witness.hear);
  const line = planted.learn('line of a master key', newMasterKeyLine('m1').trim());
  planted.learn('master key in base64', line.slice(3));
  planted.learn('master key', Buffer.from(line.slice(3), 'base64'));
  keysBy = parseMasterKeys(line);
  const clockAt = { now: Date.UTC(2030, 0, 1) };
  house = await openHouseOn(engines, { keysBy, clockAt, secrets: listeningKeys(), onTrouble: witness.hear });
  failing = await housesThatFail(clockAt);
  await play(clockAt);
  await passwords();
  await longHistory();
  events = await allEvents();
  openFiles = filesOf(scratch);
  await engines.close();
  for (const command of commandsRun) await fail(house, command);
  search = new LeakSearch(planted.canaries);
}, 120_000);
afterAll(async () => {
  await Promise.all([house, ...(failing ?? [])].map((one) => one.close()));
  await engines.close();
  rmSync(scratch, { recursive: true });
});

/** Data keys and signing keys are canaries too: each is learnt when it is made. */
function listeningKeys(): Partial<Secrets> {
  const keys = new DataKeys({ store: engines.store, masterKeys: keysBy });
  const create = async (subject: string) => {
    const key = await keys.create(subject);
    planted.learn('data key', key.key.export());
    return key;
  };
  const newSigningKeyPair = async () => {
    const made = await reallyNewSigningKeyPair();
    planted.learn('signing key', made.privateKey);
    const { d = '' } = readSigningKey(Buffer.from(made.privateKey)).export({ format: 'jwk' });
    planted.learn('signing key (private part)', Buffer.from(d, 'base64url'));
    return made;
  };
  const get = (subject: string) => keys.get(subject);
  return { keys: { create, get, erase: (subject) => keys.erase(subject) }, newSigningKeyPair };
}

/** On the same engines; each fails in its own way, and changes nothing. */
async function housesThatFail(clockAt: { now: number }): Promise<readonly House[]> {
  const { log, store } = engines;
  const open = (given: { readonly log?: EventLog; readonly secrets?: Partial<Secrets> }) =>
    openHouseOn(engines, { keysBy, clockAt, onTrouble: witness.hear, ...given });
  const failingLog = (method: 'append' | 'readStream', error: Error) =>
    open({ log: logWith(log, { [method]: () => Promise.reject(error) }) });
  /** Only claims of names are appended, which come before the first key. */
  const claimsOnly = logWith(log, {
    append: (stream, toAppend, expected) =>
      stream.startsWith('login-') ? log.append(stream, toAppend, expected) : Promise.reject(new Blown()),
  });
  const keysOf = (keys: DataKeys) => open({ log: claimsOnly, secrets: { keys } });
  const full = () => Promise.reject(new HashLaneFull(1_000));
  const others = parseMasterKeys(newMasterKeyLine('m1'));
  return Promise.all([
    failingLog('append', new Blown()),
    failingLog('readStream', unavailable('its thread ended', new Blown())),
    failingLog('append', unavailable('there is no space left for it')),
    failingLog('append', new EventLogError({ code: 'too-large', limit: 'events', maximum: 1, actual: 2 })),
    keysOf(new DataKeys({ store: failingStore(store, { left: 1, when: 'after' }), masterKeys: keysBy })),
    keysOf(new DataKeys({ store: { ...brokenStore(), close: store.close }, masterKeys: keysBy })),
    // Its key has the id of the one that wraps, and is another: what is stored does not open.
    keysOf(new DataKeys({ store, masterKeys: others })),
    open({
      log: logWith(log, { append: () => Promise.reject(new Blown()) }),
      secrets: { recoveryHashes: { hash: full, verify: full, verifyDummy: full } },
    }),
  ]);
}

function brokenStore() {
  const { store } = engines;
  const broken = () => Promise.reject(outcomeUnknown('the key store is away', new Blown()));
  return {
    add: broken,
    get: broken,
    erase: broken,
    rewrap: broken,
    notWrappedBy: broken,
    countByMasterKey: () => store.countByMasterKey(),
  };
}

const commandsRun: Command<unknown>[] = [];

async function play(clock: { now: number }): Promise<void> {
  const script = everyCommand({ planted, clock });
  for (let step = script.next(); step.done !== true; ) {
    const command = step.value;
    commandsRun.push(command);
    for (const one of failing) await fail(one, command);
    await refuseInvalid(command);
    const outcome = (await house.run(command)) as Told;
    seen[outcome.kind].add(command.constructor.name);
    await note(outcome);
    step = script.next(outcome);
  }
}

async function note(outcome: Told): Promise<void> {
  if (outcome.kind === 'rejected') return witness.hear(outcome);
  answers.push(outcome.answer);
  if (typeof outcome.answer?.proof === 'string') planted.learn('proof', outcome.answer.proof);
  const token = outcome.answer?.token;
  if (typeof token !== 'string') return;
  for (const one of [house, ...failing]) {
    for (const text of [token, `${token.slice(0, -1)}x`])
      await checkAccessToken(one.application, text).catch(witness.hear);
  }
}

async function fail(one: House, command: Command<unknown>): Promise<void> {
  try {
    const outcome = (await one.run(command)) as Told;
    if (outcome.kind === 'rejected') witness.hear(outcome);
  } catch (error) {
    seen.failed.add(command.constructor.name);
    witness.hear(error);
  }
}

/** What no caller brings. */
const given = ['by', 'admit'];

/** Each field in turn holds what breaks its rules, and is not to be repeated. */
async function refuseInvalid(command: Command<unknown>): Promise<void> {
  const fields = Object.keys(command).filter((name) => !given.includes(name));
  for (const name of fields) {
    const wrong = Object.assign(Object.create(Object.getPrototypeOf(command)), command, {
      [name]: `${planted.text('text in a wrong place')}\u0007`,
    });
    const outcome = (await house.run(wrong)) as Told;
    invalid.push(outcome.kind === 'rejected' ? outcome.refusal.code : `${command.constructor.name}.${name}`);
    witness.hear(outcome);
  }
}

async function passwords(): Promise<void> {
  const kept = new Passwords({ lane: new HashLane({ concurrent: 1, waitingMax: 0 }) });
  const password = planted.text('password');
  const stored = await kept.hash(password);
  witness.hear(stored);
  witness.hear(await kept.verify(stored, planted.text('wrong password')));
  const verifying = kept.verify(stored, password);
  await kept.verify(stored, password).catch(witness.hear);
  await verifying;
  await kept.verify(password, password).catch(witness.hear);
}

/** Long enough for a snapshot, which a house makes that meets it cold. */
async function longHistory(): Promise<void> {
  const them = { organizationId: otherId, userId: bob, by };
  await answerOf(house, new AddOrganization({ organizationId: otherId, name: 'Umbrella', by }));
  const { username, email, profile } = {
    username: planted.text('b'.repeat(8)),
    email: planted.email('email'),
    profile: planted.profile(),
  };
  await answerOf(
    house,
    human(bob, username, { organizationId: otherId, email, profile, totpSecret: planted.seed() }),
  );
  const stream = house.application.userStream(bob);
  const sealer = new Sealer(
    house.parts.secrets,
    (await house.parts.secrets.keys.get(stream)) as never,
    otherId,
  );
  const metadata = { time: new Date(house.clock.now).toISOString() };
  const changes = Array.from({ length: 600 }, () => ({
    id: newId(),
    ...encodeEvent({ type: 'user.human.phone.changed', phone: sealer.seal('phone', planted.phone()) }),
    metadata,
  }));
  await engines.log.append(stream, changes, 'exists');
  const cold = await openHouseOn(engines, { keysBy, clockAt: house.clock });
  const { emailCode } = await answerOf(cold, new RequestEmailCode(them));
  planted.learn('email code', emailCode);
  await cold.close();
  while (!filesOf(scratch).some(({ name }) => /^snapshots.[0-9a-f]{64}$/.test(name))) await delay(5);
  const names = await new DataKeys({ store: engines.store, masterKeys: keysBy }).get(namesSubject);
  planted.learn('key of names', (names as NonNullable<typeof names>).key.export());
}

async function allEvents(): Promise<Buffer[]> {
  const page = await engines.log.readAll({ direction: 'forward', after: logStart, limit: eventsPerReadMax });
  return page.map((event) => Buffer.from(JSON.stringify(event)));
}

const leaksIn = (files: ReturnType<typeof filesOf>) =>
  files.flatMap(({ name, bytes }) => search.in(bytes).map((found) => `${name}: ${found}`));

describe('before anything is searched', () => {
  it('every command was accepted, was refused, and failed with its log or its keys', () => {
    const commands = handlers.map(({ name }) => name.replace(/Handler$/, '')).toSorted();
    for (const names of Object.values(seen)) expect([...names].toSorted()).toEqual(commands);
  });

  it('every field that broke its rules was refused for that', () => {
    expect(new Set(invalid)).toEqual(new Set(['invalid-input']));
    expect(invalid.length).toBeGreaterThan(200);
  });

  it('what is told once, and to whom it belongs, is found there', () => {
    const found = new Set(search.in(Buffer.from(JSON.stringify(answers))));
    for (const name of [
      'seed',
      'seed in base32',
      'URI',
      'recovery code',
      'access token',
      'email code',
      'proof',
    ])
      expect(found).toContain(`${name}, ${name === 'URI' ? 'JSON-escaped' : 'raw'}`);
  });

  it('there are events, failures, files and canaries of every kind', () => {
    expect(events.length).toBeGreaterThan(600);
    expect(witness.things).toBeGreaterThan(700);
    const names = openFiles.map(({ name }) => name.replace(/[0-9a-f]{64}/, 'x'));
    for (const name of ['events.db', 'events.db-wal', 'keys.db', 'keys.db-wal', join('snapshots', 'x')])
      expect(names).toContain(name);
    expect(openFiles.filter(({ name }) => /events.db-wal/.test(name))[0]?.bytes.length).toBeGreaterThan(0);
    const kinds = new Set(planted.canaries.map(({ name }) => name));
    for (const name of ['TOTP code', 'data key', 'key of names', 'signing key', 'signing key (private part)'])
      expect(kinds).toContain(name);
    for (const name of ['password', 'purpose', 'reason', 'phone', 'proof']) expect(kinds).toContain(name);
  });
});

describe('nothing that somebody said or was given', () => {
  it('is in an event', () => {
    expect(events.flatMap((event) => search.in(event))).toEqual([]);
  });

  it('is in a refusal, an error, its cause, or a line of a log', () => {
    expect(witness.told().flatMap((text) => search.in(text))).toEqual([]);
  });

  it('is in a file while it is used: databases, their WAL, snapshots', () => {
    expect(leaksIn(openFiles)).toEqual([]);
  });

  it('is in a file when all is closed', () => {
    expect(leaksIn(filesOf(scratch))).toEqual([]);
  });
});
