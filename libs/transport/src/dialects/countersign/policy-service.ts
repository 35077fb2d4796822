// Policies of an organization: read from its stream, where they are decided by.

import { ipAddress } from '#access/address-key.js';
import { policyActions, policySchema } from '#access/policies/schema.js';
import type { Application } from '#application/application.js';
import { RemovePolicy } from '#application/policy/remove-policy.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import { ExplainedCredential, PolicyService } from '#contract/countersign/v1/policy_service_pb.js';
import type { OrganizationId } from '#domain/ids.js';
import type { Policies } from '#domain/policy/state.js';
import { explain } from '#transport/dialects/countersign/explain.js';
import { inDetails } from '#transport/dialects/countersign/messages.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { invalid, unknownValue } from '#transport/dialects/countersign/violations.js';
import {
  answered,
  type Implemented,
  implement,
  type MethodTable,
  refused,
  told,
} from '#transport/implementation.js';

const changing = {
  access: { of: 'organization', permission: 'policy.write', organizationId: 'organizationId' },
  beyondPolicies: true,
} as const;
const reading = { ...changing, access: { ...changing.access, permission: 'policy.read' } } as const;

const noAddress = { field: 'address', rule: 'ip', message: 'must be an IP address' } as const;

type Methods = MethodTable<typeof PolicyService>;

export const policyService = (parts: Parts): readonly Implemented[] =>
  implement(PolicyService, { ...changes(parts), ...reads(parts) });

const changes = ({ run }: Parts): Methods => ({
  setPolicy: {
    ...changing,
    run: async ({ name, text }, { organizationId, by }) =>
      told(await run(new SetPolicy({ organizationId, name, text, by })), inDetails),
  },
  removePolicy: {
    ...changing,
    run: async ({ name }, { organizationId, by }) =>
      told(await run(new RemovePolicy({ organizationId, name, by })), inDetails),
  },
});

const reads = (parts: Parts): Methods => ({
  listPolicies: {
    ...reading,
    run: async (_, { organizationId }) => {
      const policies = await policiesOf(parts.application, organizationId);
      return answered({ policies: policies.map(({ name, text }) => ({ name, text })), schema: policySchema });
    },
  },
  explain: {
    ...reading,
    run: async (request, call) => {
      const { address, credential } = request;
      const action = policyActions.find((one) => one === request.action);
      if (action === undefined) return refused(invalid([unknownValue('action')]));
      if (ExplainedCredential[credential] === undefined)
        return refused(invalid([unknownValue('credential')]));
      if (address !== undefined && ipAddress(address) === null) return refused(invalid([noAddress]));
      return explain(parts, call, { ...request, organizationId: call.organizationId, action });
    },
  },
});

async function policiesOf(application: Application, organizationId: OrganizationId): Promise<Policies> {
  const stream = application.organizationStream(organizationId);
  const { state } = await application.organizations.streams.current(stream);
  return 'policies' in state ? state.policies : [];
}
