// Whether somebody is left who may do everything, when a user or an organization comes to an end. The end is
// decided on the stream of what ends; what is known of the owners comes from other streams, as data.

import type { Circumstances } from '#domain/account/circumstances.js';
import { type Member, type Members, ownerRole } from '#domain/organization/members.js';
import { isAlive, type UserState } from '#domain/user/state.js';

export interface OwnerCircumstances {
  /** `ends` where no owner who may act is left afterwards. */
  readonly ownership: 'stays' | 'ends';
}

export interface Owner {
  /** An idle one is locked, inactive, or of an organization that is not active: somebody may let it act again. */
  readonly standing: 'acting' | 'idle' | 'gone';
  /** Whether it is among what ends. */
  readonly isLeaving: boolean;
}

export const ownersOf = (members: Members): readonly Member[] =>
  members.filter(({ roles }) => roles.includes(ownerRole));

/** Idle owners hold nothing up, and may not leave either when they are all that is left. */
export function ownershipAfter(owners: readonly Owner[]): OwnerCircumstances['ownership'] {
  const isOwnerLeaving = owners.some(({ isLeaving, standing }) => isLeaving && standing !== 'gone');
  const isOneLeft = owners.some(({ isLeaving, standing }) => !isLeaving && standing === 'acting');
  return isOwnerLeaving && !isOneLeft ? 'ends' : 'stays';
}

export function standingOf(user: UserState, organization: Circumstances['organization']): Owner['standing'] {
  const isThere = organization === 'active' || organization === 'inactive';
  if (!isAlive(user) || !isThere) return 'gone';
  return user.status === 'active' && organization === 'active' ? 'acting' : 'idle';
}
