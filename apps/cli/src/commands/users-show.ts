import { pathOf, userArgument } from '#cli/change-of-user.js';
import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { Output } from '#cli/output.js';
import { reach } from '#cli/reach.js';
import type { Json, ServiceApi } from '#cli/service-api.js';
import type { Account } from '#domain/account/state.js';
import type { UserId } from '#domain/ids.js';

export const usersShow: Command = {
  name: 'users show',
  summary: 'Say what a user is and has: state, second factors, recovery codes left, access tokens.',
  details:
    'By API with the name and the email address; with the service stopped without them, since nothing that is sealed is opened.',
  way: 'either',
  arguments: [userArgument],
  options: {},
  examples: [
    { line: 'users show 01a1fe5e-2dff-70db-8702-33a31e1f2470', meaning: 'Before anything is reset' },
  ],
  run: async (call) => {
    const userId = call.given.argument(0);
    const shown = await reach(call, {
      byApi: (service) => shownByService(service, userId),
      offline: async ({ application, user }) => {
        await user(userId);
        const stream = application.userStream(userId as UserId);
        return shownOf(userId, (await application.accounts.streams.fresh(stream)).state);
      },
    });
    await call.output.answer(shown, () => told(shown, call.output));
    return exitCodes.done;
  },
};

interface Shown {
  readonly userId: string;
  readonly organizationId: string;
  readonly kind: string | null;
  readonly state: string;
  /** Null where nothing was opened. */
  readonly username: string | null;
  readonly email: string | null;
  readonly totp: readonly { readonly id: string; readonly state: string }[];
  readonly recoveryCodesLeft: number;
  /** Null where they are not told. */
  readonly accessTokens: readonly string[] | null;
}

async function shownByService(service: ServiceApi, userId: string): Promise<Shown> {
  const id = pathOf(userId);
  const { user } = (await service.ask({ verb: 'GET', path: `/v2/users/${id}` })) as { user: Json };
  const factors = await service.ask({ verb: 'GET', path: `/countersign/v1/users/${id}/factors` });
  const tokens = await service.ask({
    verb: 'POST',
    path: '/v2/users/pats/search',
    body: { filters: [{ userIdFilter: { id: userId } }] },
  });
  const human = user.human as { email?: Json } | undefined;
  return {
    userId,
    organizationId: String((user.details as Json).resourceOwner),
    kind: human === undefined ? 'machine' : 'human',
    state: String(user.state).replace('USER_STATE_', '').toLowerCase(),
    username: String(user.username),
    email: human === undefined ? null : String(human.email?.email),
    totp: listOf(factors.totpDevices).map(({ totpId, state }) => ({
      id: String(totpId),
      state: String(state).replace('TOTP_STATE_', '').toLowerCase(),
    })),
    recoveryCodesLeft: Number(factors.recoveryCodesLeft ?? 0),
    accessTokens: listOf(tokens.result).map(({ id: tokenId }) => String(tokenId)),
  };
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

function shownOf(userId: string, { user, totp, recoveryCodes, accessTokens }: Account): Shown {
  const pending = totp.pending === null ? [] : [totp.pending];
  return {
    userId,
    organizationId: user.status === 'unknown' ? '' : user.organizationId,
    kind: 'kind' in user ? user.kind : null,
    state: user.status,
    username: null,
    email: null,
    totp: [...totp.devices, ...pending].map(({ totpId, status }) => ({ id: totpId, state: status })),
    recoveryCodesLeft: recoveryCodes.codes.length,
    accessTokens: accessTokens.map(({ tokenId }) => tokenId),
  };
}

function told(shown: Shown, output: Output): string {
  const { username, email, totp, accessTokens } = shown;
  const rows = [
    ['user', shown.userId],
    ['organization', shown.organizationId],
    ['kind', shown.kind ?? ''],
    ['state', shown.state],
    ...(username === null ? [] : [['username', username]]),
    ...(email === null ? [] : [['email', email]]),
    ['authenticator apps', totp.map(({ id, state }) => `${id} (${state})`).join(', ') || 'none'],
    ['recovery codes left', String(shown.recoveryCodesLeft)],
    ['access tokens', accessTokens?.join(', ') || 'none'],
  ];
  return output.table(['what', 'how it is'], rows);
}
