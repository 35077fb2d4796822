import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsOneOf } from '#application/input.js';
import type { InstanceOutcome } from '#application/instances.js';
import { addSealedKey } from '#application/signing-keys/sealed-keys.js';
import { type SigningKeyWanted, signingKeysWanted } from '#domain/signing-keys/decide.js';

type Outcome = InstanceOutcome<never>;

/** Another key that proofs are signed by, unless there is one that does as well. */
export class AddSigningKey extends Command<Outcome> {
  @IsOneOf(signingKeysWanted) readonly wanted!: SigningKeyWanted;
  readonly by!: Caller;

  constructor(fields: Fields<AddSigningKey>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(AddSigningKey)
export class AddSigningKeyHandler implements ICommandHandler<AddSigningKey> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: AddSigningKey): Promise<Outcome> {
    return addSealedKey(this.#application, command);
  }
}
