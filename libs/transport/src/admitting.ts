// Who is let in, and to what: limited by its address, authenticated, limited by its caller, read, authorized. Nothing is
// looked up for an address that asks too fast, and nothing is read of a caller that is not known, but of a stranger whom
// a stack lets in (ADR 0053).

import type { Message } from '@bufbuild/protobuf';

import type { RateLimits } from '#access/rate-limits.js';
import type { Application } from '#application/application.js';
import type { CallerProof, Reached, Refused } from '#application/caller.js';
import type { Admit } from '#application/session/admission.js';
import type { Surroundings } from '#application/surroundings.js';
import type { OrganizationId } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import type { PositionTokens } from '#read-models/position-token.js';
import type { NoId } from '#transport/asked.js';
import { type Authenticated, authenticate } from '#transport/authenticate.js';
import {
  type Asked,
  type Asking as AskingRights,
  type Authorized,
  authorize,
  chosenIn,
} from '#transport/authorize.js';
import type { Incoming, Read, Reader, ServedMethod } from '#transport/call.js';
import { CallLimits, type Cost, type Counting, type SharedBuckets } from '#transport/call-limits.js';
import { calledBy } from '#transport/called-by.js';
import {
  type Call,
  doesGuess,
  type MethodRules,
  type Principal,
  refused,
  type StepUp,
} from '#transport/implementation.js';
import { readFor } from '#transport/oneself.js';
import { admitBy, deniedByPolicies, type Noticed, type OnPolicyFailed } from '#transport/policies-asked.js';
import type { CallRefusal } from '#transport/refusals.js';
import { proofInHeaders, proofIsGiven, proofOfAnother, refusedStepUp } from '#transport/step-up.js';
import { foundToBe, stranger, strangersEditor } from '#transport/stranger.js';
import { leftAs } from '#transport/waiting.js';

export interface Invocation<Method extends ServedMethod = ServedMethod> {
  readonly method: Method;
  readonly read: Reader;
  readonly incoming: Incoming;
  readonly reached: Reached;
  readonly noticed: Noticed;
}

/** What is no message of the method, refused in the words of the stack that could not read it. */
export type Unread = Extract<Read, { readonly kind: 'refused' }>;

export interface Asking {
  readonly ask: (request: Message) => Asked | NoId;
}

export interface Admitted {
  readonly kind: 'admitted';
  readonly request: Message;
  readonly call: Call;
  readonly asked: Asked;
}

export interface AdmittingOptions {
  readonly application: Application;
  readonly limits: RateLimits;
  readonly sharedBuckets?: SharedBuckets | undefined;
  readonly tokens: PositionTokens;
  readonly onPolicyFailed: OnPolicyFailed;
}

export const positionHeader = 'x-countersign-position';

const enrolmentRequired = refused({ code: 'enrolment-required' });
const secondFactorRequired = refused({ code: 'second-factor-required' });
const positionUnknown = refused({ code: 'position-unknown', field: positionHeader });

export class Admitting {
  readonly #options: AdmittingOptions;
  readonly #limits: CallLimits;

  constructor(options: AdmittingOptions) {
    this.#options = options;
    const { limits, sharedBuckets: shared, application } = options;
    this.#limits = new CallLimits({ limits, shared, clock: application.parts.clock });
  }

