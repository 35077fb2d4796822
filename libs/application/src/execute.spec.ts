import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ResetAttempts } from '#application/attempts/reset-attempts.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { addPerson, pastOf } from '#application/testing/factors.js';
import { logWith } from '#application/testing/failing.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { realSecrets } from '#application/testing/secrets.js';
import type { UserId } from '#domain/ids.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';

const reason = 'asked for by telephone';
const reset = (house: House, userId: UserId) =>
  house.run(new ResetAttempts({ organizationId, userId, reason, by }));
const contended = { kind: 'rejected', refusal: { code: 'contended' } };

describe('commands on one stream', () => {
  it('take turns, as many as may wait; who comes on top is refused as contended and leaves no trace', async () => {
    const house = await openHouse();
    await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
    const userId = await addPerson(house);
    const outcomes = await Promise.all(Array.from({ length: 300 }, () => reset(house, userId)));
    expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(257);
    expect(outcomes.at(-1)).toEqual(contended);
    expect(await pastOf(house, userId)).toHaveLength(1 + 257);
    expect(await reset(house, userId)).toMatchObject({ kind: 'accepted', details: { sequence: 259 } });
    await house.close();
  });
});

describe('a command whose appends another process forestalls', () => {
  let house: House;
  let hurried: House;
  let userId: UserId;
  /** How many of its appends come too late, from now on. */
  let losing = 0;
  beforeEach(async () => {
    const log = new InMemoryEventLog();
    const secrets = await realSecrets();
    house = await openHouse({ log, secrets, soleWriter: false });
    const forestalled = logWith(log, {
      append: async (stream, events, expected) => {
        losing -= 1;
        await (losing < 0 ? null : reset(house, userId));
        return log.append(stream, events, expected);
      },
    });
    hurried = await openHouse({ log: forestalled, secrets, soleWriter: false });
    await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
    userId = await addPerson(house);
  });
  afterEach(async () => {
    await hurried.close();
    await house.close();
  });

  it('is decided again on what is there then', async () => {
    losing = 4;
    expect(await reset(hurried, userId)).toMatchObject({ kind: 'accepted', details: { sequence: 6 } });
  });

  it('is refused as contended after five, and leaves no trace', async () => {
    losing = 5;
    expect(await reset(hurried, userId)).toEqual(contended);
    expect(await pastOf(house, userId)).toHaveLength(1 + 5);
  });
});
