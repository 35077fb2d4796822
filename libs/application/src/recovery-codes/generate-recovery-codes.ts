import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, IsTrueOrFalse, IsWhole, MayBeNull } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import {
  type GivenProof,
  isDear,
  proofFor,
  readProof,
  type UnreadProof,
  withoutProof,
  withProof,
} from '#application/proof.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import { makeRecoveryCodes } from '#application/recovery-codes/made.js';
import { endingOf, withOthersEnded } from '#application/session/end-others.js';
import { executeForUser, type UserOutcome, withAnswer } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import {
  type GenerateRefusal,
  generateRecoveryCodes,
  recoveryCodesMax,
} from '#domain/recovery-codes/decide.js';
import type { ProofRefusal } from '#domain/totp/decide.js';

export interface RecoveryCodes {
  /** Told here, and never again: null where the call is a repeat. */
  readonly codes: readonly string[] | null;
}

type Refusal = GenerateRefusal | ProofRefusal;
type Outcome = UserOutcome<RecoveryCodes, Refusal | UnreadProof | Busy>;

/** New codes void the old. */
export class GenerateRecoveryCodes extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** Null is what the organization says. */
  @MayBeNull() @IsWhole(1, recoveryCodesMax) readonly count: number | null = null;
  /** They count from the confirmation of the registration that is under way, and until then the old ones do. */
  @IsTrueOrFalse() readonly withPending: boolean = false;
  /** Of any device. Whether a proof is needed is for the caller to know; one that is given has to hold. */
  @MayBeNull() @IsText(codeCharactersMax) readonly code: string | null = null;
  /** Looked at where there is no code. */
  @MayBeNull() @IsText(codeCharactersMax) readonly recoveryCode: string | null = null;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  readonly by!: Caller;

  constructor(fields: Fields<GenerateRecoveryCodes, Optional>) {
    super();
    Object.assign(this, fields);
  }
}

type Optional = 'count' | 'withPending' | 'code' | 'recoveryCode' | 'endOtherSessions';

@CommandHandler(GenerateRecoveryCodes)
export class GenerateRecoveryCodesHandler implements ICommandHandler<GenerateRecoveryCodes> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: GenerateRecoveryCodes): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const read = readProof(proofFor(command), secrets);
    return read.kind === 'rejected' ? read : unlessBusy(() => this.#generate(command, read.proof));
  }

  async #generate(command: GenerateRecoveryCodes, proof: GivenProof | null): Promise<Outcome> {
    const {
      surroundings,
      parts: { secrets },
    } = this.#application;
    const { organizationId, withPending } = command;
    const { settings } = await surroundings.of(organizationId);
    const ending = await endingOf(this.#application, command);
    // Before anything is decided: whoever loses a race decides again, and must not hash again.
    const { texts, codes } = await makeRecoveryCodes(command.count ?? settings.recoveryCodesCount, secrets);
    return executeForUser<Refusal, RecoveryCodes>(this.#application, withoutProof(command), {
      decide: async (account, context) => {
        const generated = generateRecoveryCodes(account, { organizationId, codes, withPending }, context);
        const proven = await withProof(generated, proof, { account, organizationId, context, secrets });
        return withAnswer(withOthersEnded(proven, ending, account), { codes: texts });
      },
      recall: () => ({ codes: null }),
      isDear: isDear(proof),
    });
  }
}
