import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { DeliveryHook } from '#delivery-hook/delivery-hook.js';
import { ProgressInPostgres } from '#delivery-hook/progress-in-postgres.js';
import { ClaimLost } from '#delivery-hook/progress-store.js';
import { HookHouse, until } from '#delivery-hook/testing/hook-house.js';
import { PostgresLease } from '#read-models/stores/postgres/lease.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

describeOnPostgres('the progress in PostgreSQL', (server) => {
  let url: string;
  let stores: ProgressInPostgres[];
  beforeEach(async () => {
    url = await server().createDatabase();
    stores = [];
  });
  afterEach(() => Promise.all(stores.map((store) => store.close().catch(() => undefined))));

  const onTrouble = () => undefined;
  function newStore(): ProgressInPostgres {
    const store = new ProgressInPostgres({ url, onTrouble });
    stores.push(store);
    return store;
  }

  it('is begun once, by whichever server comes first, and kept', async () => {
    const [one, other] = [newStore(), newStore()];
    const begun = await Promise.all([one.begin('one'), other.begin('other')]);
    expect(new Set(begun).size).toBe(1);
    expect(await newStore().begin('third')).toBe(begun[0]);
  });

  it('is written by whoever claimed it last, and by nobody else', async () => {
    const [one, other] = [newStore(), newStore()];
    await one.begin('begun');
    expect(await one.claim()).toBe('begun');
    await one.write('by one');
    expect(await other.claim()).toBe('by one');
    await expect(one.write('by one, late')).rejects.toThrow(ClaimLost);
    await other.write('by other');
    expect(await one.claim()).toBe('by other');
    await one.write('by one again');
    await expect(other.write('by other, late')).rejects.toThrow(ClaimLost);
  });

  it('gives its connection back where what ends with it does not end well', async () => {
    const onClose = () => Promise.reject(new Error('the lease is stuck'));
    const store = new ProgressInPostgres({ url, onTrouble, onClose });
    await store.begin('begun');
    await expect(store.close()).rejects.toThrow('the lease is stuck');
    await expect(store.claim()).rejects.toThrow(/after calling end/);
  });

  it('lets one of two servers deliver, and the other once that one is gone', async () => {
    await (await openPostgresStore({ url })).close();
    const house = new HookHouse();
    const leases: PostgresLease[] = [];
    const open = (holder: string): Promise<DeliveryHook> => {
      const lease = new PostgresLease({ url, holder, name: 'delivery-hook' });
      leases.push(lease);
      return house.open({
        store: newStore(),
        inTurn: (deliver, ending) => lease.whileHeld(({ lost }) => deliver(lost), ending),
      });
    };
    const hooks = [await open('one'), await open('other')];
    try {
      await house.add('ada');
      const ids: string[] = [];
      for (let number = 0; number < 20; number += 1) ids.push(await house.enrol('ada', number));
      await until(() => house.delivered.length === ids.length);
      await hooks[0]?.close();
      ids.push(await house.enrol('ada', 20));
      await until(() => house.delivered.length === ids.length);
      expect(house.tried.map(({ id }) => id)).toEqual(ids);
    } finally {
      await Promise.all(hooks.map((hook) => hook.close().catch(() => undefined)));
      await Promise.all(leases.map((lease) => lease.close()));
    }
  });
});
