// What a connection may take before it is known which protocol it speaks.

/** Above what one process serves well, below the handles that it may open; an idle one costs some 15 KB. */
export const connectionsMax = 10_000;

/** To the end of the first bytes, or of the handshake: a slow phone needs a second or two. */
export const firstBytesWithinMs = 10_000;

/** Leaves the event log its share of the 10 s that an end may take. */
export const drainWithinMs = 7_000;
