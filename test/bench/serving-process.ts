// The service as main.ts opens it, with users to call about and without limits of rate: what is to be measured is
// the service, and not its politeness. Prints where it listens.

import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import 'reflect-metadata';

import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { newId } from '#secrets/ids.js';
import { callsOver } from '#server/calls.js';
import { readConfiguration } from '#server/config.js';
import { openLog } from '#server/log.js';
import { openEventLog } from '#server/open-event-log.js';
import { openPort } from '#server/open-port.js';
import { Opening } from '#server/opening.js';
import { Readiness } from '#server/readiness.js';
import { Telemetry } from '#server/telemetry.js';
import { inParallel } from '#test/bench/in-parallel.js';

const [directory = '', users = '0'] = process.argv.slice(2);
const configuration = readConfiguration({ COUNTERSIGN_DATA_DIR: directory });
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
});
const opened = await opening.finished;
if (opened === null) throw new Error('it was closed before it was open');

const by = { editor: 'bench', callId: 'bench', traceId: null };
const { signal } = new AbortController();
const first = await opened.queries.firstOrganization({ position: null, signal });
if (first.kind === 'rejected') throw new Error('the organizations cannot be read');
const organizationId = first.answer as OrganizationId;
const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'Lovelace' });
const userIds = Array.from({ length: Number(users) }, () => newId() as UserId);
await inParallel(userIds, 256, async (userId, index) => {
  const email = `user-${index}@example.com`;
  const added = await opened.bus.execute(new AddHumanUser({ organizationId, userId, email, profile, by }));
  if (added.kind === 'rejected') throw new Error(`a user was not added: ${added.refusal.code}`);
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

const none = { perSecond: 1e9, burst: 1e9 };
const calls = callsOver(opening, log, {
  limits: { address: none, call: none, guess: none, hash: none },
  onOutcome: (outcome) => telemetry.metrics.commands.told(outcome),
});
const served = telemetry.overCalls(calls);
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
