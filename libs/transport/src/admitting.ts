// Who is let in, and to what: limited by its address, authenticated, limited by its caller, read, authorized. Nothing is
// looked up for an address that asks too fast, and nothing is read of a caller that is not known.

import type { Message } from '@bufbuild/protobuf';

import type { RateLimits } from '#access/rate-limits.js';
import type { Application } from '#application/application.js';
import type { CallerProof, Reached, Refused } from '#application/caller.js';
import type { OrganizationId } from '#domain/ids.js';
import type { PositionTokens } from '#read-models/position-token.js';
import type { NoId } from '#transport/asked.js';
import { type Authenticated, authenticate } from '#transport/authenticate.js';
import { type Asked, authorize } from '#transport/authorize.js';
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
import type { CallRefusal } from '#transport/refusals.js';
import { proofInHeaders, proofIsGiven, proofOfAnother, refusedStepUp } from '#transport/step-up.js';
import { leftAs } from '#transport/waiting.js';

export interface Invocation<Method extends ServedMethod = ServedMethod> {
  readonly method: Method;
  readonly read: Reader;
  readonly incoming: Incoming;
  readonly reached: Reached;
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
}

export const positionHeader = 'x-countersign-position';

const enrolmentRequired = refused({ code: 'enrolment-required' });
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
    const authenticated = await authenticate(this.#options.application, incoming.authorization);
    if (authenticated.kind === 'rejected') return this.#counted(authenticated, incoming);
    const { principal } = authenticated;
    const counting = await this.#countingOf(principal, incoming);
    const tooMany = await this.#limits.ofCaller(counting);
    if (tooMany !== null) return refused(tooMany);
    if (isClosed(principal, built)) return enrolmentRequired;
    const found = invocation.read(readFor(this.#options.application, principal));
    const read = found instanceof Promise ? await found : found;
    if (read.kind === 'refused') return read;
    return this.#admitAs(principal, built, { ...invocation, request: read.message, counting });
  }

  /** Who has begun to log in is no stranger: its calls are counted as those of its session. */
  async #counted(
    rejected: Extract<Authenticated, { readonly kind: 'rejected' }>,
    { address, tally }: Incoming,
  ): Promise<Refused<CallRefusal>> {
    const { refusal } = rejected;
    if ('sessionId' in rejected)
      return refused((await this.#limits.ofBegun(rejected.sessionId, tally)) ?? refusal);
    this.#limits.countStranger(address, tally);
    return refused(refusal);
  }

  async #countingOf(principal: Principal, { tally }: Incoming): Promise<Counting> {
    const { organizationId, userStream, via } = principal;
    const found = this.#options.application.surroundings.of(organizationId);
    const { settings } = found instanceof Promise ? await found : found;
    return { organizationId, settings, person: via === 'session' ? userStream : null, tally };
  }

  async #admitAs(
    principal: Principal,
    built: MethodRules<Message> & Asking,
    { method, request, incoming, reached, counting }: InvocationRead,
  ): Promise<Admitted | Refused<CallRefusal>> {
    const { application } = this.#options;
    const afforded = await this.#afford(built, { request, incoming, counting });
    if (afforded.kind === 'rejected') return afforded;
    const { stepUp, proof } = afforded;
    const asked = built.ask(request);
    if (isClosed(principal, built, asked)) return enrolmentRequired;
    if ('code' in asked) return refused(asked);
    const chosen = (incoming.organization || null) as OrganizationId | null;
    const authorized = await authorize({ application, principal, chosen }, asked);
    if (authorized.kind === 'rejected') return authorized;
    const showing = { built, request, principal, asked, proof };
    const unproven = stepUp === null ? null : await this.#refusedStepUp(stepUp, showing);
    if (unproven !== null) return refused(unproven);
    const called = calledBy(application, { principal, method, request, incoming, proof, reached });
    if (called.kind === 'rejected') return called;
    const position = incoming.position === null ? null : this.#options.tokens.positionIn(incoming.position);
    if (position === null && incoming.position !== null) return positionUnknown;
    // From here on something may change: whoever has left by now wants nothing any more.
    if (incoming.signal.aborted) return refused(leftAs(incoming.signal));
    const { organizationId } = authorized;
    const call = { incoming, principal, by: called.by, organizationId, position };
    return { kind: 'admitted', request, call, asked };
  }

  /** What it costs to look at the call, and at the proof in its headers, is taken before anything is looked at. */
  async #afford(
    built: MethodRules<Message>,
    { request, incoming, counting }: Pick<InvocationRead, 'request' | 'incoming' | 'counting'>,
  ): Promise<Afforded | Refused<CallRefusal>> {
    const stepUp = stepUpOf(built, request);
    const proof = stepUp === null ? null : proofInHeaders(incoming, built.proof?.(request) ?? {});
    if (proof !== null && 'violations' in proof) return refused(proof);
    const tooCostly = await this.#limits.ofCost(counting, costOf(built, request, proof));
    return tooCostly === null ? { kind: 'afforded', stepUp, proof } : refused(tooCostly);
  }

  /** Null for who does it to somebody else. */
  async #refusedStepUp(
    stepUp: StepUp,
    { built, request, principal, asked, proof }: Showing,
  ): Promise<CallRefusal | null> {
    const { application } = this.#options;
    if (asked.of !== 'user' || application.userStream(asked.userId) !== principal.userStream)
      return proof === null ? null : proofOfAnother(proof);
    const proves = proof !== null || proofIsGiven(built.proof?.(request) ?? {});
    const { settings } = await application.surroundings.of(principal.organizationId);
    return refusedStepUp(principal, { stepUp, proves, settings, now: application.parts.clock() });
  }

  /** Null while whoever began a stream may still read it. */
  async mayStill(incoming: Incoming, asked: Asked): Promise<CallRefusal | null> {
    const { application } = this.#options;
    const authenticated = await authenticate(application, incoming.authorization);
    if (authenticated.kind === 'rejected') return authenticated.refusal;
    const { principal } = authenticated;
    if (mayOnlyEnrol(principal)) return enrolmentRequired.refusal;
    const chosen = (incoming.organization || null) as OrganizationId | null;
    const authorized = await authorize({ application, principal, chosen }, asked);
    return authorized.kind === 'rejected' ? authorized.refusal : null;
  }
}

interface InvocationRead extends Invocation {
  readonly request: Message;
  readonly counting: Counting;
}

const mayOnlyEnrol = (principal: Principal): boolean =>
  principal.via === 'session' && principal.assurance === 'may-enrol';

/** Whether enrolling comes first; what it is about is not known before the request was read. */
const isClosed = (principal: Principal, built: MethodRules<Message>, asked?: Asked | NoId): boolean =>
  mayOnlyEnrol(principal) && !built.enrols && !(built.logsOut && isAboutItself(principal, asked));

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

const stepUpOf = ({ stepUp }: MethodRules<Message>, request: Message): StepUp | null =>
  typeof stepUp === 'function' ? stepUp(request) : (stepUp ?? null);

interface Showing {
  readonly built: MethodRules<Message>;
  readonly request: Message;
  readonly principal: Principal;
  readonly asked: Asked;
  readonly proof: CallerProof | null;
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
