// A no to whoever showed a password is told at whole steps of time since it was asked for. Whose stream is read, and
// whether a hash has to be unsealed first, then makes no difference to when it comes; what takes less than a step
// takes one.

import type { Application } from '#application/application.js';
import type { Refused } from '#application/caller.js';
import { type Busy, busyWithPasswords } from '#application/recovery-codes/compare.js';

/** More than all that is done for a no, but for a hash of usual cost, which differs by more from one to the next. */
const stepMs = 10;

/** The lane of hashes is asked before anything else: of a flood of passwords each costs no more than that. */
export async function answerShown<Outcome extends Told>(
  { parts }: Application,
  { password }: { readonly password: string | null },
  run: () => Promise<Outcome>,
): Promise<Outcome | Refused<Busy>> {
  if (password === null) return run();
  return busyWithPasswords(parts.secrets) ?? evenly(run);
}

interface Told {
  readonly kind: 'accepted' | 'rejected';
}

export async function evenly<Outcome extends Told>(run: () => Promise<Outcome>): Promise<Outcome> {
  let next = Promise.withResolvers<void>();
  // Counted from the start: one that is set when the work is done would tell when that was.
  const steps = setInterval(() => {
    next.resolve();
    next = Promise.withResolvers();
  }, stepMs);
  try {
    const outcome = await run();
    if (outcome.kind === 'rejected') await next.promise;
    return outcome;
  } finally {
    clearInterval(steps);
  }
}
