// That a long history costs no more than a short one is a figure of `npm run bench`; this is why it is so: what has
// to be read does not grow with it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
import type { SnapshotStore } from '#application/snapshots.js';
import { addDevice, addPerson, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { type HeldLog, heldLog } from '#application/testing/held-log.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import type { UserId } from '#domain/ids.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { FileSnapshots } from '#snapshot-files/file-snapshots.js';
import { grow } from '#test/bench/long-stream.js';

const long = 20_000;
const betweenSnapshots = 256;

let directory: string;
let house: House;
let held: HeldLog;
let puts: Promise<void>[];
let userId: UserId;
let device: Device;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-long-'));
  puts = [];
  held = heldLog(new InMemoryEventLog());
  const files = await FileSnapshots.open(directory);
  const snapshots: SnapshotStore = {
    get: (stream) => files.get(stream),
    put: (stream, snapshot) => {
      const put = files.put(stream, snapshot);
      puts.push(put);
      return put;
    },
  };
  house = await openHouse({ log: held, snapshots });
  await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
  userId = await addPerson(house);
  device = await addDevice(house, userId);
});
afterEach(async () => {
  await house.close();
  await Promise.all(puts);
  rmSync(directory, { recursive: true });
});

const growTo = (from: number, to: number) => {
  const owner = { stream: house.application.userStream(userId), totpId: device.totpId, organizationId };
  return grow(held, owner, { from, to, until: house.clock.now });
};
const right = () => new VerifyTotp({ organizationId, userId, code: codeOf(house, device), by });

it('a process that was just started reads of a user with 20,000 events what came after the last snapshot', async () => {
  await growTo(2, long);
  const first = await house.another();
  expect(await first.run(right())).toMatchObject({ kind: 'accepted', details: { sequence: long + 1 } });
  await first.close();
  await Promise.all(puts);
  await growTo(long + 1, long + betweenSnapshots);
  house.clock.now += 30_000;
  const next = await house.another();
  await next.application.surroundings.of(organizationId);
  held.eventsRead = 0;
  expect(await next.run(right())).toMatchObject({ details: { sequence: long + betweenSnapshots + 1 } });
  expect(held.eventsRead).toBeLessThanOrEqual(1 + betweenSnapshots);
  await next.close();
});

it('what is decided from a snapshot is what is decided from the whole history', async () => {
  await growTo(2, 2_000);
  const first = await house.another();
  await first.run(right());
  await first.close();
  await Promise.all(puts);
  const withSnapshot = await house.another();
  const without = await openHouse({ ...house.parts, snapshots: null, clockAt: house.clock });
  const { application } = withSnapshot;
  const stream = application.userStream(userId);
  held.eventsRead = 0;
  const loaded = await application.accounts.streams.get(stream);
  // The event that the snapshot was made at, and the one after it.
  expect(held.eventsRead).toBe(2);
  expect(loaded).toStrictEqual(await without.application.accounts.streams.get(stream));
  const refused = { kind: 'rejected', refusal: { code: 'code-already-used' } };
  expect(await withSnapshot.run(right())).toMatchObject(refused);
  const wrong = new VerifyTotp({ organizationId, userId, code: wrongCodeOf(house, device), by });
  expect(await withSnapshot.run(wrong)).toMatchObject({ refusal: { code: 'wrong-code' } });
  await without.close();
  await withSnapshot.close();
});
