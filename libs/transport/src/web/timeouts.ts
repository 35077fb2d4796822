// How long a caller says that it waits.

import type { IncomingHttpHeaders } from 'node:http';

import type { Wire } from '#transport/web/wires.js';

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Null where nothing is said, and undefined where it makes no sense. */
export function timeoutMsOf({ protocol }: Wire, headers: IncomingHttpHeaders): number | null | undefined {
  const text = headers[protocol === 'connect' ? 'connect-timeout-ms' : 'grpc-timeout'];
  if (text === undefined) return null;
  const form = protocol === 'connect' ? /^(\d{1,10})$/ : /^(\d{1,8})([HMSmun])$/;
  const [, amount, unit = 'm'] = form.exec(text.toString()) ?? [];
  return amount === undefined ? undefined : Math.ceil(Number(amount) * (unitMs[unit] ?? 0));
}
