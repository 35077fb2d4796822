// What is shown for the user of a session, in the order in which it is looked at: each by the decider that every
// other path asks, and all that it costs or spends in one append. The first no is the last thing that is looked at.

import type { Secrets } from '#application/parts.js';
import { guessPassword } from '#application/password/compare.js';
import { type GivenProof, gatherProof, readProof, type UnreadProof } from '#application/proof.js';
import type { UserContext } from '#application/users.js';
import type { AccountEvent } from '#domain/account/events.js';
import { type Account, accountAfter } from '#domain/account/state.js';
import { acceptWith, type Decision, type Rejected, reject } from '#domain/decider.js';
import type { OrganizationId } from '#domain/ids.js';
import { passwordTarget, type VerifyPasswordRefusal, verifyPassword } from '#domain/password/decide.js';
import type { SessionFactor } from '#domain/session/decide.js';
import { type ProofRefusal, prove } from '#domain/totp/decide.js';

export interface GivenChecks {
  readonly password: string | null;
  readonly totpCode: string | null;
  readonly recoveryCode: string | null;
}

export type CheckRefusal = VerifyPasswordRefusal | ProofRefusal;

interface Subject {
  readonly organizationId: OrganizationId;
  readonly account: Account;
  readonly context: UserContext;
}

/** One thing that is shown: read once for each command, however often it is decided. */
export interface Check {
  readonly factor: SessionFactor;
  decide(subject: Subject): Promise<Decision<AccountEvent, CheckRefusal, unknown>>;
}

export function readChecks(
  { password, totpCode, recoveryCode }: GivenChecks,
  secrets: Secrets,
): { readonly kind: 'read'; readonly checks: readonly Check[] } | Rejected<UnreadProof> {
  const byTotp = readProof({ code: totpCode, recoveryCode: null }, secrets);
  const byRecoveryCode = readProof({ code: null, recoveryCode }, secrets);
  if (byTotp.kind === 'rejected') return byTotp;
  if (byRecoveryCode.kind === 'rejected') return byRecoveryCode;
  const checks = [
    password === null ? null : passwordCheck(password, secrets),
    byTotp.proof === null ? null : proofCheck(byTotp.proof, secrets),
    byRecoveryCode.proof === null ? null : proofCheck(byRecoveryCode.proof, secrets),
  ];
  return { kind: 'read', checks: checks.filter((check) => check !== null) };
}

/** What was right before the first no is right all the same, and is recorded with it. */
export async function decideChecks(
  checks: readonly Check[],
  { account, ...subject }: Subject,
): Promise<Decision<AccountEvent, CheckRefusal, readonly SessionFactor[]>> {
  const events: AccountEvent[] = [];
  let known = account;
  for (const check of checks) {
    const decision = await check.decide({ ...subject, account: known });
    events.push(...decision.events);
    if (decision.outcome.kind === 'rejected') return reject(decision.outcome.refusal, ...events);
    known = accountAfter(known, decision.events, subject.context.now);
  }
  return acceptWith(
    checks.map(({ factor }) => factor),
    ...events,
  );
}

const factorOf: { readonly [Type in AccountEvent['type']]?: SessionFactor } = {
  'user.human.password.check.succeeded': 'password',
  'user.human.mfa.otp.check.succeeded': 'totp',
  'user.human.mfa.recoverycode.check.succeeded': 'recovery-code',
};

/** What a call that is sent again was told to be right, in the same order. */
export const checkedIn = (events: readonly AccountEvent[]): readonly SessionFactor[] =>
  events.map(({ type }) => factorOf[type] ?? null).filter((factor) => factor !== null);

function passwordCheck(password: string, secrets: Secrets): Check {
  const guess = guessPassword(password, secrets);
  return {
    factor: 'password',
    decide: async ({ organizationId, account, context }) => {
      const target = passwordTarget(account, { organizationId }, context);
      if (target.kind === 'rejected') return reject(target.refusal);
      const { sealer } = context;
      const stored = target.hash === null ? null : sealer.openText('password-hash', target.hash);
      const { matches, rehashed } = await guess.compare(stored);
      const sealed = sealer.sealNullable('password-hash', rehashed);
      return verifyPassword(account, { organizationId, matches, rehashed: sealed }, context);
    },
  };
}

/** Any device will do. */
function proofCheck(given: GivenProof, secrets: Secrets): Check {
  return {
    factor: given.by,
    decide: async ({ organizationId, account, context }) => {
      const address = { organizationId, totpId: null };
      const gathered = await gatherProof(given, address, { account, context, secrets });
      if (gathered.kind === 'rejected') return reject(gathered.refusal);
      return prove(account, { ...address, proof: gathered.proof }, context);
    },
  };
}
