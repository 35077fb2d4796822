import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, MayBeNull } from '#application/input.js';
import { audienceCharactersMax, codeCharactersMax, purposeCharactersMax } from '#application/limits.js';
import { eventOf } from '#application/recalled.js';
import type { Proven } from '#application/signing-keys/signer.js';
import { compare, readCode } from '#application/totp/compare.js';
import { executeForUser, type OnAppended, type UserOutcome, withAnswer } from '#application/users.js';
import type { Account } from '#domain/account/state.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import type { NotSetUp } from '#domain/instance/decide.js';
import { totpTargets, type VerifyTotpRefusal, verifyTotp } from '#domain/totp/decide.js';

interface Verified extends Proven {
  readonly totpId: TotpId;
  /** Recovery codes that are unspent. */
  readonly codesLeft: number;
}

type Outcome = UserOutcome<Verified, VerifyTotpRefusal | NotSetUp>;

/** Checks a code, and spends it. With a purpose, the event says what it was given for. */
export class VerifyTotp extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(codeCharactersMax) readonly code!: string;
  /** Null stands for whichever device shows this code. */
  @MayBeNull() @IsId() readonly totpId: TotpId | null = null;
  @MayBeNull() @IsText(purposeCharactersMax) readonly purpose: string | null = null;
  /** For whom a proof of it is signed; null, and none is. */
  @MayBeNull() @IsText(audienceCharactersMax) readonly proofAudience: string | null = null;
  readonly by!: Caller;

  constructor(fields: Fields<VerifyTotp, 'totpId' | 'purpose' | 'proofAudience'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(VerifyTotp)
export class VerifyTotpHandler implements ICommandHandler<VerifyTotp> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: VerifyTotp): Promise<Outcome> {
    const { proofAudience: audience, purpose } = command;
    if (audience === null) return this.#verify(command);
    const told = purpose === null ? {} : { purpose };
    return this.#application.signer.proving<Verified, VerifyTotpRefusal>(
      { ...command, audience },
      {
        run: (onAppended) => this.#verify(command, onAppended),
        shown: ({ totpId }) => ({ amr: ['otp'], factor: 'totp', totp_id: totpId, ...told }),
      },
    );
  }

  #verify(command: VerifyTotp, onAppended?: OnAppended): Promise<UserOutcome<Verified, VerifyTotpRefusal>> {
    const { secrets } = this.#application.parts;
    const code = readCode(command.code, secrets);
    const guess = { ...command, digits: code.length };
    return executeForUser<VerifyTotpRefusal, Verified>(this.#application, command, {
      decide: (account, context) => {
        const found = totpTargets(account, guess, context);
        if (found.kind === 'rejected') return reject(found.refusal);
        const comparisons = found.targets.map((target) => compare(target, code, { context, secrets }));
        const purpose = context.sealer.sealNullable('totp-purpose', command.purpose);
        return withAnswer(verifyTotp(account, { ...guess, comparisons, purpose }, context), leftOf(account));
      },
      onAppended,
      recall: (events, account) => ({
        totpId: eventOf(events, 'user.human.mfa.otp.check.succeeded').totpId,
        ...leftOf(account),
      }),
    });
  }
}

const leftOf = ({ recoveryCodes }: Account) => ({ codesLeft: recoveryCodes.codes.length });
