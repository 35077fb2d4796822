// What comes with a status for programs to read: ZITADEL's detail for its clients, Google's for everybody's, and ours
// for all that a refusal carries.

import { create } from '@bufbuild/protobuf';
import { type Any, anyPack, durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';

import {
  PolicyNoticeSchema,
  type RefusalDetail,
  RefusalDetailSchema,
} from '#contract/countersign/v1/refusal_pb.js';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RetryInfoSchema,
} from '#contract/google/rpc/error_details_pb.js';
import { CredentialsCheckErrorSchema, ErrorDetailSchema } from '#contract/zitadel/message_pb.js';
import type { CallRefusal } from '#transport/refusals.js';
import type { Said } from '#transport/status-table.js';
import { codeHeader, recoveryCodeHeader } from '#transport/step-up.js';

export function detailsOf(
  refusal: CallRefusal,
  { id, text }: Said,
  retryAfterMs: number | null,
): readonly Any[] {
  return [
    anyPack(ErrorDetailSchema, create(ErrorDetailSchema, { id, message: text })),
    ...credentialsOf(refusal, { id, message: text }),
    ...badRequestOf(refusal),
    ...errorInfoOf(refusal),
    ...retryInfoOf(retryAfterMs),
    ...quotaFailureOf(refusal),
    ...noticesOf(refusal),
    anyPack(RefusalDetailSchema, refusalDetailOf(refusal)),
  ];
}

/** What clients of ZITADEL count a wrong password by. */
function credentialsOf(refusal: CallRefusal, said: { readonly id: string; readonly message: string }) {
  if (refusal.code !== 'password-wrong') return [];
  const error = create(CredentialsCheckErrorSchema, { ...said, failedAttempts: refusal.failures });
  return [anyPack(CredentialsCheckErrorSchema, error)];
}

function badRequestOf(refusal: CallRefusal): readonly Any[] {
  if (refusal.code !== 'invalid-input') return [];
  const fieldViolations = refusal.violations.map(({ field, rule, message }) => ({
    field,
    description: message,
    reason: rule,
  }));
  return [anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations }))];
}

/** Of ErrorInfo: what its reasons belong to. */
const domain = 'countersign';

/** What a caller has to bring is told as Google has it, so that clients need nothing of ours to go on. */
function errorInfoOf(refusal: CallRefusal): readonly Any[] {
  const metadata = missingIn(refusal);
  if (metadata === null) return [];
  const reason = refusal.code.toUpperCase().replaceAll('-', '_');
  return [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain, metadata }))];
}

function missingIn(refusal: CallRefusal): Readonly<Record<string, string>> | null {
  switch (refusal.code) {
    case 'authentication-required':
      return { missing: refusal.missing };
    case 'second-factor-required':
    case 'enrolment-required':
      return { missing: 'second-factor' };
    case 'scope-required':
      return { scope: refusal.scope };
    case 'step-up-required':
      return { maxAgeSeconds: String(refusal.maxAgeSeconds), codeHeader, recoveryCodeHeader };
    default:
      return null;
  }
}

function retryInfoOf(retryAfterMs: number | null): readonly Any[] {
  if (retryAfterMs === null) return [];
  const retryDelay = durationFromMs(retryAfterMs);
  return [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay }))];
}

function noticesOf(refusal: CallRefusal): readonly Any[] {
  if (refusal.code !== 'policy-denied') return [];
  return refusal.notices.map(({ notice, code }) =>
    anyPack(PolicyNoticeSchema, create(PolicyNoticeSchema, { notice, code: code ?? '' })),
  );
}

function quotaFailureOf(refusal: CallRefusal): readonly Any[] {
  if (refusal.code !== 'quota-exhausted') return [];
  const { quota, figures } = refusal;
  const { used, ceiling } = figures[quota];
  const until = quota === 'turns' ? `, until ${new Date(figures.resetAt).toISOString()}` : '';
  const violations = [{ subject: quota, description: `${used} of ${ceiling} are used${until}` }];
  return [anyPack(QuotaFailureSchema, create(QuotaFailureSchema, { violations }))];
}

function refusalDetailOf(refusal: CallRefusal): RefusalDetail {
  const detail = create(RefusalDetailSchema, { code: refusal.code });
  for (const [name, value] of Object.entries(refusal)) {
    const tell = (tellers as Readonly<Record<string, Tell<unknown> | null>>)[name] ?? null;
    if (tell !== null && value !== null) tell(detail, value);
  }
  return detail;
}

type Tell<Value> = (detail: RefusalDetail, value: Value) => void;
type Carried<Of> = Of extends unknown ? Exclude<keyof Of, 'code'> : never;
type Value<Of, Name extends PropertyKey> = Of extends { readonly [Key in Name]: infer Found } ? Found : never;

/** For whatever some refusal carries, its place in our detail; null where another detail tells it. */
const tellers: {
  readonly [Name in Carried<CallRefusal>]: Tell<NonNullable<Value<CallRefusal, Name>>> | null;
} = {
  attemptsLeft: (detail, attemptsLeft) => {
    detail.attemptsLeft = attemptsLeft;
  },
  behindMs: (detail, behindMs) => {
    detail.behindMs = BigInt(behindMs);
  },
  digits: (detail, digits) => {
    detail.digits = [...digits];
  },
  failures: null,
  figures: null,
  field: (detail, field) => {
    detail.field = field;
  },
  guessesLeft: (detail, guessesLeft) => {
    detail.guessesLeft = guessesLeft;
  },
  hint: (detail, hint) => {
    detail.hint = hint;
  },
  maximum: (detail, maximum) => {
    detail.maximum = BigInt(maximum);
  },
  maxAgeSeconds: (detail, maxAgeSeconds) => {
    detail.maxAgeSeconds = BigInt(maxAgeSeconds);
  },
  method: (detail, method) => {
    detail.method = method;
  },
  missing: (detail, missing) => {
    detail.missing = [missing].flat();
  },
  minimum: (detail, minimum) => {
    detail.minimum = BigInt(minimum);
  },
  name: (detail, name) => {
    detail.name = name;
  },
  notices: null,
  nextAttemptAt: (detail, at) => {
    detail.nextAttemptAt = timestampFromMs(at);
  },
  quota: null,
  retryAfterMs: null,
  retryAt: (detail, at) => {
    detail.retryAt = timestampFromMs(at);
  },
  role: (detail, role) => {
    detail.role = role;
  },
  scope: (detail, scope) => {
    detail.scope = scope;
  },
  violations: null,
};
