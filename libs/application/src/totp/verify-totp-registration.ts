import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, IsTrueOrFalse, MayBeNull } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import { eventOf } from '#application/recalled.js';
import { endingOf, withOthersEnded } from '#application/session/end-others.js';
import { noteTotpShown } from '#application/session/note-totp-shown.js';
import { compareFirst, mayBeFirstCode, readCode } from '#application/totp/compare.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import {
  pendingTarget,
  type VerifyTotpRegistrationRefusal,
  verifyTotpRegistration,
} from '#domain/totp/decide.js';
import { type MalformedCode, malformedCode } from '#domain/totp/guess.js';

type Refusal = VerifyTotpRegistrationRefusal | MalformedCode;
type Outcome = UserOutcome<{ readonly totpId: TotpId }, Refusal>;

/** With the first code of a device, which is spent, the device is ready. */
export class VerifyTotpRegistration extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(codeCharactersMax) readonly code!: string;
  /** Null stands for the registration that is under way. */
  @MayBeNull() @IsId() readonly totpId: TotpId | null = null;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  readonly by!: Caller;

  constructor(fields: Fields<VerifyTotpRegistration, 'totpId' | 'endOtherSessions'>) {
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

  async execute(command: VerifyTotpRegistration): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const code = readCode(command.code, secrets);
    const ending = await endingOf(this.#application, command);
    const outcome = await executeForUser<Refusal, { readonly totpId: TotpId }>(this.#application, command, {
      decide: (account, context) => {
        const found = pendingTarget(account, command, context);
        if (found.kind === 'rejected') return reject(found.refusal);
        const { target } = found;
        if (!mayBeFirstCode(code, target)) return reject(malformedCode([target]));
        const compared = compareFirst(target, code, { context, secrets });
        const verified = verifyTotpRegistration(account, { ...command, ...compared }, context);
        return withOthersEnded(verified, ending, account);
      },
      recall: (events) => ({ totpId: eventOf(events, 'user.human.mfa.otp.verified').totpId }),
    });
    if (outcome.kind === 'accepted') await noteTotpShown(this.#application, command, outcome);
    return outcome;
  }
}
