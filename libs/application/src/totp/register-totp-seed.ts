import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsOneOf, IsText, IsTrueOrFalse, MayBeNull } from '#application/input.js';
import { nameCharactersMax, seedCharactersMax } from '#application/limits.js';
import { eventOf } from '#application/recalled.js';
import { endingOf, withOthersEnded } from '#application/session/end-others.js';
import { readSeed } from '#application/totp/imported-seed.js';
import { algorithms, digits, parametersOf, periods } from '#application/totp/shown.js';
import { executeForUser, type UserOutcome, withAnswer } from '#application/users.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { type RegisterTotpSeedRefusal, registerTotpSeed } from '#domain/totp/decide.js';
import type { TotpParameters } from '#domain/totp/events.js';

interface TotpRegistered {
  readonly totpId: TotpId;
}

type Outcome = UserOutcome<TotpRegistered, RegisterTotpSeedRefusal>;

/** A device that was enrolled elsewhere is ready here, without a code. */
export class RegisterTotpSeed extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** In base32. */
  @IsText(seedCharactersMax) readonly secret!: string;
  @MayBeNull() @IsText(nameCharactersMax) readonly name: string | null = null;
  /** Null, here and below, is what nearly all authenticators use. */
  @MayBeNull() @IsOneOf(algorithms) readonly algorithm: TotpParameters['algorithm'] | null = null;
  @MayBeNull() @IsOneOf(digits) readonly digits: TotpParameters['digits'] | null = null;
  @MayBeNull() @IsOneOf(periods) readonly periodSeconds: TotpParameters['periodSeconds'] | null = null;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  readonly by!: Caller;

  constructor(fields: Fields<RegisterTotpSeed, Optional>) {
    super();
    Object.assign(this, fields);
  }
}

type Optional = 'name' | 'algorithm' | 'digits' | 'periodSeconds' | 'endOtherSessions';

@CommandHandler(RegisterTotpSeed)
export class RegisterTotpSeedHandler implements ICommandHandler<RegisterTotpSeed> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: RegisterTotpSeed): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const seed = readSeed(command.secret, 'secret', secrets);
    if ('code' in seed) return { kind: 'rejected', refusal: seed };
    const totpId = secrets.newId() as TotpId;
    const parameters = parametersOf(command, defaultSettings.totpParameters);
    const ending = await endingOf(this.#application, command);
    return executeForUser<RegisterTotpSeedRefusal, TotpRegistered>(this.#application, command, {
      decide: (account, context) => {
        const { organizationId } = command;
        const { sealer } = context;
        const name = sealer.sealNullable('totp-name', command.name, totpId);
        const secret = sealer.seal('totp-secret', seed, totpId);
        const registration = { organizationId, totpId, name, secret, parameters };
        const registered = registerTotpSeed(account, registration, context);
        return withAnswer(withOthersEnded(registered, ending, account), { totpId });
      },
      recall: (events) => ({ totpId: eventOf(events, 'user.human.mfa.otp.imported').totpId }),
    });
  }
}
