// What is asked of policies, and how Cedar is told of it: nothing that none of them looks at, since telling takes longer
// than deciding, and what is not told does not tell two questions apart.

import type { EntityJson, StatefulAuthorizationCall, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';

import { ipAddress } from '#access/address-key.js';
import type { Mentions } from '#access/policies/mentions.js';
import type { PolicyAction } from '#access/policies/schema.js';

export interface PolicyPerson {
  readonly id: string;
  readonly kind: 'human' | 'machine';
  readonly organizationId: string;
  /** Those in the organization whose policies are asked, and those in the instance. */
  readonly roles: readonly string[];
}

export type PolicyResource =
  | ({ readonly type: 'User' } & PolicyPerson)
  | { readonly type: 'Session'; readonly id: string; readonly organizationId: string }
  | { readonly type: 'Organization'; readonly id: string };

export interface PolicyQuestion {
  readonly principal: PolicyPerson;
  readonly action: PolicyAction;
  readonly resource: PolicyResource;
  readonly circumstances: Circumstances;
}

export interface Circumstances {
  /** Of the client; what is no address counts as `::`, which is nobody's. */
  readonly address: string;
  /** The method, as `countersign.v1.FactorService.RemoveTotp`. */
  readonly call: string;
  /** In milliseconds since 1970. Policies know whole seconds. */
  readonly now: number;
  readonly scopes: readonly string[];
  /** Whether the session that calls has shown a second factor. */
  readonly secondFactor: boolean;
  /** Whether it is done to the user who calls. */
  readonly self: boolean;
  readonly via: 'token' | 'session';
}

export type Told = Omit<StatefulAuthorizationCall, 'preparsedPolicySetId'>;

export function toldOf(question: PolicyQuestion, mentions: Mentions): Told {
  const { principal, action, resource, circumstances } = question;
  const caller = { type: 'User', id: mentions.ids ? principal.id : 'caller' };
  const target = { type: resource.type, id: mentions.ids ? resource.id : 'target' };
  const isSame = caller.type === target.type && caller.id === target.id;
  return {
    principal: caller,
    action: { type: 'Action', id: action },
    resource: target,
    context: contextOf(circumstances, mentions),
    entities: [
      entityOf(caller, { type: 'User', ...principal }, mentions),
      ...(isSame ? [] : [entityOf(target, resource, mentions)]),
    ],
  };
}

const entity = (type: string, id: string) => ({ __entity: { type, id } });
const extension = (fn: string, arg: string) => ({ __extn: { fn, arg } });

const tellers: {
  readonly [Name in keyof Circumstances]: (value: Circumstances[Name]) => Told['context'][string];
} = {
  address: (address) => extension('ip', ipAddress(address) ?? '::'),
  call: (call) => call,
  now: (now) => extension('datetime', `${new Date(now).toISOString().slice(0, 19)}Z`),
  scopes: (scopes) => [...scopes],
  secondFactor: (secondFactor) => secondFactor,
  self: (self) => self,
  via: (via) => entity('Credential', via),
};

function contextOf(circumstances: Circumstances, { attributes, everything }: Mentions): Told['context'] {
  const context: Told['context'] = {};
  for (const [name, tell] of Object.entries(tellers))
    if (everything || attributes.has(name))
      context[name] = (tell as (value: unknown) => Told['context'][string])(
        circumstances[name as keyof Circumstances],
      );
  return context;
}

function entityOf(uid: TypeAndId, resource: PolicyResource, mentions: Mentions): EntityJson {
  const isPerson = resource.type === 'User';
  return {
    uid,
    attrs: isPerson && mentions.attributes.has('kind') ? { kind: entity('Kind', resource.kind) } : {},
    parents: mentions.parents ? parentsOf(resource, mentions) : [],
  };
}

function parentsOf(resource: PolicyResource, { ids }: Mentions): TypeAndId[] {
  if (resource.type === 'Organization') return [];
  const roles = resource.type === 'User' ? resource.roles : [];
  return [
    ...(ids ? [{ type: 'Organization', id: resource.organizationId }] : []),
    ...roles.map((id) => ({ type: 'Role', id })),
  ];
}
