// All calls that users make, ZITADEL's and ours, by sessions with and without a second factor.

import type { DescMethodUnary } from '@bufbuild/protobuf';

import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { answerOf } from '#application/testing/attempt.js';
import { addDevice, codeOf, type Device } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { cheapSecrets, givePassword, logIn } from '#application/testing/logins.js';
import { human, otherId } from '#application/testing/people.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import type { EventLog } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';
import { countersignServices } from '#transport/dialects/countersign/services.js';
import { zitadelServices } from '#transport/dialects/zitadel/services.js';
import { type DialectDesk, openDialectDesk } from '#transport/testing/dialect-desk.js';

export interface Session {
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
  readonly sessionId: SessionId;
  readonly authorization: string;
  readonly device: Device | null;
}

/** What was appended at once. */
export interface Append {
  readonly stream: string;
  readonly types: readonly string[];
}

export interface SessionsDesk extends DialectDesk {
  readonly appends: readonly Append[];
  /** Of somebody new, logged in with all there is. */
  begin(given?: Begun): Promise<Session>;
  /** Of everybody in the organization of those who begin, but for those elsewhere. */
  requireFactor(isRequired: boolean): Promise<unknown>;
}

interface Begun {
  readonly factor?: boolean;
  /** In another organization, and without a factor. */
  readonly elsewhere?: boolean;
}

let people = 0;

export async function openSessionsDesk(): Promise<SessionsDesk> {
  const appends: Append[] = [];
  const log = noting(new InMemoryEventLog(), appends);
  const desk = await openDialectDesk({
    house: { house: { log, secrets: await cheapSecrets() } },
    services: [],
    implement: (parts) => [zitadelServices(parts), ...countersignServices(parts)],
  });
  const { house } = desk;
  return Object.assign(desk, {
    appends,
    begin: (given?: Begun) => begin(house, given),
    requireFactor: (secondFactorRequired: boolean) => {
      const changed = new SettingsFields({ secondFactorRequired });
      return answerOf(house, new ChangeOrganizationSettings({ organizationId, changed, by }));
    },
  });
}

function noting(log: EventLog, appends: Append[]): EventLog {
  return logWith(log, {
    append: (stream, events, expected) => {
      appends.push({ stream, types: events.map(({ type }) => type) });
      return log.append(stream, events, expected);
    },
  });
}

async function begin(house: House, { factor = true, elsewhere = false }: Begun = {}): Promise<Session> {
  people += 1;
  const userId = `0198f3a2-0000-7000-8000-0000001${String(people).padStart(5, '0')}` as UserId;
  const of = elsewhere ? otherId : organizationId;
  await answerOf(house, human(userId, `somebody-${people}@example.com`, { organizationId: of }));
  await givePassword(house, userId, { of });
  const device = factor && !elsewhere ? await addDevice(house, userId) : null;
  const totpCode = device === null ? null : codeOf(house, device);
  const { sessionId, token } = await logIn(house, userId, { organizationId: of, totpCode });
  return { userId, organizationId: of, sessionId, authorization: `Bearer ${token}`, device };
}

/** Every method that is built and has one answer, by its name. */
export const methodsOf = ({ implemented }: DialectDesk): readonly DescMethodUnary[] =>
  implemented.flatMap(({ method }) => (method.methodKind === 'unary' ? [method] : []));
