// Who is let in, and to what: limited by its address, authenticated, limited by its caller, read, authorized. Nothing is
// looked up for an address that asks too fast, and nothing is read of a caller that is not known.

import type { Message } from '@bufbuild/protobuf';

import type { RateLimits } from '#access/rate-limits.js';
import type { Application } from '#application/application.js';
import type { Reached, Refused } from '#application/caller.js';
import type { OrganizationId } from '#domain/ids.js';
import type { PositionTokens } from '#read-models/position-token.js';
import type { NoId } from '#transport/asked.js';
import { authenticate } from '#transport/authenticate.js';
import { type Asked, authorize } from '#transport/authorize.js';
import type { Incoming, Read, Reader, ServedMethod } from '#transport/call.js';
import { CallLimits, type Cost } from '#transport/call-limits.js';
import { calledBy } from '#transport/called-by.js';
import { type Call, type MethodRules, type Principal, refused } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';
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
  readonly tokens: PositionTokens;
}

export const positionHeader = 'x-countersign-position';

const unauthenticated = refused({ code: 'unauthenticated' });
const positionUnknown = refused({ code: 'position-unknown', field: positionHeader });

export class Admitting {
  readonly #options: AdmittingOptions;
  readonly #limits: CallLimits;

  constructor(options: AdmittingOptions) {
    this.#options = options;
    this.#limits = new CallLimits(options.limits, options.application.parts.clock);
  }

  async admit(
    built: MethodRules<Message> & Asking,
    invocation: Invocation,
  ): Promise<Admitted | Refused<CallRefusal> | Unread> {
    const { incoming } = invocation;
    const tooFast = this.#limits.ofAddress(incoming.address);
    if (tooFast !== null) return refused(tooFast);
    const principal = await authenticate(this.#options.application, incoming.authorization);
    if (principal === null) {
      this.#limits.countStranger(incoming.address);
      return unauthenticated;
    }
    const tooMany = this.#limits.ofCaller(principal.userStream);
    if (tooMany !== null) return refused(tooMany);
    const found = invocation.read();
    const read = found instanceof Promise ? await found : found;
    if (read.kind === 'refused') return read;
    return this.#admitAs(principal, built, { ...invocation, request: read.message });
  }

  async #admitAs(
    principal: Principal,
    built: MethodRules<Message> & Asking,
    { method, request, incoming, reached }: Invocation & { readonly request: Message },
  ): Promise<Admitted | Refused<CallRefusal>> {
    const { application } = this.#options;
    const tooCostly = this.#limits.ofCost(principal.userStream, costOf(built, request));
    if (tooCostly !== null) return refused(tooCostly);
    const asked = built.ask(request);
    if ('code' in asked) return refused(asked);
    const chosen = (incoming.organization || null) as OrganizationId | null;
    const authorized = await authorize({ application, principal, chosen }, asked);
    if (authorized.kind === 'rejected') return authorized;
    const called = calledBy(application, { principal, method, request, incoming, reached });
    if (called.kind === 'rejected') return called;
    const position = incoming.position === null ? null : this.#options.tokens.positionIn(incoming.position);
    if (position === null && incoming.position !== null) return positionUnknown;
    // From here on something may change: whoever has left by now wants nothing any more.
    if (incoming.signal.aborted) return refused(leftAs(incoming.signal));
    const { organizationId } = authorized;
    const call = { incoming, principal, by: called.by, organizationId, position };
    return { kind: 'admitted', request, call, asked };
  }

  /** Null while whoever began a stream may still read it. */
  async mayStill(incoming: Incoming, asked: Asked): Promise<CallRefusal | null> {
    const { application } = this.#options;
    const principal = await authenticate(application, incoming.authorization);
    if (principal === null) return unauthenticated.refusal;
    const chosen = (incoming.organization || null) as OrganizationId | null;
    const authorized = await authorize({ application, principal, chosen }, asked);
    return authorized.kind === 'rejected' ? authorized.refusal : null;
  }
}

const justACall: Cost = { guesses: 0, hashes: 0 };

function costOf({ guesses, hashes }: MethodRules<Message>, request: Message): Cost {
  if (guesses === undefined && hashes === undefined) return justACall;
  return { guesses: guesses ? 1 : 0, hashes: Math.max(0, hashes?.(request) ?? 0) };
}