  async admit(
    built: MethodRules<Message> & Asking,
    invocation: Invocation,
  ): Promise<Admitted | Refused<CallRefusal> | Unread> {
    const { incoming } = invocation;
    const tooFast = this.#limits.ofAddress(incoming.address, incoming.tally);
    if (tooFast !== null) return refused(tooFast);
    if (incoming.enters === true && built.enters) return this.#enter(built, invocation);
    const known = await authenticate(this.#options.application, incoming.authorization);
    const authenticated = completing(known, built);
    if (authenticated.kind === 'rejected') return this.#counted(authenticated, incoming);
    const { principal } = authenticated;
    const found = this.#countingOf(principal, incoming);
    const counting = found instanceof Promise ? await found : found;
    const taken = this.#limits.ofCaller(counting);
    const tooMany = taken instanceof Promise ? await taken : taken;
    if (tooMany !== null) return refused(tooMany);
    const closed = closedTo(principal, built);
    if (closed !== null) return closed;
    const reading = invocation.read(readFor(this.#options.application, principal));
    const read = reading instanceof Promise ? await reading : reading;
    if (read.kind === 'refused') return read;
    return this.#admitAs(principal, built, { ...invocation, request: read.message, counting });
  }

  /** What it shows is a guess, whoever makes it: counted by its address, and in the command by whom it is about. */
  async #enter(
    built: MethodRules<Message> & Asking,
    invocation: Invocation,
  ): Promise<Admitted | Refused<CallRefusal> | Unread> {
    const { incoming, read, reached } = invocation;
    const { address, tally, signal, requestId: callId, traceId } = incoming;
    const tooMany = await this.#limits.ofLogin(address, tally);
    if (tooMany !== null) return refused(tooMany);
    const { organizationId } = stranger;
    const found = await read({ organizationId, self: async () => null });
    if (found.kind === 'refused') return found;
    if (signal.aborted) return refused(leftAs(signal));
    const by = { editor: strangersEditor, callId, traceId, reached };
    const { message: request } = found;
    const admit = this.#admitOf(built.ask(request), invocation);
    const call = { incoming, principal: stranger, by, organizationId, position: null, admit };
    return { kind: 'admitted', request, call, asked: { of: 'anyone' } };
  }

  /** As policies are asked of whoever calls with a credential: here it is known but later who that is. */
  #admitOf(asked: Asked | NoId, { method, incoming, noticed }: Invocation): Admit {
    const { application, onPolicyFailed } = this.#options;
    const circumstances = circumstancesOf(method, incoming);
    if ('code' in asked) return async () => null;
    return admitBy((somebody) => {
      const principal = foundToBe(somebody);
      const { organizationId } = principal;
      const asking = { application, principal, organizationId, asked, circumstances, isOwn: true };
      return { ...asking, noticed, onPolicyFailed };
    });
  }

  /** Who has begun to log in is no stranger: its calls are counted as those of its session. */
  async #counted(
    rejected: Extract<Authenticated, { readonly kind: 'rejected' }>,
    { address, tally }: Incoming,
  ): Promise<Refused<CallRefusal>> {
    const { refusal } = rejected;
    if ('sessionId' in rejected)
      return refused((await this.#limits.ofBegun(rejected.sessionId, tally)) ?? refusal);
    return refused(this.#limits.countStranger(address, tally) ?? refusal);
  }

  #countingOf(principal: Principal, { tally }: Incoming): Counted | Promise<Counted> {
    const { organizationId, userStream, via } = principal;
    const { quotas, parts, surroundings } = this.#options.application;
    const countingBy = ({ settings }: Pick<Surroundings, 'settings'>): Counted => {
      tally.tellQuotas({
        figures: () => quotas.figuresOf(organizationId, settings, parts.clock()),
        counted: () => quotas.counted(organizationId, settings, parts.clock()),
      });
      return { organizationId, settings, person: via === 'session' ? userStream : null, tally };
    };
    const found = surroundings.of(organizationId);
    return found instanceof Promise ? found.then(countingBy) : countingBy(found);
  }

  async #admitAs(
    principal: Principal,
    built: MethodRules<Message> & Asking,
    { method, request, incoming, reached, noticed, counting }: InvocationRead,
  ): Promise<Admitted | Refused<CallRefusal>> {
    const { application } = this.#options;
    const affording = this.#afford(built, { request, incoming, counting });
    const afforded = affording instanceof Promise ? await affording : affording;
    if (afforded.kind === 'rejected') return afforded;
    const { stepUp, proof } = afforded;
    const asked = built.ask(request);
    const closed = closedTo(principal, built, { asked, request });
    if (closed !== null) return closed;
    if ('code' in asked) return refused(asked);
    const allowed = await this.#allow(principal, asked, { built, request, method, incoming, noticed });
    if (allowed.kind === 'rejected') return allowed;
    const { organizationId, admit } = allowed;
    const showing = { built, request, principal, asked, proof, settings: counting.settings };
    const unproven = stepUp === null ? null : this.#refusedStepUp(stepUp, showing);
    if (unproven !== null) return refused(unproven);
    const called = calledBy(application, { principal, method, request, incoming, proof, reached });
    if (called.kind === 'rejected') return called;
    const position = incoming.position === null ? null : this.#options.tokens.positionIn(incoming.position);
    if (position === null && incoming.position !== null) return positionUnknown;
    // From here on something may change: whoever has left by now wants nothing any more.
    if (incoming.signal.aborted) return refused(leftAs(incoming.signal));
    const call = { incoming, principal, by: called.by, organizationId, position, admit };
    return { kind: 'admitted', request, call, asked };
  }

  /** By roles, and then by policies of the organization that it is about, which may not be known yet. */
  async #allow(
    principal: Principal,
    asked: Asked,
    { built, request, method, incoming, noticed }: Allowing,
  ): Promise<Allowed | Refused<CallRefusal>> {
    const { application, onPolicyFailed } = this.#options;
    const asking = { application, principal, chosen: chosenIn(incoming) };
    const authorized = await authorize(asking, asked);
    if (authorized.kind === 'rejected') return authorized;
    const { organizationId } = authorized;
    const allowed: Allowed = { kind: 'allowed', organizationId, admit: null };
    if (built.beyondPolicies) return allowed;
    const circumstances = circumstancesOf(method, incoming);
    const deciding = {
      ...{ application, principal, organizationId, asked, circumstances },
      ...{ noticed, onPolicyFailed },
    };
    const isOpen = built.finds !== undefined && (await mayFindAnybody(asking, asked, authorized));
    const admit = isOpen ? admitBy((found) => ({ ...deciding, organizationId: found.organizationId })) : null;
    if (admit !== null && built.finds?.(request)) return { ...allowed, admit };
    const found = deniedByPolicies(deciding);
    const denied = found instanceof Promise ? await found : found;
    return denied === null ? { ...allowed, admit } : refused(denied);
  }

