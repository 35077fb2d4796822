import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, IsTrueOrFalse, IsWhole, MayBeNull } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import { eventOf } from '#application/recalled.js';
import { unlessBusy } from '#application/recovery-codes/compare.js';
import { codesOnce, type WithCodes, withRecoveryCodes } from '#application/recovery-codes/with-codes.js';
import { endingOf, withOthersEnded } from '#application/session/end-others.js';
import { noteTotpShown } from '#application/session/note-totp-shown.js';
import { compareFirst, mayBeFirstCode, readCode } from '#application/totp/compare.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import { recoveryCodesMax } from '#domain/recovery-codes/decide.js';
import {
  pendingTarget,
  type VerifyTotpRegistrationRefusal,
  verifyTotpRegistration,
} from '#domain/totp/decide.js';
import { type MalformedCode, malformedCode } from '#domain/totp/guess.js';

type Refusal = VerifyTotpRegistrationRefusal | MalformedCode;
type Outcome = UserOutcome<TotpConfirmed, Refusal>;

export interface TotpConfirmed extends WithCodes {
  readonly totpId: TotpId;
}

/** With the first code of a device, which is spent, the device is ready. */
export class VerifyTotpRegistration extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(codeCharactersMax) readonly code!: string;
  /** Null stands for the registration that is under way. */
  @MayBeNull() @IsId() readonly totpId: TotpId | null = null;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  /** How many recovery codes are made with it, which void those from before; null for none. */
  @MayBeNull() @IsWhole(1, recoveryCodesMax) readonly recoveryCodes: number | null = null;
  readonly by!: Caller;

  constructor(fields: Fields<VerifyTotpRegistration, 'totpId' | 'endOtherSessions' | 'recoveryCodes'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(VerifyTotpRegistration)
export class VerifyTotpRegistrationHandler implements ICommandHandler<VerifyTotpRegistration> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: VerifyTotpRegistration): Promise<Outcome> {
    return unlessBusy(() => this.#verify(command));
  }

  async #verify(command: VerifyTotpRegistration): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const code = readCode(command.code, secrets);
    const codes = codesOnce(command.recoveryCodes, secrets);
    const { organizationId } = command;
    const ending = await endingOf(this.#application, command);
    const outcome = await executeForUser<Refusal, TotpConfirmed>(this.#application, command, {
      decide: async (account, context) => {
        const found = pendingTarget(account, command, context);
        if (found.kind === 'rejected') return reject(found.refusal);
        const { target } = found;
        if (!mayBeFirstCode(code, target)) return reject(malformedCode([target]));
        const compared = compareFirst(target, code, { context, secrets });
        const verified = verifyTotpRegistration(account, { ...command, ...compared }, context);
        const withCodes = { account, organizationId, context, withPending: false };
        return withOthersEnded(await withRecoveryCodes(verified, codes, withCodes), ending, account);
      },
      recall: (events) => ({
        totpId: eventOf(events, 'user.human.mfa.otp.verified').totpId,
        recoveryCodes: null,
      }),
      isDear: command.recoveryCodes !== null,
    });
    if (outcome.kind === 'accepted') await noteTotpShown(this.#application, command, outcome);
    return outcome;
  }
}
