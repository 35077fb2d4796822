// What is known of the owners of the instance when one of them, or the organization of one, is about to end.
// Their streams are read before the end is appended to another one. So that two do not end each other between the
// two, such ends take turns within this process; between processes nothing decides that race (SECURITY.md).

import type { Application } from '#application/application.js';
import type { Refused } from '#application/caller.js';
import type { Contended } from '#application/execute.js';
import { instanceStream } from '#application/surroundings.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import {
  type Owner,
  type OwnerCircumstances,
  ownershipAfter,
  ownersOf,
  standingOf,
} from '#domain/instance/ownership.js';
import { isAlive } from '#domain/user/state.js';

/** Most instances have fewer owners; there are no more than there may be members. */
const readAtATime = 32;
const turnOfOwners = 'owners';
const contended = { kind: 'rejected', refusal: { code: 'contended' } } as const;

/** Whoever is no owner waits for nobody. */
export async function inOwnersTurn<Outcome>(
  application: Application,
  userId: UserId,
  end: () => Promise<Outcome>,
): Promise<Outcome | Refused<Contended>> {
  const owners = await ownerStreams(application);
  return owners.includes(application.userStream(userId)) ? inTurn(application, end) : end();
}

export async function inTurn<Outcome>(
  { ownersTurns }: Application,
  end: () => Promise<Outcome>,
): Promise<Outcome | Refused<Contended>> {
  const turn = ownersTurns.take(turnOfOwners);
  if (turn === 'full') return contended;
  await turn;
  try {
    return await end();
  } finally {
    ownersTurns.pass(turnOfOwners);
  }
}

export async function ownershipWithoutUser(
  application: Application,
  userId: UserId,
): Promise<OwnerCircumstances> {
  const leaving = application.userStream(userId);
  const streams = await ownerStreams(application);
  if (!streams.includes(leaving)) return { ownership: 'stays' };
  return ownershipWithout(application, streams, ({ stream }) => stream === leaving);
}

export async function ownershipWithoutOrganization(
  application: Application,
  organizationId: OrganizationId,
): Promise<OwnerCircumstances> {
  const leaving = application.organizationStream(organizationId);
  const streams = await ownerStreams(application);
  return ownershipWithout(application, streams, ({ organization }) => organization === leaving);
}

async function ownerStreams(application: Application): Promise<readonly string[]> {
  const { state } = await application.instance.streams.current(instanceStream);
  const owners = state.status === 'ready' ? ownersOf(state.members) : [];
  return owners.map(({ userId }) => application.userStream(userId));
}

interface Place {
  readonly stream: string;
  /** Its stream; null of an owner who is gone. */
  readonly organization: string | null;
}

async function ownershipWithout(
  application: Application,
  streams: readonly string[],
  isLeaving: (owner: Place) => boolean,
): Promise<OwnerCircumstances> {
  const owners: Owner[] = [];
  for (let at = 0; at < streams.length; at += readAtATime) {
    const some = streams.slice(at, at + readAtATime);
    owners.push(...(await Promise.all(some.map((stream) => ownerOf(application, stream, isLeaving)))));
  }
  return { ownership: ownershipAfter(owners) };
}

async function ownerOf(
  application: Application,
  stream: string,
  isLeaving: (owner: Place) => boolean,
): Promise<Owner> {
  const { user } = (await application.accounts.streams.current(stream)).state;
  if (!isAlive(user)) return { standing: 'gone', isLeaving: isLeaving({ stream, organization: null }) };
  const { organization } = await application.surroundings.of(user.organizationId);
  const place = { stream, organization: application.organizationStream(user.organizationId) };
  return { standing: standingOf(user, organization), isLeaving: isLeaving(place) };
}
