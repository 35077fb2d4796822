// What a connection, a call and its parts may take over HTTP/2. Each holds whatever the client says it accepts.

/** Far above every call there is: the largest carries a user with its metadata. Also after decompression. */
export const messageBytesMax = 64 * 1024;

/** Names and values of all metadata together, with 32 bytes for each pair as HTTP/2 counts; four times what a call needs. */
export const metadataBytesMax = 16 * 1024;

/** A call brings some fifteen; a thousand of one byte are a way to spend our memory. */
export const metadataPairsMax = 64;

/** Messages nested in one another: filters of lists are the deepest, and JSON has the same bound. */
export const messageDepthMax = 32;

/** A proxy leads all its callers through a few connections; each open call holds a message at most. */
export const streamsPerConnectionMax = 256;

/** What is queued for a client that does not read; beyond it new calls of that connection are refused. In megabytes. */
export const connectionMegabytesMax = 16;

/** A call's deadline where it names none, and the longest that it may name. */
export const callWithinMs = 10_000;

/** After this a call that is answered, but not fetched by its client, is cut off: deadline and some seconds to read. */
export const callCutOffAfterMs = 15_000;

/** Clients then connect anew, and so find the replicas that came since. */
export const connectionAgeMs = 30 * 60_000;

/** For what is still open when a connection is told that it is too old: as long as a call may take. */
export const connectionAgeGraceMs = callCutOffAfterMs;

/** A peer that is gone without a word is noticed within this and the answer's time. */
export const pingEveryMs = 60_000;
export const pingAnswerWithinMs = 20_000;

/** Clients that probe their bandwidth ping with each answer; so many may come without a call between. */
export const pingsWithoutCallMax = 20;
/** One more of them is forgiven in each such time: a client may ask every 10 s for as long as it likes. */
export const pingForgivenEveryMs = 10_000;

/** CVE-2023-44487. A client with short deadlines cancels a burst of calls; one that goes on so is cut off. */
export const resetsBurst = 1_000;
export const resetsPerSecond = 33;

/** Frames that make no sense, before the connection is: a client has a bug, or means it. */
export const invalidFramesMax = 100;

/** How often open calls and connections are looked at, and so how exact `callCutOffAfterMs` and their age are. */
export const sweepEveryMs = 1_000;

/** At once, over all connections: an answer is up to some 200 KB, and nobody has to say who he is for it. */
export const reflectionStreamsMax = 64;

/** Questions that one reflection stream may ask; a client that reads the whole contract asks some twenty. */
export const reflectionQuestionsMax = 1_000;

/** Watches of health, over all connections: each probe keeps one. */
export const watchesMax = 1_000;

/** Once the door is closed: a call that is already on its way is taken and answered. */
export const graceMs = 250;

/** When all calls are answered: for clients to read the last answers and to leave by themselves. */
export const lingerMs = 500;

/** Of a call that is answered already, some are on their way; who goes on after them sends to nobody. */
export const droppedBytesMax = 1024 * 1024;
