// Sessions in the words of the contract, and what is asked to be checked in one.

import { type Duration, timestampFromMs } from '@bufbuild/protobuf/wkt';

import type { Violation } from '#application/violations.js';
import type { RequestChallenges } from '#contract/zitadel/session/v2/challenge_pb.js';
import type { UserAgent as UserAgentMessage } from '#contract/zitadel/session/v2/session_pb.js';
import type {
  Checks,
  CheckUser,
  SetSessionRequest,
} from '#contract/zitadel/session/v2/session_service_pb.js';
import type { Instant, UserId } from '#domain/ids.js';
import type { SessionAnswer, UserAgent } from '#read-models/queries/sessions.js';
import { broken, unset } from '#transport/dialects/zitadel/violations.js';
import type { CallRefusal } from '#transport/refusals.js';

const verifiedAt = (at: Instant) => ({ verifiedAt: timestampFromMs(at) });

export const sessionMessage = (session: SessionAnswer) => ({
  id: session.sessionId,
  creationDate: timestampFromMs(session.createdAt),
  changeDate: timestampFromMs(session.changedAt),
  sequence: BigInt(session.sequence),
  factors: factorsMessage(session),
  metadata: Object.fromEntries(session.metadata.map(({ key, value }) => [key, Uint8Array.from(value)])),
  ...(session.userAgent !== null && { userAgent: userAgentMessage(session.userAgent) }),
  expirationDate: timestampFromMs(session.expiresAt),
});

/** What was not checked is left out. */
const factorsMessage = ({ user, passwordAt, totpAt, recoveryCodeAt }: SessionAnswer) => ({
  ...(user !== null && {
    user: {
      ...verifiedAt(user.checkedAt),
      id: user.userId,
      loginName: user.loginName,
      displayName: user.displayName,
      organizationId: user.organizationId,
    },
  }),
  ...(passwordAt !== null && { password: verifiedAt(passwordAt) }),
  ...(totpAt !== null && { totp: verifiedAt(totpAt) }),
  ...(recoveryCodeAt !== null && { recoveryCode: verifiedAt(recoveryCodeAt) }),
});

const userAgentMessage = ({ fingerprintId, ip, description, headers }: UserAgent) => ({
  ...(fingerprintId !== null && { fingerprintId }),
  ...(ip !== null && { ip }),
  ...(description !== null && { description }),
  header: Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, { values: [...values] }]),
  ),
});

/** Null where nothing was told. */
export const userAgentOf = (told: UserAgentMessage | undefined) =>
  told === undefined
    ? null
    : {
        fingerprintId: told.fingerprintId ?? null,
        ip: told.ip ?? null,
        description: told.description ?? null,
        headers: Object.fromEntries(Object.entries(told.header).map(([name, { values }]) => [name, values])),
      };

export const metadataOf = (metadata: Readonly<Record<string, Uint8Array>>) =>
  Object.entries(metadata).map(([key, value]) => ({ key, value }));

interface Asked {
  readonly checks?: Checks | undefined;
  readonly challenges?: RequestChallenges | undefined;
  readonly lifetime?: Duration | undefined;
}

const notBuiltChecks = {
  webAuthN: 'checks.web_auth_n',
  idpIntent: 'checks.idp_intent',
  otpSms: 'checks.otp_sms',
  otpEmail: 'checks.otp_email',
} as const satisfies Partial<Record<keyof Checks, string>>;

const notBuiltChallenges = {
  webAuthN: 'challenges.web_auth_n',
  otpSms: 'challenges.otp_sms',
  otpEmail: 'challenges.otp_email',
} as const satisfies Partial<Record<keyof RequestChallenges, string>>;

/** Nothing of a call is done that asks for what is not built: a session would seem to have it. */
export function notBuiltIn({ checks, challenges }: Asked): CallRefusal | null {
  const [field] = [...firstIn(checks, notBuiltChecks), ...firstIn(challenges, notBuiltChallenges)];
  return field === undefined ? null : { code: 'check-not-built', field };
}

const firstIn = <Message extends object>(
  message: Message | undefined,
  fields: { readonly [Name in keyof Message]?: string },
): readonly string[] =>
  Object.entries<string>(fields as Readonly<Record<string, string>>)
    .filter(([name]) => message?.[name as keyof Message] !== undefined)
    .map(([, field]) => field);

export function askedViolations({ checks, lifetime }: Asked): readonly Violation[] {
  return broken(
    [checks?.user !== undefined && checks.user.search.case === undefined, unset('checks.user.user_id')],
    [
      lifetime !== undefined && lifetime.nanos !== 0,
      { field: 'lifetime', rule: 'whole-number', message: 'must be whole seconds' },
    ],
  );
}

/** What is shown for the user. */
export const shownIn = ({ checks }: Asked) => ({
  password: checks?.password?.password ?? null,
  totpCode: checks?.totp?.code ?? null,
  recoveryCode: checks?.recoveryCode?.code ?? null,
});

/** Whether a second factor is shown, and nothing else is asked for. */
export const isSecondFactorAlone = ({ checks, challenges, lifetime, metadata }: SetSessionRequest): boolean =>
  (checks?.totp !== undefined || checks?.recoveryCode !== undefined) &&
  checks.user === undefined &&
  checks.password === undefined &&
  challenges === undefined &&
  lifetime === undefined &&
  Object.keys(metadata).length === 0;

export const lifetimeOf = ({ lifetime }: Asked): number | null =>
  lifetime === undefined ? null : Number(lifetime.seconds);

type Search = { readonly userId: UserId } | { readonly loginName: string };

/** Null where no user is named; one that is neither is refused before. */
export function searchIn({ checks }: Asked): Search | null {
  const search: CheckUser['search'] | undefined = checks?.user?.search;
  switch (search?.case) {
    case 'userId':
      return { userId: search.value as UserId };
    case 'loginName':
      return { loginName: search.value };
    case undefined:
      return null;
  }
}

/** How many hashes of recovery codes the checks take; those of passwords have a lane that refuses when it is full. */
export const hashesOf = ({ checks }: Asked): number => (checks?.recoveryCode === undefined ? 0 : 1);
