// The service as main.ts opens it, with users to call about and without limits of rate: what is to be measured is
// the service, and not its politeness. Prints where it listens.

import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import 'reflect-metadata';

import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { executeForUser } from '#application/users.js';
import { accept } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { passwordChanged } from '#domain/password/decide.js';
import { newId } from '#secrets/ids.js';
import { callsOver } from '#server/calls.js';
import { readConfiguration } from '#server/config.js';
import { openLog } from '#server/log.js';
import { openEventLog } from '#server/open-event-log.js';
import { openPort } from '#server/open-port.js';
import { Opening } from '#server/opening.js';
import { readPasswordSettings } from '#server/password-settings.js';
import { Readiness } from '#server/readiness.js';
import { Telemetry } from '#server/telemetry.js';
import { benchPassword } from '#test/bench/bench-password.js';
import { inParallel } from '#test/bench/in-parallel.js';
import { withLeak } from '#test/bench/leak.js';

/**
 * The third one is what passwords are hashed with; where it is given, every user has the same one. The last one is the
 * beginning of the login names whose refusals are to leak something.
 */
const [directory = '', users = '0', passwordHash, leaking] = process.argv.slice(2);
const configuration = readConfiguration({
  COUNTERSIGN_DATA_DIR: directory,
  ...(passwordHash !== undefined && { COUNTERSIGN_PASSWORD_HASH: passwordHash }),
});
if (configuration.status === 'refused') throw new Error(configuration.problems.join('; '));
const { settings } = configuration;

const { log } = await openLog({ level: 'info', scrub: (line) => line, isTerminal: false });
const { eventLog, projected } = await openEventLog(settings.eventLog, directory, log);
const telemetry = new Telemetry({ settings, tls: null, log });
const opening = await Opening.begin({
  dataDirectory: directory,
  masterKeyFile: null,
  readModels: settings.readModels,
  eventLog: telemetry.overLog(eventLog),
  projected,
  soleWriter: true,
  externalUrl: settings.externalUrl,
  log,
  metrics: telemetry.metrics,
  passwords: readPasswordSettings(settings),
});
const opened = await opening.finished;
if (opened === null) throw new Error('it was closed before it was open');
const { application } = opened;

const by = { editor: 'bench', callId: 'bench', traceId: null };
const { signal } = new AbortController();
const first = await opened.queries.firstOrganization({ position: null, signal });
if (first.kind === 'rejected') throw new Error('the organizations cannot be read');
const organizationId = first.answer as OrganizationId;
const { passwords } = application.parts.secrets;
const sameHash = passwordHash === undefined ? null : await passwords.hash(benchPassword);
const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'Lovelace' });
const userIds = Array.from({ length: Number(users) }, () => newId() as UserId);
await inParallel(userIds, 256, async (userId, index) => {
  const email = `user-${index}@example.com`;
  const added = await opened.bus.execute(new AddHumanUser({ organizationId, userId, email, profile, by }));
  if (added.kind === 'rejected') throw new Error(`a user was not added: ${added.refusal.code}`);
  if (sameHash !== null) await givePassword(userId, sameHash);
});
// What is measured is calls with rows that follow them, and not beside those of the import.
const asking = { position: null, signal };
const areShown = async () => {
  const answers = await Promise.all([
    opened.queries.listMembers(organizationId, asking),
    opened.queries.listAudit(organizationId, { userId: null, before: null, limit: 1 }, asking),
  ]);
  return answers.every(({ kind }) => kind !== 'rejected');
};
while (!(await areShown()));
writeFileSync(join(directory, 'users.json'), JSON.stringify(userIds));

/** As an import would, and hashing but once. */
async function givePassword(userId: UserId, hash: string): Promise<void> {
  const command = { organizationId, userId, by };
  const outcome = await executeForUser<never>(application, command, (_, { sealer }) =>
    accept(passwordChanged({ hash: sealer.seal('password-hash', hash), changeRequired: false }, 'set')),
  );
  if (outcome.kind === 'rejected') throw new Error('a password was not set');
}

const none = { perSecond: 1e9, burst: 1e9 };
const calls = callsOver(opening, log, {
  limits: { address: none, login: none, call: none, guess: none, hash: none },
  onOutcome: (outcome) => telemetry.metrics.commands.told(outcome),
});
const measured = telemetry.overCalls(calls);
const served = leaking === undefined ? measured : withLeak(measured, leaking);
const readiness = new Readiness(eventLog, log);
const { server } = await openPort({
  settings,
  tls: null,
  served,
  readiness,
  publicKeys: () => opening.publicKeys(),
  log,
});
await server.listen({ host: '127.0.0.1', port: 0 });
process.stderr.write(`${JSON.stringify({ port: (server.server.address() as AddressInfo).port })}\n`);
