import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsOneOf, IsText, IsTrueOrFalse, IsWhole, MayBeNull } from '#application/input.js';
import { nameCharactersMax } from '#application/limits.js';
import { eventOf } from '#application/recalled.js';
import { unlessBusy } from '#application/recovery-codes/compare.js';
import { codesOnce, type WithCodes, withRecoveryCodes } from '#application/recovery-codes/with-codes.js';
import {
  algorithms,
  digits,
  type Label,
  labelOf,
  parametersOf,
  periods,
  type Qr,
  qrKinds,
  qrOf,
} from '#application/totp/shown.js';
import { executeForUser, type UserContext, type UserOutcome, withAnswer } from '#application/users.js';
import type { Account } from '#domain/account/state.js';
import { reject } from '#domain/decider.js';
import type { Instant, OrganizationId, TotpId, UserId } from '#domain/ids.js';
import { recoveryCodesMax } from '#domain/recovery-codes/decide.js';
import { type StartTotpRegistrationRefusal, startTotpRegistration } from '#domain/totp/decide.js';
import type { TotpParameters } from '#domain/totp/events.js';
import type { ReadyTotp } from '#domain/totp/state.js';

export interface TotpRegistration extends WithCodes {
  readonly totpId: TotpId;
  /** In base32. It is told here, and never again: null, as the URI, where the call is a repeat. */
  readonly secret: string | null;
  readonly uri: string | null;
  /** The URI as a picture, where one was asked for. */
  readonly qr: string | null;
  readonly parameters: TotpParameters;
  /** Until then the first code has to be confirmed. */
  readonly expiresAt: Instant;
}

type Outcome = UserOutcome<TotpRegistration, StartTotpRegistrationRefusal>;

/** Makes a secret for an authenticator app. It counts for nothing until its first code is confirmed. */
export class StartTotpRegistration extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @MayBeNull() @IsText(nameCharactersMax) readonly name: string | null = null;
  /** Null, here and below, is what the organization says. */
  @MayBeNull() @IsOneOf(algorithms) readonly algorithm: TotpParameters['algorithm'] | null = null;
  @MayBeNull() @IsOneOf(digits) readonly digits: TotpParameters['digits'] | null = null;
  @MayBeNull() @IsOneOf(periods) readonly periodSeconds: TotpParameters['periodSeconds'] | null = null;
  @IsOneOf(qrKinds) readonly qr: Qr = 'none';
  /** Refused where a device without a name is ready: whoever cannot name devices cannot tell two apart. */
  @IsTrueOrFalse() readonly onlyUnnamed: boolean = false;
  /** Refused where the name does not tell it from a device that is ready: none is given, or one that is taken. */
  @IsTrueOrFalse() readonly onlyNew: boolean = false;
  /** How many recovery codes are made with it, which count from its confirmation on; null for none. */
  @MayBeNull() @IsWhole(1, recoveryCodesMax) readonly recoveryCodes: number | null = null;
  readonly by!: Caller;

  constructor(fields: Fields<StartTotpRegistration, Optional>) {
    super();
    Object.assign(this, fields);
  }
}

type Optional =
  | 'name'
  | 'algorithm'
  | 'digits'
  | 'periodSeconds'
  | 'qr'
  | 'onlyUnnamed'
  | 'onlyNew'
  | 'recoveryCodes';

@CommandHandler(StartTotpRegistration)
export class StartTotpRegistrationHandler implements ICommandHandler<StartTotpRegistration> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: StartTotpRegistration): Promise<Outcome> {
    return unlessBusy(() => this.#start(command));
  }

  async #start(command: StartTotpRegistration): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const totpId = secrets.newId() as TotpId;
    const bytes = secrets.newTotpSecret();
    const codes = codesOnce(command.recoveryCodes, secrets);
    const { organizationId } = command;
    const outcome = await executeForUser<StartTotpRegistrationRefusal, Started>(this.#application, command, {
      decide: async (account, context) => {
        const { sealer, settings } = context;
        const parameters = parametersOf(command, settings.totpParameters);
        const name = sealer.sealNullable('totp-name', command.name, totpId);
        const secret = sealer.seal('totp-secret', bytes, totpId);
        const seed = { ...command, totpId, name, secret, parameters };
        const label = labelOf(account, context, command.name);
        const started = startTotpRegistration(account, seed, context);
        if (mayHaveDevice(started) && isToldFromNone(command, account, context))
          return reject({ code: 'totp-already-ready' });
        const withCodes = { account, organizationId, context, withPending: true };
        return withRecoveryCodes(withAnswer(started, { totpId, label, parameters }), codes, withCodes);
      },
      recall: (events) => ({
        ...eventOf(events, 'user.human.mfa.otp.added'),
        label: null,
        recoveryCodes: null,
      }),
      isDear: command.recoveryCodes !== null,
    });
    if (outcome.kind === 'rejected') return outcome;
    const { label, ...told } = outcome.answer;
    const shown = label === null ? nothingShown : await this.#show(command, bytes, { ...told, label });
    const { parameters, expiresAt, recoveryCodes } = told;
    return { ...outcome, answer: { totpId: told.totpId, parameters, expiresAt, recoveryCodes, ...shown } };
  }

  async #show({ qr }: StartTotpRegistration, bytes: Buffer, { label, parameters }: Labelled): Promise<Shown> {
    const { secrets } = this.#application.parts;
    const uri = secrets.otpauthUri({ ...label, secret: bytes, parameters });
    return { secret: secrets.base32Encode(bytes), uri, qr: await qrOf(qr, uri, secrets) };
  }
}

/** Whether nothing but the number of devices stands in the way. */
const mayHaveDevice = ({ outcome }: ReturnType<typeof startTotpRegistration>) =>
  outcome.kind === 'accepted' || outcome.refusal.code === 'totp-devices-max';

function isToldFromNone(
  { name, onlyUnnamed, onlyNew }: StartTotpRegistration,
  { totp }: Account,
  { sealer }: UserContext,
): boolean {
  const ready = totp.devices.filter(({ status }) => status === 'ready');
  if (onlyUnnamed && ready.some((device) => device.name === null)) return true;
  if (!onlyNew || ready.length === 0) return false;
  return name === null || ready.some((device) => nameOf(device, sealer) === name);
}

const nameOf = (
  { name, totpId }: Pick<ReadyTotp, 'name' | 'totpId'>,
  sealer: UserContext['sealer'],
): string | null => (name === null ? null : sealer.openText('totp-name', name, totpId));

type Shown = Pick<TotpRegistration, 'secret' | 'uri' | 'qr'>;
const nothingShown: Shown = { secret: null, uri: null, qr: null };

interface Started extends Pick<TotpRegistration, 'totpId' | 'parameters' | 'expiresAt' | 'recoveryCodes'> {
  /** Null where all was shown before. */
  readonly label: Label | null;
}

interface Labelled {
  readonly label: Label;
  readonly parameters: TotpParameters;
}
