import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import { findMatch, readCode } from '#application/totp/compare.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import { resyncTarget, resyncTotp, type VerifyTotpRefusal } from '#domain/totp/decide.js';
import { malformedCode } from '#domain/totp/guess.js';

type Outcome = UserOutcome<null, VerifyTotpRefusal>;

/** Two consecutive codes show how far the clock of a device has drifted. */
export class ResyncTotp extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsId() readonly totpId!: TotpId;
  @IsText(codeCharactersMax) readonly firstCode!: string;
  /** The next one that the device showed. */
  @IsText(codeCharactersMax) readonly secondCode!: string;
  readonly by!: Caller;

  constructor(fields: Fields<ResyncTotp>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ResyncTotp)
export class ResyncTotpHandler implements ICommandHandler<ResyncTotp> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ResyncTotp): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const codes = [readCode(command.firstCode, secrets), readCode(command.secondCode, secrets)] as const;
    return executeForUser<VerifyTotpRefusal, null>(this.#application, command, (account, context) => {
      const found = resyncTarget(account, command, context);
      if (found.kind === 'rejected') return reject(found.refusal);
      const { target } = found;
      if (codes.some(({ length }) => length !== target.parameters.digits))
        return reject(malformedCode([target]));
      const match = findMatch(target, codes, { context, secrets });
      return resyncTotp(account, { ...command, match }, context);
    });
  }
}
