// How a service says what its methods do: a table, with who may call each method as data beside it, so that
// a test can walk over all of them.

import type {
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';

import type { SessionPermission } from '#access/judge.js';
import type { Permission } from '#access/permissions.js';
import type { CheckedToken } from '#application/access-token/check-token.js';
import type { Caller, Outcome, Refused } from '#application/caller.js';
import type { Admit } from '#application/session/admission.js';
import type { Instant, OrganizationId, SessionId } from '#domain/ids.js';
import type { Asking } from '#read-models/queries/open-queries.js';
import { type Incoming, isServed, isUnary } from '#transport/call.js';
import type { CallRefusal } from '#transport/refusals.js';

/** Whose access token came along, or which session's. */
export type Principal = TokenPrincipal | SessionPrincipal;

export interface TokenPrincipal extends CheckedToken {
  readonly via: 'token';
}

/** A session stands for its user alone, whatever roles that has. */
export interface SessionPrincipal extends Pick<CheckedToken, 'userStream' | 'userId' | 'organizationId'> {
  readonly via: 'session';
  readonly sessionId: SessionId;
  readonly scopes: readonly ['self'];
  /** Who may only enrol has no second factor, and has to; who may only complete has one, and has not shown it yet. */
  readonly assurance: 'authenticated' | 'may-enrol' | 'may-complete';
  /** Whether its user has a second factor that could be asked for. */
  readonly hasFactor: boolean;
  /** When the last factor was checked in it. */
  readonly factorAt: Instant | null;
}

export interface Call {
  readonly incoming: Incoming;
  readonly principal: Principal;
  /** For commands. */
  readonly by: Caller;
  /** Of the user that was named; else the organization that was named; else the one that the caller acts in. */
  readonly organizationId: OrganizationId;
  /** To be asked before a session is somebody's, who was found by the command; left out where policies were asked already. */
  readonly admit?: Admit | null;
  /** For queries: what the answer has to show; null for whatever was acknowledged before. */
  readonly position: Asking['position'];
}

/** Where in a request an id stands: a field of it, by its name in the code, or what is deeper in it. */
export type IdIn<Request> =
  | TextFieldOf<Request>
  | { readonly path: string; readonly read: (request: Request) => string | null | undefined };

type TextFieldOf<Request> = {
  [Name in keyof Request & string]: Request[Name] extends string | undefined ? Name : never;
}[Exclude<keyof Request & string, '$typeName'>];

/** Who may call a method. The caller has a valid token, but for a stranger whom a stack lets in, of whom none of this is asked. */
export type AccessRule<Request> =
  /** What the method shows is the caller's own, or chosen by what the caller may see. */
  | {
      readonly of: 'anyone';
      /** As what policies are asked, where it shows more than one's own. */
      readonly lists?: Permission;
    }
  | {
      readonly of: 'user';
      readonly permission: Permission;
      /** Whether everybody may do it to oneself. */
      readonly self: boolean;
      readonly userId: IdIn<Request>;
      /** Whether it can be done to a user who is removed already. */
      readonly reachesGone?: true;
    }
  | {
      readonly of: 'organization';
      /** By what is asked for, where some of it is for others to do. */
      readonly permission: Permission | ((request: Request) => Permission);
      /** Null, or an id that was left out, stands for the organization that the caller acts in. */
      readonly organizationId: IdIn<Request> | null;
      readonly reachesGone?: true;
    }
  /** Beside roles it is looked at how close the session is to the caller: see `judgeSession`. */
  | {
      readonly of: 'session';
      readonly permission: SessionPermission;
      readonly sessionId: IdIn<Request>;
      /** Where the present token of the session may come along, which lets in whoever has it. */
      readonly sessionToken?: (request: Request) => string | null | undefined;
    }
  | { readonly of: 'instance'; readonly permission: Permission };

/** What a session may do to its own user only with a second factor that was shown just now: see `step-up.ts`. */
export type StepUp = 'factors' | 'recoveryCodes' | 'tokens' | 'password';

export interface Answer<Told> {
  readonly kind: 'answered';
  readonly message: Told;
  /** The same call, under the same idempotency key, was answered before. */
  readonly isRepeat?: boolean;
}

/** A refusal of a command can be handed on as it is. */
export type Result<Told> = Answer<Told> | Refused<CallRefusal>;

export interface ProofGiven {
  readonly code?: string | undefined;
  readonly recoveryCode?: string | undefined;
}

/** What the pipeline has to know of a method before it is run. */
export interface MethodRules<Request> {
  readonly access: AccessRule<Request>;
  /** Of some requests alone, where it depends on what they change. */
  readonly stepUp?: StepUp | ((request: Request) => StepUp | null);
  /** Where the message itself has room for a proof: else it stands in headers. */
  readonly proof?: (request: Request) => ProofGiven;
  /** Whether policies of the organization are not asked, so that they cannot stand in the way of their own change. */
  readonly beyondPolicies?: true;
  /** Where it is about whoever a command finds: whether it names somebody, whose organization's policies are asked then. */
  readonly finds?: (request: Request) => boolean;
  /** Whether a session may call it whose user still has to enrol a first factor. */
  readonly enrols?: true;
  /** Whether such a session may call it about itself, and about nothing else. */
  readonly logsOut?: true;
  /** Whether a session that lacks its second factor alone may call it about itself, to show that and do nothing else. */
  readonly completes?: (request: Request) => boolean;
  /** Whether a stack may let in by it who has no credential yet. */
  readonly enters?: true;
  /** Whether it compares a secret that somebody could guess: each of its requests, or some alone. */
  readonly guesses?: true | ((request: Request) => boolean);
  /** How many slow hashes it will take. */
  readonly hashes?: (request: Request) => number;
  /** Whether what is shown once was asked for, where an answer has a place for it and may leave it empty. */
  readonly shows?: (request: Request) => boolean;
  /** Fields of commands that are called otherwise in the request: from `email` to `email.email`. */
  readonly fields?: Readonly<Record<string, string>>;
}

export const doesGuess = <Request>(
  { guesses }: Pick<MethodRules<Request>, 'guesses'>,
  request: Request,
): boolean => (typeof guesses === 'function' ? guesses(request) : guesses === true);

export interface MethodImplementation<Request, Told> extends MethodRules<Request> {
  readonly run: (request: Request, call: Call) => Promise<Result<Told>>;
}

/** Throws `StreamEnded` where it has to say no after it began. */
export interface StreamImplementation<Request, Told> extends MethodRules<Request> {
  /** What it tells ends when the signal of the call is aborted. */
  readonly open: (request: Request, call: Call) => Promise<AsyncIterable<Told> | Refused<CallRefusal>>;
}

export class StreamEnded extends Error {
  override readonly name = 'StreamEnded';
  readonly refusal: CallRefusal;

  constructor(refusal: CallRefusal) {
    super(`the stream ended as ${refusal.code}`);
    this.refusal = refusal;
  }
}

type MethodOf<Service extends DescService, Name extends keyof Service['method']> = Service['method'][Name];

export type MethodTable<Service extends DescService> = {
  readonly [Name in keyof Service['method']]?: ImplementationOf<
    MethodOf<Service, Name>['methodKind'],
    MessageShape<MethodOf<Service, Name>['input']>,
    MessageInitShape<MethodOf<Service, Name>['output']>
  >;
};

type ImplementationOf<Kind, Request, Told> = Kind extends 'server_streaming'
  ? StreamImplementation<Request, Told>
  : MethodImplementation<Request, Told>;

/** As the pipeline runs it, which hands a method only requests of its own kind. */
export type Implemented =
  | {
      readonly method: DescMethodUnary;
      readonly implementation: MethodImplementation<Message, object>;
    }
  | {
      readonly method: DescMethodServerStreaming;
      readonly implementation: StreamImplementation<Message, object>;
    };

/** What is left out of the table is answered as not built. */
export function implement<Service extends DescService>(
  service: Service,
  table: MethodTable<Service>,
): readonly Implemented[] {
  return Object.entries(table).flatMap(([name, implementation]) => {
    const method = service.method[name];
    if (method === undefined || !isServed(method)) throw new TypeError(`${service.typeName} has no ${name}`);
    if (implementation === undefined) return [];
    if ('run' in implementation !== isUnary(method))
      throw new TypeError(`${method} is built as another kind`);
    return [{ method, implementation } as unknown as Implemented];
  });
}

export const answered = <Told>(message: Told, isRepeat = false): Answer<Told> => ({
  kind: 'answered',
  message,
  isRepeat,
});

export const refused = (refusal: CallRefusal): Refused<CallRefusal> => ({ kind: 'rejected', refusal });

/** What a command answered, as the message that tells it. */
export function told<Given, Told>(
  outcome: Outcome<Given, CallRefusal>,
  messageOf: (done: Extract<Outcome<Given, never>, { readonly kind: 'accepted' }>) => Told,
): Result<Told> {
  return outcome.kind === 'rejected' ? outcome : answered(messageOf(outcome), outcome.repeated === true);
}
