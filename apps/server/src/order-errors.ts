// Why a thread that makes rows did not do what it was asked for.

/** Whoever would do it is not there, or did not answer. The same order may succeed soon, or elsewhere. */
export class ProjectingAway extends Error {
  override readonly name = 'ProjectingAway';
}

/** What was ordered does not go with what is there. */
export class OrderRefused extends Error {
  override readonly name = 'OrderRefused';
}
