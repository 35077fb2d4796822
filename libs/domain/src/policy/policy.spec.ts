import { describe, expect, test } from '@jest/globals';

import type { OrganizationId } from '#domain/ids.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import { evolveOrganization, noOrganization } from '#domain/organization/state.js';
import { policiesMax, removePolicy, setPolicy } from '#domain/policy/decide.js';
import type { PolicyEvent } from '#domain/policy/events.js';
import { specificationOf } from '#domain/testing/specification.js';

const given = specificationOf({
  initial: noOrganization,
  evolve: evolveOrganization,
  circumstances: undefined,
});

const added: OrganizationEvent = {
  type: 'org.added',
  organizationId: 'acme' as OrganizationId,
  name: 'Acme',
};
const deactivated: OrganizationEvent = { type: 'org.deactivated' };
const removedOrganization: OrganizationEvent = { type: 'org.removed' };
const set = (name: string, text: string): PolicyEvent => ({ type: 'org.policy.set', name, text });
const removed = (name: string): PolicyEvent => ({ type: 'org.policy.removed', name });
const policy = { name: 'everybody', text: 'permit(principal, action, resource);' };
const asMany = Array.from({ length: policiesMax }, (_, index) => set(`policy-${index}`, 'permit'));

function policiesAfter(...past: readonly OrganizationEvent[]) {
  const state = past.reduce((before, event) => evolveOrganization(before, event, 0), noOrganization);
  return 'policies' in state ? state.policies : null;
}

describe('a policy is set', () => {
  test('by a name that was not there before, or in the place of an earlier text', () => {
    given(added).when(setPolicy, policy).then(set(policy.name, policy.text));
    given(added, set(policy.name, 'forbid')).when(setPolicy, policy).then(set(policy.name, policy.text));
    given(added, deactivated).when(setPolicy, policy).then(set(policy.name, policy.text));
  });

  test('once: the same text again changes nothing', () => {
    given(added, set(policy.name, policy.text)).when(setPolicy, policy).then();
  });

  test('anew after it was removed', () => {
    given(added, set(policy.name, policy.text), removed(policy.name))
      .when(setPolicy, policy)
      .then(set(policy.name, policy.text));
  });

  test('up to a number of them, and another text of one of those still is', () => {
    const maximum = policiesMax;
    given(added, ...asMany)
      .when(setPolicy, policy)
      .thenRejected({ code: 'policies-max', maximum });
    given(added, ...asMany)
      .when(setPolicy, { name: 'policy-3', text: 'forbid' })
      .then(set('policy-3', 'forbid'));
    given(added, ...asMany, removed('policy-3'))
      .when(setPolicy, policy)
      .then(set(policy.name, policy.text));
  });

  test('of an organization that is there', () => {
    given().when(setPolicy, policy).thenRejected({ code: 'organization-not-found' });
    given(added, removedOrganization)
      .when(setPolicy, policy)
      .thenRejected({ code: 'organization-not-found' });
  });
});

describe('a policy is removed', () => {
  const { name } = policy;

  test('that is there', () => {
    given(added, set(name, policy.text)).when(removePolicy, { name }).then(removed(name));
  });

  test('and not one that never was, or is not any more', () => {
    given(added).when(removePolicy, { name }).thenRejected({ code: 'policy-not-found' });
    given(added, set('another', policy.text))
      .when(removePolicy, { name })
      .thenRejected({ code: 'policy-not-found' });
    given(added, set(name, policy.text), removed(name))
      .when(removePolicy, { name })
      .thenRejected({ code: 'policy-not-found' });
  });

  test('of an organization that is there', () => {
    given().when(removePolicy, { name }).thenRejected({ code: 'organization-not-found' });
    given(added, set(name, policy.text), removedOrganization)
      .when(removePolicy, { name })
      .thenRejected({ code: 'organization-not-found' });
  });
});

describe('the policies of an organization', () => {
  test('are none at first, and none where there is no organization', () => {
    expect(policiesAfter(added)).toEqual([]);
    expect(policiesAfter(set('a', 'permit'))).toBeNull();
  });

  test('are in the order of their names, each with its last text', () => {
    expect(policiesAfter(added, set('b', 'two'), set('c', 'three'), set('a', 'one'))).toEqual([
      { name: 'a', text: 'one' },
      { name: 'b', text: 'two' },
      { name: 'c', text: 'three' },
    ]);
    expect(policiesAfter(added, set('a', 'one'), set('b', 'two'), set('a', 'other'))).toEqual([
      { name: 'a', text: 'other' },
      { name: 'b', text: 'two' },
    ]);
  });

  test('are those that were not removed', () => {
    expect(policiesAfter(added, set('a', 'one'), set('b', 'two'), removed('a'))).toEqual([
      { name: 'b', text: 'two' },
    ]);
  });

  test('stay as they are, the very list, whatever else changes', () => {
    const before = evolveOrganization(evolveOrganization(noOrganization, added, 0), set('a', 'one'), 0);
    const after = evolveOrganization(before, { type: 'org.changed', name: 'Other' }, 0);
    expect('policies' in after && 'policies' in before && after.policies === before.policies).toBe(true);
  });
});
