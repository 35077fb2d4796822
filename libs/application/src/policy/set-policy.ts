import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import { IsPolicyName, IsPolicyText } from '#application/policy/fields.js';
import type { OrganizationId } from '#domain/ids.js';
import type { NotFound } from '#domain/organization/decide.js';
import { type PoliciesMax, setPolicy } from '#domain/policy/decide.js';

type Outcome = OrganizationOutcome<NotFound | PoliciesMax>;

/** In the place of the one that had this name, where there is one. */
export class SetPolicy extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsPolicyName() readonly name!: string;
  @IsPolicyText() readonly text!: string;
  readonly by!: Caller;

  constructor(fields: Fields<SetPolicy>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(SetPolicy)
export class SetPolicyHandler implements ICommandHandler<SetPolicy> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: SetPolicy): Promise<Outcome> {
    const defects = await this.#application.parts.policyDefects(command.text);
    const violations = defects.map((message) => ({ field: 'text', rule: 'policy', message }));
    if (violations.length > 0) return { kind: 'rejected', refusal: { code: 'invalid-input', violations } };
    return executeForOrganization(this.#application, command, (organization) =>
      setPolicy(organization, command),
    );
  }
}
