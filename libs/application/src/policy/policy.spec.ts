import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
import { RemovePolicy } from '#application/policy/remove-policy.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import { accepted, answerOf, attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import type { OrganizationId } from '#domain/ids.js';

const unknownId = '0198f3a2-0000-7000-8000-000000000009' as OrganizationId;
const text = 'permit (principal, action, resource);';
const name = 'office-hours';

let house: House;
/** Told of the text that is set. */
let defects: readonly string[];
beforeEach(async () => {
  defects = [];
  house = await openHouse({ policyDefects: async () => defects });
  await answerOf(house, new AddOrganization({ organizationId, name: 'Acme', by }));
});
afterEach(() => house.close());

const set = (chosen: Partial<SetPolicy> = {}) => new SetPolicy({ organizationId, name, text, by, ...chosen });
const remove = (chosen: Partial<RemovePolicy> = {}) =>
  new RemovePolicy({ organizationId, name, by, ...chosen });

describe('a policy', () => {
  it('is set, and another one in its place, and the same one once more without a trace', async () => {
    expect(await attempt(house, set())).toEqual(accepted(house, { sequence: 2 }, 'org.policy.set'));
    const other = set({ text: 'forbid (principal, action, resource);' });
    expect(await attempt(house, other)).toEqual(accepted(house, { sequence: 3 }, 'org.policy.set'));
    expect(await attempt(house, other)).toEqual(accepted(house, { sequence: 3 }));
  });

  it('is not set where it would not be understood, and each reason is one of its text', async () => {
    defects = ['it has no end', 'it names nobody'];
    const { outcome, appended } = await attempt(house, set());
    expect(outcome).toMatchObject({
      kind: 'rejected',
      refusal: { code: 'invalid-input', violations: defects.map((message) => ({ field: 'text', message })) },
    });
    expect(appended).toEqual([]);
  });

  it('is removed, once', async () => {
    await answerOf(house, set());
    expect(await attempt(house, remove())).toEqual(accepted(house, { sequence: 3 }, 'org.policy.removed'));
    expect(await attempt(house, remove())).toEqual(refused({ code: 'policy-not-found' }));
  });

  it('is one of an organization that is there', async () => {
    const gone = refused({ code: 'organization-not-found' });
    expect(await attempt(house, set({ organizationId: unknownId }))).toEqual(gone);
    expect(await attempt(house, remove({ organizationId: unknownId }))).toEqual(gone);
  });

  it.each(['', 'Office', '-hours', 'a'.repeat(65), 'a/b'])('is not called "%s"', async (wrong) => {
    expect(await violationsIn(house, set({ name: wrong }))).toEqual(['name: policy-name']);
    expect(await violationsIn(house, remove({ name: wrong }))).toEqual(['name: policy-name']);
  });

  it.each(['', 'a\u0000', 'a'.repeat(4_097)])('has no text such as "%#"', async (wrong) => {
    expect(await violationsIn(house, set({ text: wrong }))).toEqual(['text: policy-text']);
  });
});
