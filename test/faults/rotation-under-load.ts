// A master key is replaced while codes are verified by a house that has to ask the store for each key, and the
// process that replaces it is killed now and then. Every code is right, so every one that is refused is a failure.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { AddOrganization } from '#application/organization/add-organization.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { UserId } from '#domain/ids.js';
import { base32Encode } from '#secrets/base32.js';
import { DataKeys } from '#secrets/data-keys.js';
import { newId } from '#secrets/ids.js';
import type { KeyStore } from '#secrets/key-store.js';
import { type MasterKeys, parseMasterKeys } from '#secrets/master-keys.js';
import { rotateMasterKey } from '#secrets/rotate.js';
import { newTotpSecret } from '#secrets/totp.js';
import { type Engines, openHouseOn } from '#test/faults/embedded-house.js';
import { verifying } from '#test/faults/somebody.js';

export interface Guarded {
  readonly userId: UserId;
  readonly seed: string;
}

export interface Population {
  readonly people: readonly Guarded[];
  /** Of all keys but that of names, by subject, which key it is. */
  readonly keyIds: ReadonlyMap<string, string>;
}

const addedAtOnce = 256;

/** So many people with a device, and as many further keys as make up `keys`: what they protect does not matter. */
export async function populate(
  engines: Engines,
  keysBy: MasterKeys,
  { people, keys }: { readonly people: number; readonly keys: number },
): Promise<Population> {
  const house = await openHouseOn(engines, { keysBy, soleWriter: true });
  await answerOf(house, new AddOrganization({ organizationId, name: 'Acme', by }));
  const added = await inPortions(people, () => addGuarded(house));
  const further = await inPortions(keys - people, async () => `user-${newId()}`);
  const dataKeys = house.parts.secrets.keys;
  const subjects = [...added.map(({ userId }) => house.application.userStream(userId)), ...further];
  const keyIds = new Map<string, string>();
  await inPortions(subjects.length, async (index) => {
    const { id, subject } = await dataKeys.create(subjects[index] as string);
    keyIds.set(subject, id);
  });
  await house.close();
  return { people: added, keyIds };
}

async function addGuarded(house: House): Promise<Guarded> {
  const userId = newId() as UserId;
  const seed = base32Encode(newTotpSecret());
  const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'L' });
  const email = `${userId}@example.com`;
  await answerOf(house, new AddHumanUser({ organizationId, userId, email, profile, totpSecret: seed, by }));
  return { userId, seed };
}

async function inPortions<Item>(count: number, make: (index: number) => Promise<Item>): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < count) {
    const many = Math.min(addedAtOnce, count - items.length);
    const before = items.length;
    items.push(...(await Promise.all(Array.from({ length: many }, (_, index) => make(before + index)))));
  }
  return items;
}

export interface Verified {
  right: number;
  /** What was told instead. */
  readonly wrong: string[];
}

/** Verifies codes of all people in turn, a step later each time, until `isOver` says so, and each once at least. */
export async function verifyAllTheTime(
  engines: Engines,
  { people, keysBy, isOver }: Pick<Population, 'people'> & { keysBy: MasterKeys; isOver: () => boolean },
): Promise<Verified> {
  const verified: Verified = { right: 0, wrong: [] };
  // So few keys at hand that nearly each code needs the store.
  const keys = new DataKeys({ store: engines.store, masterKeys: keysBy, entriesMax: 2 });
  const house = await openHouseOn(engines, { keysBy, secrets: { keys }, clockAt: nextClock() });
  do {
    house.clock.now += 30_000;
    await inPortions(people.length, async (index) => {
      const told = await house.run(verifying(house, people[index] as Guarded)).catch(String);
      if (typeof told !== 'string' && told.kind === 'accepted') verified.right += 1;
      else verified.wrong.push(typeof told === 'string' ? told : JSON.stringify(told));
    });
  } while (!isOver());
  await house.close();
  clock = house.clock.now;
  return verified;
}

let clock = Date.UTC(2030, 0, 1);
/** Where the last one ended: no step is used twice. */
const nextClock = () => ({ now: clock });

export interface Rotated {
  readonly rewrapped: number;
  readonly verified: Verified;
}

export async function rotateUnderLoad(
  engines: Engines,
  { people, keysBy }: { readonly people: Population['people']; readonly keysBy: MasterKeys },
): Promise<Rotated> {
  let over = false;
  const before = { ...keysBy, sealing: [...keysBy.byId.values()].at(-1) ?? keysBy.sealing };
  const verifying = verifyAllTheTime(engines, { people, keysBy: before, isOver: () => over });
  const rotating = rotateMasterKey({ store: engines.store, masterKeys: keysBy, pageSize: 50 }).finally(() => {
    over = true;
  });
  const [{ rewrapped }, verified] = await Promise.all([rotating, verifying]);
  return { rewrapped, verified };
}

/** Those whose key does not open, or is another than it was. */
export async function lostKeys(
  store: KeyStore,
  keyIds: Population['keyIds'],
  keysBy: MasterKeys,
): Promise<string[]> {
  const keys = new DataKeys({ store, masterKeys: keysBy, entriesMax: 2 });
  const subjects = [...keyIds.keys()];
  const found = await inPortions(subjects.length, async (index) => {
    const subject = subjects[index] as string;
    const key = await Promise.resolve(keys.get(subject)).catch(() => null);
    return key?.id === keyIds.get(subject) ? null : subject;
  });
  return found.filter((subject) => subject !== null);
}

/** Another process begins to replace the master key, and is killed after so many keys, before or after a write. */
export async function rotateAndBeKilled(
  directory: string,
  scratch: string,
  {
    file,
    rewraps,
    when,
  }: { readonly file: string; readonly rewraps: number; readonly when: 'before' | 'after' },
): Promise<void> {
  const keyFile = join(scratch, 'master-keys');
  writeFileSync(keyFile, file, { mode: 0o600 });
  const script = join(import.meta.dirname, 'rotating-process.ts');
  const args = [
    '--conditions=development',
    '--no-warnings',
    script,
    directory,
    keyFile,
    String(rewraps),
    when,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself, with ${code}`);
}

export function masterKeysOf(...lines: readonly string[]): { file: string; keysBy: MasterKeys } {
  const file = lines.join('');
  return { file, keysBy: parseMasterKeys(file) };
}
