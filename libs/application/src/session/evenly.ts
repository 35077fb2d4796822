// A no to whoever showed a password is told at whole steps of time since it was asked for. Whose stream is read, and
// whether a hash has to be unsealed first, then makes no difference to when it comes; what takes less than a step
// takes one.

/** More than all that is done for a no, but for a hash of usual cost, which differs by more from one to the next. */
const stepMs = 10;

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
