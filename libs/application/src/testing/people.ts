// Two organizations, and people in them.

import { AddOrganization } from '#application/organization/add-organization.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { AddMachineUser } from '#application/user/add-machine-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { OrganizationId, UserId } from '#domain/ids.js';

export const otherId = '0198f3a2-0000-7000-8000-000000000002' as OrganizationId;
export const ada = '0198f3a2-0000-7000-8000-0000000000a1' as UserId;
export const bob = '0198f3a2-0000-7000-8000-0000000000b1' as UserId;
export const printer = '0198f3a2-0000-7000-8000-0000000000c1' as UserId;
export const nobody = '0198f3a2-0000-7000-8000-0000000000f1' as UserId;

type Chosen = Partial<ConstructorParameters<typeof AddHumanUser>[0]>;

export function human(userId: UserId, username: string, chosen: Chosen = {}): AddHumanUser {
  const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'L' });
  const email = username.includes('@') ? username : `${username}@example.com`;
  return new AddHumanUser({ organizationId, userId, username, email, profile, by, ...chosen });
}

export function machine(userId: UserId, name: string): AddMachineUser {
  return new AddMachineUser({ organizationId, userId, username: name, name, by });
}

/** With both organizations, and a second since they were added. */
export async function openInhabited(given: Parameters<typeof openHouse>[0] = {}): Promise<House> {
  const house = await openHouse(given);
  await answerOf(house, new AddOrganization({ organizationId, name: 'Acme', by }));
  await answerOf(house, new AddOrganization({ organizationId: otherId, name: 'Umbrella', by }));
  house.clock.now += 1_000;
  return house;
}
