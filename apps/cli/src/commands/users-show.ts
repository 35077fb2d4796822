import { pathOf, userArgument } from '#cli/change-of-user.js';
import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { Output } from '#cli/output.js';
import { reach } from '#cli/reach.js';
import { type Json, listOf, type ServiceApi } from '#cli/service-api.js';
import { isLive, sessionsHere, sessionsThere } from '#cli/sessions.js';
import type { Account } from '#domain/account/state.js';
import type { UserId } from '#domain/ids.js';

export const usersShow: Command = {
  name: 'users show',
  summary:
    'Say what a user is and has: state, password, second factors, recovery codes left, sessions, access tokens.',
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
      offline: async (house) => {
        const { application, user } = house;
        await user(userId);
        const sessions = await sessionsHere(house, userId);
        const stream = application.userStream(userId as UserId);
        const { state } = await application.accounts.streams.fresh(stream);
        return { ...shownOf(userId, state), sessions: sessions.filter(isLive).length };
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
  /** Null where there is none. */
  readonly password: { readonly isChangeRequired: boolean } | null;
  readonly totp: readonly { readonly id: string; readonly state: string }[];
  readonly recoveryCodesLeft: number;
  /** That have neither ended nor expired. */
  readonly sessions: number;
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
  const sessions = await sessionsThere(service, userId);
  const human = user.human as Human | undefined;
  return {
    userId,
    organizationId: String((user.details as Json).resourceOwner),
    kind: human === undefined ? 'machine' : 'human',
    state: String(user.state).replace('USER_STATE_', '').toLowerCase(),
    username: String(user.username),
    email: human === undefined ? null : String(human.email?.email),
    password: passwordOf(human),
    totp: listOf(factors.totpDevices).map(({ totpId, state }) => ({
      id: String(totpId),
      state: String(state).replace('TOTP_STATE_', '').toLowerCase(),
    })),
    recoveryCodesLeft: Number(factors.recoveryCodesLeft ?? 0),
    sessions: sessions.filter(isLive).length,
    accessTokens: listOf(tokens.result).map(({ id: tokenId }) => String(tokenId)),
  };
}

interface Human {
  readonly email?: Json;
  readonly passwordChanged?: string;
  readonly passwordChangeRequired?: boolean;
}

const passwordOf = (human: Human | undefined): Shown['password'] =>
  human?.passwordChanged === undefined ? null : { isChangeRequired: human.passwordChangeRequired === true };

function shownOf(
  userId: string,
  { user, password, totp, recoveryCodes, accessTokens }: Account,
): Omit<Shown, 'sessions'> {
  const pending = totp.pending === null ? [] : [totp.pending];
  return {
    userId,
    organizationId: user.status === 'unknown' ? '' : user.organizationId,
    kind: 'kind' in user ? user.kind : null,
    state: user.status,
    username: null,
    email: null,
    password: password.current && { isChangeRequired: password.current.changeRequired },
    totp: [...totp.devices, ...pending].map(({ totpId, status }) => ({ id: totpId, state: status })),
    recoveryCodesLeft: recoveryCodes.codes.length,
    accessTokens: accessTokens.map(({ tokenId }) => tokenId),
  };
}

function told(shown: Shown, output: Output): string {
  const { username, email, password, totp, accessTokens } = shown;
  const rows = [
    ['user', shown.userId],
    ['organization', shown.organizationId],
    ['kind', shown.kind ?? ''],
    ['state', shown.state],
    ...(username === null ? [] : [['username', username]]),
    ...(email === null ? [] : [['email', email]]),
    ['password', passwordText(password)],
    ['authenticator apps', totp.map(({ id, state }) => `${id} (${state})`).join(', ') || 'none'],
    ['recovery codes left', String(shown.recoveryCodesLeft)],
    ['sessions', String(shown.sessions)],
    ['access tokens', accessTokens?.join(', ') || 'none'],
  ];
  return output.table(['what', 'how it is'], rows);
}

function passwordText(password: Shown['password']): string {
  if (password === null) return 'none';
  return password.isChangeRequired ? 'set, to be changed' : 'set';
}
