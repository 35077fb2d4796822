// What a user shows before factors are taken away or replaced: a code of a device, or a recovery code.

import type { Caller, CallerProof } from '#application/caller.js';
import type { Secrets } from '#application/parts.js';
import {
  type MalformedRecoveryCode,
  type RecoveryGuessing,
  readRecoveryCode,
} from '#application/recovery-codes/compare.js';
import { compare, type Means, readCode } from '#application/totp/compare.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { type Decision, type Rejected, reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { recoveryTarget } from '#domain/recovery-codes/decide.js';
import { onceProven, type Proof, type ProofRefusal, prove, totpTargets } from '#domain/totp/decide.js';
import type { Address } from '#domain/totp/guess.js';

export type UnreadProof = MalformedRecoveryCode;

export type GivenProof =
  | { readonly by: 'totp'; readonly code: string }
  | { readonly by: 'recovery-code'; readonly guess: RecoveryGuessing };

/** A recovery code is held against a hash that is dear to make. */
export const isDear = (proof: GivenProof | null): boolean => proof?.by === 'recovery-code';

/** A command that has room for a proof looks at that; else at what its caller showed with the call. */
export const proofFor = ({ code, recoveryCode, by }: ProvenCommand): CallerProof =>
  code !== null || recoveryCode !== null ? { code, recoveryCode } : (by.proof ?? noProof);

/** For whoever looks at the proof of a caller itself: it is spent but once. */
export const withoutProof = ({ by, organizationId, userId }: Addressed): Addressed => ({
  organizationId,
  userId,
  by: { ...by, proof: null },
});

interface Addressed {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly by: Caller;
}

interface ProvenCommand extends CallerProof {
  readonly by: Caller;
}

const noProof: CallerProof = { code: null, recoveryCode: null };

/** Once for each command, however often it is decided: a recovery code is then hashed but once. */
export function readProof(
  { code, recoveryCode }: CallerProof,
  secrets: Pick<Secrets, 'canonicalDigits' | 'canonicalRecoveryCode' | 'recoveryHashes'>,
): { readonly kind: 'read'; readonly proof: GivenProof | null } | Rejected<UnreadProof> {
  if (code !== null) return { kind: 'read', proof: { by: 'totp', code: readCode(code, secrets) } };
  if (recoveryCode === null) return { kind: 'read', proof: null };
  const guess = readRecoveryCode(recoveryCode, secrets);
  return guess.kind === 'rejected' ? guess : { kind: 'read', proof: { by: 'recovery-code', guess } };
}

type Subject = Means<'matchingSteps'> & { readonly account: Account };

type ProofSubject = Subject & Pick<Address, 'organizationId'>;

/** The facts of a proof, or why it is refused uncompared. */
export async function gatherProof(
  given: GivenProof,
  { organizationId, totpId }: Address,
  { account, context, secrets }: Subject,
): Promise<{ readonly kind: 'gathered'; readonly proof: Proof } | Rejected<ProofRefusal>> {
  if (given.by === 'totp') {
    const { by, code } = given;
    const digits = code.length;
    const found = totpTargets(account, { organizationId, totpId, digits }, context);
    if (found.kind === 'rejected') return found;
    const comparisons = found.targets.map((target) => compare(target, code, { context, secrets }));
    return { kind: 'gathered', proof: { by, digits, comparisons } };
  }
  const { by, guess } = given;
  const { selector } = guess;
  const found = recoveryTarget(account, { organizationId, selector }, context);
  if (found.kind === 'rejected') return found;
  const matches = await guess.matches(found.hash);
  return { kind: 'gathered', proof: { by, selector, matches } };
}

/** Any device will do, and what is told is what the deed tells. What would be refused with a proof too is refused before one is spent. */
export async function withProof<Event extends AccountEvent, Refusal, Answer>(
  deed: Decision<Event, Refusal, Answer>,
  given: GivenProof | null,
  subject: ProofSubject,
): Promise<Decision<AccountEvent, Refusal | ProofRefusal, Answer>> {
  if (given === null || deed.outcome.kind === 'rejected') return deed;
  const { events, outcome } = onceProven(await proving(given, subject), ...deed.events);
  return outcome.kind === 'rejected' ? { events, outcome } : { events, outcome: deed.outcome };
}

/** Null for a proof that is right, which is not spent by that, and where none was given. */
export async function refusedProof(
  given: GivenProof | null,
  subject: ProofSubject,
): Promise<Decision<AccountEvent, ProofRefusal, never> | null> {
  if (given === null) return null;
  const { events, outcome } = await proving(given, subject);
  return outcome.kind === 'rejected' ? { events, outcome } : null;
}

async function proving(given: GivenProof, subject: ProofSubject): Promise<ReturnType<typeof prove>> {
  const { account, context, organizationId } = subject;
  const address = { organizationId, totpId: null };
  const gathered = await gatherProof(given, address, subject);
  if (gathered.kind === 'rejected') return reject(gathered.refusal);
  return prove(account, { ...address, proof: gathered.proof }, context);
}
