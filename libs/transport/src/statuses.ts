// The one place where a refusal becomes a status of the wire. What carries nothing but its code is made once.

import type { Instant } from '#domain/ids.js';
import type { ServedMethod, Status } from '#transport/call.js';
import { idsOfUserMissing } from '#transport/login-status-table.js';
import type { CallRefusal } from '#transport/refusals.js';
import { detailsOf } from '#transport/status-details.js';
import { type Said, sayings } from '#transport/status-table.js';
import { codeHeader, recoveryCodeHeader } from '#transport/step-up.js';

const constants = new Map<string, Map<string, Status>>();

/** The time is that of the clock which the moments in refusals were reckoned with. */
export function statusOf(refusal: CallRefusal, method: ServedMethod, now: Instant): Status {
  return carriesNothing(refusal) ? constantOf(refusal, method) : build(refusal, method, now);
}

/** How long to wait before the same call may succeed; null where waiting is not what helps, or nobody knows. */
export function retryAfterMsOf(refusal: CallRefusal, now: Instant): number | null {
  switch (refusal.code) {
    case 'attempts-delayed':
    case 'password-delayed':
    case 'totp-exhausted':
      return Math.max(0, refusal.nextAttemptAt - now);
    case 'login-name-claimed':
      return Math.max(0, refusal.retryAt - now);
    case 'busy':
    case 'rate-limited':
      return refusal.retryAfterMs;
    default:
      return null;
  }
}

function carriesNothing(refusal: CallRefusal): boolean {
  for (const name in refusal) if (name !== 'code') return false;
  return true;
}

/** As many as there are codes and methods: both are ours, and few. */
function constantOf(refusal: CallRefusal, method: ServedMethod): Status {
  const ofCode = constants.get(refusal.code) ?? new Map<string, Status>();
  constants.set(refusal.code, ofCode);
  const known = ofCode.get(method.name);
  if (known !== undefined) return known;
  const status = build(refusal, method, 0);
  ofCode.set(method.name, status);
  return status;
}

function build(refusal: CallRefusal, method: ServedMethod, now: Instant): Status {
  const said = sayingOf(refusal, method);
  const retryAfterMs = retryAfterMsOf(refusal, now);
  return {
    code: said.code,
    message: `${said.text} (${said.id})`,
    details: detailsOf(refusal, said, retryAfterMs),
    ...(refusal.code === 'quota-exhausted' && { httpStatus: 403 }),
  };
}

function sayingOf(refusal: CallRefusal, method: ServedMethod): Said {
  const saying = sayings[refusal.code];
  const said = { ...saying, ...saying.in?.[method.name] };
  switch (refusal.code) {
    case 'not-built':
      return { ...said, text: `${refusal.method} is not built` };
    case 'session-user-missing':
      return { ...said, id: idsOfUserMissing[refusal.field] };
    case 'scope-required':
      return { ...said, text: `${said.text}: ${refusal.scope}` };
    case 'step-up-required':
      return { ...said, text: `${said.text}, ${howTo(refusal)}` };
    default:
      return said;
  }
}

const howTo = ({ maxAgeSeconds }: Extract<CallRefusal, { readonly code: 'step-up-required' }>): string =>
  maxAgeSeconds === 0
    ? `with each call: send a code as ${codeHeader}, or a recovery code as ${recoveryCodeHeader}`
    : `no longer than ${maxAgeSeconds} seconds ago: send a code as ${codeHeader}, or a recovery code as ` +
      `${recoveryCodeHeader}, or check one in the session`;
