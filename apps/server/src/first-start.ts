// The first start makes the instance, an organization, an administrator and its access token. Each step can be
// repeated, and the administrator gets its rights last: a start that is cut short is finished by the next one.

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import type { CommandBus } from '@nestjs/cqrs';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { RemoveAccessToken } from '#application/access-token/remove-access-token.js';
import type { Caller } from '#application/caller.js';
import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { instanceStream } from '#application/surroundings.js';
import { AddMachineUser } from '#application/user/add-machine-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { replaceWhole } from '#server/durable-files.js';
import type { Log } from '#server/log.js';
import type { OpenedApplication } from '#server/open-application.js';

export const organizationName = 'Default';
const administratorName = 'Administrator';
const tokenFile = 'admin.token';

const by: Caller = { editor: 'first-start', callId: 'first-start', traceId: null };

export interface FirstStartOptions extends Pick<OpenedApplication, 'application'> {
  readonly bus: Pick<CommandBus, 'execute'>;
  readonly dataDirectory: string;
  readonly log: Log;
  /** Aborted when another server may do the same from now on. */
  readonly lost?: AbortSignal;
}

export async function finishFirstStart(options: FirstStartOptions): Promise<void> {
  const { application, bus, dataDirectory, log, lost } = options;
  const { secrets } = application.parts;
  const known = await application.instance.streams.current(instanceStream);
  if (known.state.status === 'ready' && known.state.members.length > 0) return;
  if (known.state.status === 'unknown')
    accepted(
      await bus.execute(new SetUpInstance({ instanceId: secrets.newId(), by })),
      'instance-already-set-up',
    );
  const { state } = await application.instance.streams.fresh(instanceStream);
  if (state.status === 'unknown') throw new Error('the instance was set up and is not there');
  const organizationId = derivedId(state.instanceId, 'organization') as OrganizationId;
  const userId = derivedId(state.instanceId, 'administrator') as UserId;
  const organization = new AddOrganization({ organizationId, name: organizationName, by });
  accepted(await bus.execute(organization), 'organization-already-exists');
  const administrator = new AddMachineUser({ organizationId, userId, name: administratorName, by });
  accepted(await bus.execute(administrator), 'user-already-exists');
  if (lost?.aborted) return;
  const scopes = ['all'];
  const added = await bus.execute(
    new AddAccessToken({ organizationId, userId, name: tokenFile, scopes, by }),
  );
  if (added.kind === 'rejected') throw new Error(`the first start was refused: ${added.refusal.code}`);
  const path = join(dataDirectory, tokenFile);
  replaceWhole(path, `${added.answer.token}\n`);
  const member = new AddInstanceMember({ userId, roles: ['INSTANCE_OWNER'], by });
  const made = await bus.execute(member);
  accepted(made, 'member-already-exists');
  const token = { organizationId, userId, tokenId: added.answer.tokenId };
  if (made.kind === 'rejected') return takeBack(options, token);
  await removeOthers(options, token);
  log.warn({ file: path, organizationId, userId }, "the administrator's access token was written");
}

type Token = Pick<RemoveAccessToken, 'organizationId' | 'userId' | 'tokenId'>;

/** Another server was faster: the token that it wrote is the one. */
async function takeBack({ bus, dataDirectory }: FirstStartOptions, token: Token): Promise<void> {
  accepted(await bus.execute(new RemoveAccessToken({ ...token, by })), 'access-token-not-found');
  rmSync(join(dataDirectory, tokenFile));
}

/** Those of starts that were cut short: nobody knows them. */
async function removeOthers(
  { application, bus }: FirstStartOptions,
  { tokenId, ...user }: Token,
): Promise<void> {
  const { state } = await application.accounts.streams.current(application.userStream(user.userId));
  for (const other of state.accessTokens)
    if (other.tokenId !== tokenId)
      accepted(
        await bus.execute(new RemoveAccessToken({ ...user, tokenId: other.tokenId, by })),
        'access-token-not-found',
      );
}

type Told =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected'; readonly refusal: { readonly code: string } };

function accepted(outcome: Told, orElse: string): void {
  if (outcome.kind === 'rejected' && outcome.refusal.code !== orElse)
    throw new Error(`the first start was refused: ${outcome.refusal.code}`);
}

/** A UUID of version 8 (RFC 9562), the same each time. */
function derivedId(instanceId: string, purpose: string): string {
  const bytes = createHash('sha256').update(`${instanceId} ${purpose}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
