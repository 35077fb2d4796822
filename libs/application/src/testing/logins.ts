// People who log in: with a password that tests know, in a house that has an instance. Hashes are cheap here.

import { SetUpInstance } from '#application/instance/set-up-instance.js';
import type { Secrets } from '#application/parts.js';
import { type CheckedSession, checkSessionToken } from '#application/session/check-session-token.js';
import { CreateSession, type SessionCreated } from '#application/session/create-session.js';
import { SetSession } from '#application/session/set-session.js';
import { answerOf } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { openInhabited } from '#application/testing/people.js';
import { realSecrets } from '#application/testing/secrets.js';
import type { Shown } from '#application/testing/shown.js';
import { executeForUser } from '#application/users.js';
import { accept } from '#domain/decider.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import { passwordChanged } from '#domain/password/decide.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { HashLane } from '#secrets/hash-lane.js';
import { Passwords } from '#secrets/passwords.js';

export const instanceId = '0198f3a2-0000-7000-8000-0000000000ff';
export const password = 'correct horse battery staple';
export const wrongPassword = 'incorrect horse battery staple';

export const cheap = { memoryKibibytes: 8, passes: 1 };

export async function cheapSecrets(secrets: Promise<Secrets> = realSecrets()): Promise<Secrets> {
  const lane = new HashLane({ concurrent: 2, waitingMax: 1_000 });
  const recoveryHashes: Secrets['recoveryHashes'] = {
    hash: (text) => lane.hash(text, cheap),
    verify: (stored, text) => lane.verify(stored, text),
    verifyDummy: (text) => lane.verifyDummy(text, cheap),
  };
  return { ...(await secrets), recoveryHashes, passwords: new Passwords({ lane, workFactor: cheap }) };
}

/** With an instance, two organizations, and cheap hashes. */
export async function openLoggingIn(given: Parameters<typeof openInhabited>[0] = {}): Promise<House> {
  const house = await openInhabited({ secrets: await cheapSecrets(), ...given });
  answerOf(await house.run(new SetUpInstance({ instanceId, by })));
  return house;
}

export async function givePassword(
  { application, parts }: House,
  userId: UserId,
  { of = organizationId, text = password }: { readonly of?: OrganizationId; readonly text?: string } = {},
): Promise<void> {
  const hash = await parts.secrets.passwords.hash(text);
  const command = { organizationId: of, userId, by };
  const outcome = await executeForUser<never>(application, command, (_, { sealer }) =>
    accept(passwordChanged({ hash: sealer.seal('password-hash', hash), changeRequired: false }, 'set')),
  );
  answerOf(outcome);
}

type Chosen = Partial<ConstructorParameters<typeof CreateSession>[0]>;

export const creating = (user: CreateSession['user'], chosen: Chosen = {}): CreateSession =>
  new CreateSession({ organizationId, user, by, ...chosen });

export const setting = (sessionId: SessionId, chosen: Chosen = {}): SetSession =>
  new SetSession({ organizationId, sessionId, by, ...chosen });

export async function logIn(
  house: House,
  userId: UserId,
  chosen: Chosen = {},
): Promise<Shown<SessionCreated>> {
  return answerOf(await house.run(creating({ userId }, { password, ...chosen })));
}

export const checked = ({ application }: House, token: string): Promise<CheckedSession | null> =>
  checkSessionToken(application, token);

/** What the session of the token is worth: `authenticated`, `may-enrol`, or what is missing. */
export async function worthOf(house: House, token: string): Promise<string> {
  const session = await checked(house, token);
  if (session === null) return 'nothing';
  const { assurance } = session;
  return assurance.level === 'none' ? `no ${assurance.missing}` : assurance.level;
}

/** What was appended since, as `<kind of stream>: <type>`, in order. */
export async function appendedBy(house: House, run: () => Promise<unknown>): Promise<readonly string[]> {
  const { log } = house.parts;
  const after = await log.head();
  await run();
  const events = await log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
  return events.map(({ stream, type }) => `${stream.slice(0, stream.indexOf('-'))}: ${type}`);
}