  /** What it costs to look at the call, and at the proof in its headers, is taken before anything is looked at. */
  #afford(
    built: MethodRules<Message>,
    { request, incoming, counting }: Pick<InvocationRead, 'request' | 'incoming' | 'counting'>,
  ): Afforded | Refused<CallRefusal> | Promise<Afforded | Refused<CallRefusal>> {
    const stepUp = stepUpOf(built, request);
    const proof = stepUp === null ? null : proofInHeaders(incoming, built.proof?.(request) ?? {});
    if (proof !== null && 'violations' in proof) return refused(proof);
    const affordedUnless = (tooCostly: CallRefusal | null): Afforded | Refused<CallRefusal> =>
      tooCostly === null ? { kind: 'afforded', stepUp, proof } : refused(tooCostly);
    const taken = this.#limits.ofCost(counting, costOf(built, request, proof));
    return taken instanceof Promise ? taken.then(affordedUnless) : affordedUnless(taken);
  }

  /** Null for who does it to somebody else. */
  #refusedStepUp(
    stepUp: StepUp,
    { built, request, principal, asked, proof, settings }: Showing,
  ): CallRefusal | null {
    const { application } = this.#options;
    if (asked.of !== 'user' || application.userStream(asked.userId) !== principal.userStream)
      return proof === null ? null : proofOfAnother(proof);
    const proves = proof !== null || proofIsGiven(built.proof?.(request) ?? {});
    return refusedStepUp(principal, { stepUp, proves, settings, now: application.parts.clock() });
  }

  /** Null while whoever began a stream may still read it. */
  async mayStill(incoming: Incoming, asked: Asked): Promise<CallRefusal | null> {
    const { application } = this.#options;
    const authenticated = await authenticate(application, incoming.authorization);
    if (authenticated.kind === 'rejected') return authenticated.refusal;
    const { principal } = authenticated;
    if (mayOnlyEnrol(principal)) return enrolmentRequired.refusal;
    const chosen = chosenIn(incoming);
    const authorized = await authorize({ application, principal, chosen }, asked);
    return authorized.kind === 'rejected' ? authorized.refusal : null;
  }
}

