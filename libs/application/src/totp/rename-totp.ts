import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, MayBeNull } from '#application/input.js';
import { nameCharactersMax } from '#application/limits.js';
import type { Sealer } from '#application/sealer.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { Account } from '#domain/account/state.js';
import type { OrganizationId, Sealed, TotpId, UserId } from '#domain/ids.js';
import { type RenameTotpRefusal, renameTotp } from '#domain/totp/decide.js';

type Outcome = UserOutcome<null, RenameTotpRefusal>;

export class RenameTotp extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsId() readonly totpId!: TotpId;
  /** Null, and it has none. */
  @MayBeNull() @IsText(nameCharactersMax) readonly name: string | null = null;
  readonly by!: Caller;

  constructor(fields: Fields<RenameTotp, 'name'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RenameTotp)
export class RenameTotpHandler implements ICommandHandler<RenameTotp> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RenameTotp): Promise<Outcome> {
    return executeForUser<RenameTotpRefusal, null>(this.#application, command, (account, context) => {
      const { organizationId, totpId } = command;
      const name = sealName(command, account, context.sealer);
      return renameTotp(account, { organizationId, totpId, name }, context);
    });
  }
}

/** The present text where it says the same already: sealing it again would look like a change. */
function sealName({ totpId, name }: RenameTotp, { totp }: Account, sealer: Sealer): Sealed | null {
  const device = [...totp.devices, totp.pending].find((one) => one?.totpId === totpId);
  const present = device?.name ?? null;
  const isSame = present !== null && sealer.openText('totp-name', present, totpId) === name;
  return isSame ? present : sealer.sealNullable('totp-name', name, totpId);
}
