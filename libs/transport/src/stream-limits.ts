// What streams may take. Each is open for long, so it is their number that is bounded.

/** Each looks for itself for what it tells: as many as a few offices of operators keep open. */
export const streamsMax = 256;

/** One caller must not take them all. */
export const streamsPerCallerMax = 64;

/** The longest; whoever wants more begins anew, and finds the replicas that came since. */
export const streamWithinMs = 30 * 60_000;

/** How soon a token that is revoked ends its streams, and a right that is taken away. */
export const lookAgainMs = 500;

/** For what was written last to reach a reader who may not be reading. */
export const lingerMs = 500;
