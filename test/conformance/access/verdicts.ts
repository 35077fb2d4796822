// What each caller is to be told about each target, by the rows alone.

import type { Row } from '#test/conformance/access/rows.js';
import type { Fate, Somebody } from '#test/conformance/access/world.js';

/** `hidden` is told alike of what is elsewhere, of what never was, and of what is gone. */
export type Verdict = 'allowed' | 'denied' | 'hidden';

/** Whom or what a call is about; an organization of null is that of nobody who is left. */
export interface Target {
  readonly name: string;
  readonly userId: string;
  readonly organizationId: string | null;
  /** One that is under way, or that was before its user was gone. */
  readonly sessionId?: string;
  /** Of who is gone. */
  readonly fate?: Fate;
}

const ranks = { reader: 1, manager: 2, owner: 3 } as const;
const rankOf = { ORG_USER_READER: 1, ORG_USER_MANAGER: 2, ORG_OWNER: 3, INSTANCE_OWNER: 4 } as const;

export function verdictOf(row: Row, caller: Somebody, target: Target): Verdict {
  if (row.of === 'anyone') return 'allowed';
  if (row.of === 'instance') return caller.role === 'INSTANCE_OWNER' ? 'allowed' : 'denied';
  if (row.of === 'acting')
    return row.least !== null && reaches(row.least, rankOfAny(caller)) ? 'allowed' : 'denied';
  if (target.organizationId === null) return 'hidden';
  const verdict = verdictAbout(row, caller, { ...target, organizationId: target.organizationId });
  return target.fate !== undefined && verdict === 'denied' ? 'hidden' : verdict;
}

function verdictAbout(
  { of, self, least }: Row,
  caller: Somebody,
  { userId, organizationId }: Target & { readonly organizationId: string },
): Verdict {
  const rank = rankIn(organizationId, caller);
  const isSelf = (of === 'user' || of === 'session') && userId === caller.userId;
  if ((isSelf && self) || (least !== null && reaches(least, rank))) return 'allowed';
  const isOfHome = of === 'organization' && organizationId === caller.organizationId;
  // Who may not read sessions does not learn which there are, whatever else it may read.
  const reads = of === 'session' ? 'manager' : 'reader';
  return isSelf || isOfHome || reaches(reads, rank) ? 'denied' : 'hidden';
}

const reaches = (least: keyof typeof ranks, rank: number): boolean => rank >= ranks[least];

const rankOfAny = ({ role }: Somebody): number => (role === null ? 0 : rankOf[role]);

function rankIn(organizationId: string, { role, organizationId: home }: Somebody): number {
  if (role === null) return 0;
  return role === 'INSTANCE_OWNER' || organizationId === home ? rankOf[role] : 0;
}
