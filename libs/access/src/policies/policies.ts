// Decides by the policies of an organization. They are parsed once and kept by their list, which is another one
// whenever a policy changed; so are decisions, by all that was told for them.

import type { Response } from '@cedar-policy/cedar-wasm/nodejs';

import { type Cedar, cedar } from '#access/policies/cedar.js';
import { type Mentions, mentionsIn } from '#access/policies/mentions.js';
import {
  noticeOf,
  noticesMax,
  notPermitted,
  type PolicyNotice,
  policyFailed,
} from '#access/policies/notices.js';
import { type PolicyQuestion, toldOf } from '#access/policies/question.js';
import type { Policies } from '#domain/policy/state.js';

export interface PolicyDecision {
  /** `not-permitted`: nothing forbids it, and nothing permits it. `failed`: some policy could not be evaluated. */
  readonly verdict: 'permitted' | 'forbidden' | 'not-permitted' | 'failed';
  /** The names of those that decided, or failed. */
  readonly policies: readonly string[];
  readonly notices: readonly PolicyNotice[];
}

/** Cedar keeps what was parsed by a name of ours, for ever: so there are only so many names. */
const slotsMax = 64;
/** Of one organization; all of them are forgotten when there are more. */
const decisionsMax = 1_000;

interface Parsed {
  readonly kind: 'parsed';
  readonly mentions: Mentions;
  readonly notices: ReadonlyMap<string, PolicyNotice>;
  readonly decisions: Map<string, PolicyDecision>;
}

interface Unparsable {
  readonly kind: 'unparsable';
}

const unparsable: Unparsable = { kind: 'unparsable' };
const failure: Omit<PolicyDecision, 'policies'> = { verdict: 'failed', notices: [policyFailed] };

const slots: (Policies | undefined)[] = [];
let nextSlot = 0;
const parsedBy = new WeakMap<Policies, Parsed | Unparsable>();

/** At once where Cedar is loaded. */
export function decideByPolicies(
  policies: Policies,
  question: PolicyQuestion,
): PolicyDecision | Promise<PolicyDecision> {
  const found = cedar();
  return found instanceof Promise
    ? found.then((loaded) => decide(loaded, policies, question))
    : decide(found, policies, question);
}

function decide(loaded: Cedar, policies: Policies, question: PolicyQuestion): PolicyDecision {
  const parsed = parsedOf(loaded, policies);
  if (parsed.kind === 'unparsable') return { ...failure, policies: [] };
  const told = toldOf(question, parsed.mentions);
  const key = JSON.stringify(told);
  const known = parsed.decisions.get(key);
  if (known !== undefined) return known;
  const preparsedPolicySetId = slotOf(loaded, policies);
  const answer = loaded.statefulIsAuthorized({ ...told, preparsedPolicySetId, validateRequest: false });
  const decision =
    answer.type === 'failure' ? { ...failure, policies: [] } : decisionOf(answer.response, parsed);
  if (parsed.decisions.size >= decisionsMax) parsed.decisions.clear();
  parsed.decisions.set(key, decision);
  return decision;
}

function decisionOf({ decision, diagnostics }: Response, { notices }: Parsed): PolicyDecision {
  const { reason, errors } = diagnostics;
  if (errors.length > 0) return { ...failure, policies: errors.map(({ policyId }) => policyId).sort() };
  if (decision === 'deny' && reason.length === 0)
    return { verdict: 'not-permitted', policies: [], notices: [notPermitted] };
  const policies = [...reason].sort();
  return {
    verdict: decision === 'allow' ? 'permitted' : 'forbidden',
    policies,
    notices: policies.flatMap((name) => notices.get(name) ?? []).slice(0, noticesMax),
  };
}

function parsedOf(loaded: Cedar, policies: Policies): Parsed | Unparsable {
  const known = parsedBy.get(policies);
  if (known !== undefined) return known;
  const parsed = parse(loaded, policies);
  parsedBy.set(policies, parsed);
  return parsed;
}

/** A policy that was accepted by an earlier Cedar may be none for this one. */
function parse({ policyToJson }: Cedar, policies: Policies): Parsed | Unparsable {
  const notices = new Map<string, PolicyNotice>();
  const all = [];
  for (const { name, text } of policies) {
    const parsed = policyToJson(text);
    if (parsed.type === 'failure') return unparsable;
    all.push(parsed.json);
    const notice = noticeOf(parsed.json);
    if (notice !== null) notices.set(name, notice);
  }
  return { kind: 'parsed', mentions: mentionsIn(all), notices, decisions: new Map() };
}

/** Under which name Cedar has them, which it may have for others meanwhile. */
function slotOf({ preparsePolicySet }: Cedar, policies: Policies): string {
  const present = slots.indexOf(policies);
  if (present >= 0) return String(present);
  const slot = nextSlot;
  nextSlot = (nextSlot + 1) % slotsMax;
  slots[slot] = policies;
  const staticPolicies = Object.fromEntries(policies.map(({ name, text }) => [name, text]));
  const answer = preparsePolicySet(String(slot), { staticPolicies });
  if (answer.type === 'success') return String(slot);
  slots[slot] = undefined;
  throw new TypeError('policies that were parsed one by one do not parse together');
}
