import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, IsTrueOrFalse, MayBeNull } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import {
  gatherProof,
  isDear,
  proofFor,
  readProof,
  type UnreadProof,
  withoutProof,
  withProof,
} from '#application/proof.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import { endedWithLastFactor, endingOf, withOthersEnded } from '#application/session/end-others.js';
import { type Decide, executeForUser, type UserOutcome } from '#application/users.js';
import { type Decision, reject } from '#domain/decider.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import { hasSecondFactor } from '#domain/session/assurance.js';
import { type RemoveTotpRefusal, removeTotp } from '#domain/totp/decide.js';

type Outcome = UserOutcome<null, RemoveTotpRefusal | UnreadProof | Busy>;

/**
 * A device that waits for its first code is removed without a proof. One that comes along is looked at all the same
 * where there is a factor to hold it against: a session may have come this far by it.
 */
export class RemoveTotp extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsId() readonly totpId!: TotpId;
  /** Of this device. */
  @MayBeNull() @IsText(codeCharactersMax) readonly code: string | null = null;
  /** Looked at where there is no code. */
  @MayBeNull() @IsText(codeCharactersMax) readonly recoveryCode: string | null = null;
  /** Whoever sends this has made sure that it is one, who needs neither. */
  @IsTrueOrFalse() readonly byAdministrator: boolean = false;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  readonly by!: Caller;

  constructor(fields: Fields<RemoveTotp, 'code' | 'recoveryCode' | 'byAdministrator' | 'endOtherSessions'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveTotp)
export class RemoveTotpHandler implements ICommandHandler<RemoveTotp> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: RemoveTotp): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const read = readProof(proofFor(command), secrets);
    if (read.kind === 'rejected') return read;
    const { organizationId, totpId, byAdministrator } = command;
    const device = { organizationId, totpId };
    const ending = await endingOf(this.#application, command);
    const decide: Decide<RemoveTotpRefusal, null> = async (account, context) => {
      if (byAdministrator) {
        const removal = removeTotp(account, { ...device, proof: { by: 'administrator' } }, context);
        const all = endedWithLastFactor(removal, ending, { account, now: context.now });
        return withOthersEnded(removal, all, account);
      }
      const removal = removeTotp(account, { ...device, proof: null }, context);
      if (read.proof === null) return withOthersEnded(removal, ending, account);
      if (!needsProof(removal)) {
        const shown = hasSecondFactor(account) ? read.proof : null;
        const subject = { account, context, secrets, organizationId };
        return withOthersEnded(await withProof(removal, shown, subject), ending, account);
      }
      const gathered = await gatherProof(read.proof, device, { account, context, secrets });
      if (gathered.kind === 'rejected') return reject(gathered.refusal);
      const proven = removeTotp(account, { ...device, proof: gathered.proof }, context);
      return withOthersEnded(proven, ending, account);
    };
    const removing = { decide, recall: () => null, isDear: isDear(read.proof) };
    return unlessBusy(() => executeForUser(this.#application, withoutProof(command), removing));
  }
}

function needsProof({ outcome }: Decision<unknown, RemoveTotpRefusal>): boolean {
  return outcome.kind === 'rejected' && outcome.refusal.code === 'proof-required';
}
