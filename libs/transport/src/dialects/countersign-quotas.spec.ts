import { timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { QuotaService } from '#contract/countersign/v1/quota_service_pb.js';
import { periodAt } from '#domain/quota/usage.js';
import { type CountersignDesk, openCountersignDesk } from '#transport/testing/countersign-desk.js';
import { people } from '#transport/testing/desk.js';

const { getQuotas } = QuotaService.method;

let desk: CountersignDesk;
beforeAll(async () => {
  desk = await openCountersignDesk();
});
afterAll(() => desk.close());

it('what was used is told beside the ceilings, and when turns are counted anew', async () => {
  const before = await desk.ask('owner', getQuotas, { organizationId });
  expect(before.turns?.limit).toBeUndefined();
  await desk.ask('owner', FactorService.method.startTotpRegistration, { userId: people.ada });
  const changed = new SettingsFields({ turnsPerPeriodMax: 1_000, relationshipsMax: 50 });
  await answerOf(desk.house, new ChangeOrganizationSettings({ organizationId, changed, by }));
  const { turns, relationships, periodStart, resetTime } = await desk.ask('owner', getQuotas, {
    organizationId,
  });
  expect(turns).toMatchObject({ used: (before.turns?.used ?? 0n) + 1n, limit: 1_000n });
  expect(relationships).toMatchObject({ used: before.relationships?.used, limit: 50n });
  const { start, end } = periodAt(desk.house.clock.now);
  expect([periodStart, resetTime].map((moment) => moment && timestampMs(moment))).toEqual([start, end]);
});

it('turns of the last period are none of this one', async () => {
  desk.house.clock.now = periodAt(desk.house.clock.now).end;
  const { turns } = await desk.ask('owner', getQuotas, { organizationId });
  expect(turns?.used).toBe(0n);
});
