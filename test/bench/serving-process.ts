// The service as main.ts opens it, with users to call about and with limits that nobody meets: what is to be measured is
// the service, and not its politeness. Prints where it listens.

import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import 'reflect-metadata';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { executeForUser } from '#application/users.js';
import { accept } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { passwordChanged } from '#domain/password/decide.js';
import { base32Encode } from '#secrets/base32.js';
import { newId } from '#secrets/ids.js';
import { newTotpSecret } from '#secrets/totp.js';
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
import { limitsNamed } from '#test/bench/limits.js';
import { type Person, writePeople } from '#test/bench/people.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** What passwords are hashed with; where it is given, every user has the same one. */
    'password-hash': { type: 'string' },
    /** The beginning of the login names whose refusals are to leak something. */
    leaking: { type: 'string' },
    /** Gives each user an authenticator app and an access token of its own. */
    enrolled: { type: 'boolean', default: false },
    limits: { type: 'string', default: 'lifted' },
  },
});
const [directory = '', users = '0'] = positionals;
const { 'password-hash': passwordHash, leaking, enrolled } = values;
const limits = limitsNamed(values.limits);
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
const { application, bus } = opened;

const by = { editor: 'bench', callId: 'bench', traceId: null };
const { signal } = new AbortController();
const first = await opened.queries.firstOrganization({ position: null, signal });
if (first.kind === 'rejected') throw new Error('the organizations cannot be read');
const organizationId = first.answer as OrganizationId;
const { passwords } = application.parts.secrets;
const sameHash = passwordHash === undefined ? null : await passwords.hash(benchPassword);
const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'Lovelace' });
const userIds = Array.from({ length: Number(users) }, () => newId() as UserId);
const people: Person[] = [];
await inParallel(userIds, 256, async (userId, index) => {
  const email = `user-${index}@example.com`;
  const secret = enrolled ? base32Encode(newTotpSecret()) : null;
  const added = await bus.execute(
    new AddHumanUser({ organizationId, userId, email, profile, totpSecret: secret, by }),
  );
  if (added.kind === 'rejected') throw new Error(`a user was not added: ${added.refusal.code}`);
  if (secret !== null) people[index] = { userId, secret, token: await tokenOf(userId) };
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
if (enrolled) writePeople(directory, { organizationId, people });
if (limits.chosen !== null) {
  const { chosen: changed } = limits;
  const outcome = await bus.execute(new ChangeOrganizationSettings({ organizationId, changed, by }));
  if (outcome.kind === 'rejected') throw new Error(`the limits were not set: ${outcome.refusal.code}`);
}

/** As an import would, and hashing but once. */
async function givePassword(userId: UserId, hash: string): Promise<void> {
  const command = { organizationId, userId, by };
  const outcome = await executeForUser<never>(application, command, (_, { sealer }) =>
    accept(passwordChanged({ hash: sealer.seal('password-hash', hash), changeRequired: false }, 'set')),
  );
  if (outcome.kind === 'rejected') throw new Error('a password was not set');
}

async function tokenOf(userId: UserId): Promise<string> {
  const command = new AddAccessToken({ organizationId, userId, name: 'bench', scopes: ['all'], by });
  const made = await bus.execute(command);
  if (made.kind === 'rejected' || made.answer.token === null) throw new Error('a token was not made');
  return made.answer.token;
}

const calls = callsOver(opening, log, {
  limits: limits.rates,
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
