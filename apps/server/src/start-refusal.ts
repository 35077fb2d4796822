/** Why the service does not start, in one line for the person who started it. Not a bug of ours. */
export class StartRefusal extends Error {
  override readonly name = 'StartRefusal';
}
