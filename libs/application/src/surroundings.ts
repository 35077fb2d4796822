// What a decision about a user needs to know of the organization and the instance.

import type { Loaded, Streams } from '#application/streams.js';
import type { Circumstances } from '#domain/account/circumstances.js';
import type { OrganizationId } from '#domain/ids.js';
import type { InstanceEvent } from '#domain/instance/events.js';
import { type InstanceState, inheritedSettings } from '#domain/instance/state.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import type { Settings } from '#domain/organization/settings.js';
import { effectiveSettings, type OrganizationState } from '#domain/organization/state.js';

export const instanceStream = 'instance';

export interface Surroundings {
  readonly settings: Settings;
  readonly organization: Circumstances['organization'];
  /** Empty for an organization that is not there. */
  readonly organizationName: string;
  /** Grows with whatever the organization, or the instance, chooses. */
  readonly epoch: number;
}

/** The users of an organization that was removed are gone with it, though their streams do not say so. */
export const isThere = ({ organization }: Pick<Surroundings, 'organization'>): boolean =>
  organization === 'active' || organization === 'inactive';

export interface SurroundingsOptions {
  readonly organizations: Streams<OrganizationState, OrganizationEvent>;
  readonly instance: Streams<InstanceState, InstanceEvent>;
  readonly streamOf: (organizationId: OrganizationId) => string;
}

interface Made {
  readonly instance: Loaded<InstanceState>;
  readonly surroundings: Surroundings;
}

export class SurroundingsReader {
  readonly #options: SurroundingsOptions;
  /** By the state of the organization, which is the same object while nothing changes: they are asked for twice by each call. */
  readonly #made = new WeakMap<Loaded<OrganizationState>, Made>();

  constructor(options: SurroundingsOptions) {
    this.#options = options;
  }

  /** At once where both are at hand and nobody else writes. */
  of(organizationId: OrganizationId): Surroundings | Promise<Surroundings> {
    const { organizations, instance, streamOf } = this.#options;
    const one = organizations.current(streamOf(organizationId));
    const other = instance.current(instanceStream);
    if (one instanceof Promise || other instanceof Promise)
      return Promise.all([one, other]).then(([first, second]) => this.#together(first, second));
    return this.#together(one, other);
  }

  #together(organization: Loaded<OrganizationState>, instance: Loaded<InstanceState>): Surroundings {
    const made = this.#made.get(organization);
    if (made !== undefined && made.instance === instance) return made.surroundings;
    const surroundings = together(organization, instance);
    this.#made.set(organization, { instance, surroundings });
    return surroundings;
  }

  /** What holds where an organization chose nothing. */
  async inherited(): Promise<Settings> {
    const { state } = await this.#options.instance.current(instanceStream);
    return inheritedSettings(state);
  }
}

function together(
  { state: organization, revision }: Loaded<OrganizationState>,
  { state: instance, revision: revisionOfInstance }: Loaded<InstanceState>,
): Surroundings {
  return {
    settings: effectiveSettings(organization, instance),
    organization: organization.status,
    organizationName: 'name' in organization ? organization.name : '',
    epoch: revision + revisionOfInstance,
  };
}