const circumstancesOf = (method: ServedMethod, { address }: Incoming) => ({
  address,
  call: `${method.parent.typeName}.${method.name}`,
});

interface InvocationRead extends Invocation {
  readonly request: Message;
  readonly counting: Counted;
}

/** Whoever calls is of an organization. */
type Counted = Counting & { readonly settings: Settings };

const mayOnlyEnrol = (principal: Principal): boolean =>
  principal.via === 'session' && principal.assurance === 'may-enrol';

/** A session that lacks its second factor alone may show that, or end. */
const completing = (known: Authenticated, { completes, logsOut }: MethodRules<Message>): Authenticated =>
  known.kind === 'rejected' && 'begun' in known && known.begun !== null && (completes || logsOut)
    ? { kind: 'known', principal: known.begun }
    : known;

interface About {
  readonly asked: Asked | NoId;
  readonly request: Message;
}

/** Whether enrolling or completing comes first; what it is about is not known before the request was read. */
function closedTo(
  principal: Principal,
  { enrols, logsOut, completes }: MethodRules<Message>,
  about?: About,
): Refused<CallRefusal> | null {
  if (principal.via !== 'session' || principal.assurance === 'authenticated') return null;
  const isOfItself = isAboutItself(principal, about?.asked);
  if (logsOut && isOfItself) return null;
  if (principal.assurance === 'may-enrol') return enrols ? null : enrolmentRequired;
  const isShown = about === undefined || completes?.(about.request) === true;
  return isOfItself && isShown ? null : secondFactorRequired;
}

function isAboutItself(principal: Principal, asked: Asked | NoId | undefined): boolean {
  if (asked === undefined) return true;
  if (!('of' in asked) || asked.of !== 'session' || principal.via !== 'session') return false;
  return asked.sessionId === principal.sessionId;
}

interface Afforded {
  readonly kind: 'afforded';
  readonly stepUp: StepUp | null;
  readonly proof: CallerProof | null;
}

interface Allowing extends Pick<InvocationRead, 'request' | 'method' | 'incoming' | 'noticed'> {
  readonly built: MethodRules<Message>;
}

interface Allowed {
  readonly kind: 'allowed';
  readonly organizationId: OrganizationId;
  readonly admit: Admit | null;
}

/** Whoever has a right in the whole instance, and chose no organization, finds people of every one. */
async function mayFindAnybody(
  asking: AskingRights,
  asked: Asked,
  { isNobodys }: Extract<Authorized, { readonly kind: 'allowed' }>,
): Promise<boolean> {
  if (asking.chosen !== null || !('permission' in asked) || (asked.of === 'session' && isNobodys !== true))
    return false;
  const ofAll = await authorize(asking, { of: 'instance', permission: asked.permission });
  return ofAll.kind === 'allowed';
}

const stepUpOf = ({ stepUp }: MethodRules<Message>, request: Message): StepUp | null =>
  typeof stepUp === 'function' ? stepUp(request) : (stepUp ?? null);

interface Showing {
  readonly built: MethodRules<Message>;
  readonly request: Message;
  readonly principal: Principal;
  readonly asked: Asked;
  readonly proof: CallerProof | null;
  readonly settings: Settings;
}

const justACall: Cost = { guesses: 0, hashes: 0 };

/** A proof is a guess, wherever it stands. */
function costOf(rules: MethodRules<Message>, request: Message, proof: CallerProof | null): Cost {
  const { guesses, hashes } = rules;
  if (guesses === undefined && hashes === undefined && proof === null) return justACall;
  const ofProof = proof !== null && proof.recoveryCode !== null ? 1 : 0;
  return {
    guesses: doesGuess(rules, request) || proof !== null ? 1 : 0,
    hashes: Math.max(0, hashes?.(request) ?? 0) + ofProof,
  };
}
