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
} from '#application/proof.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import { endingOf, withOthersEnded } from '#application/session/end-others.js';
import { type Decide, executeForUser, type UserOutcome } from '#application/users.js';
import { type RemoveFactorsRefusal, removeFactors } from '#domain/account/remove-factors.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';

type Outcome = UserOutcome<null, RemoveFactorsRefusal | UnreadProof | Busy>;

/** Takes away all apps and recovery codes of who shows a code of any of them; all of it, or nothing. */
export class RemoveFactors extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** Of any app. */
  @MayBeNull() @IsText(codeCharactersMax) readonly code: string | null = null;
  /** Looked at where there is no code. */
  @MayBeNull() @IsText(codeCharactersMax) readonly recoveryCode: string | null = null;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  readonly by!: Caller;

  constructor(fields: Fields<RemoveFactors, 'code' | 'recoveryCode' | 'endOtherSessions'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveFactors)
export class RemoveFactorsHandler implements ICommandHandler<RemoveFactors> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: RemoveFactors): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const read = readProof(proofFor(command), secrets);
    if (read.kind === 'rejected') return read;
    const { organizationId } = command;
    const ending = await endingOf(this.#application, command);
    const decide: Decide<RemoveFactorsRefusal, null> = async (account, context) => {
      const unproven = removeFactors(account, { organizationId, proof: null }, context);
      const isUpToProof =
        unproven.outcome.kind === 'rejected' && unproven.outcome.refusal.code === 'proof-required';
      if (read.proof === null || !isUpToProof) return withOthersEnded(unproven, ending, account);
      const address = { organizationId, totpId: null };
      const gathered = await gatherProof(read.proof, address, { account, context, secrets });
      if (gathered.kind === 'rejected') return reject(gathered.refusal);
      const proven = removeFactors(account, { organizationId, proof: gathered.proof }, context);
      return withOthersEnded(proven, ending, account);
    };
    const removing = { decide, recall: () => null, isDear: isDear(read.proof) };
    return unlessBusy(() => executeForUser(this.#application, withoutProof(command), removing));
  }
}
