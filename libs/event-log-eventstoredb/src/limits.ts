// Every bound of the adapter, with its reason. What tests shorten is in `Timings`.

export interface Timings {
  /** One attempt of an append. The server itself gives up on a write after 2 s and says so; later is silence. */
  readonly appendAttemptMs: number;
  /** An append with all its retries: below the 10 s that a request has, so that the caller hears of it. */
  readonly appendTotalMs: number;
  /** One attempt of a read, counted anew whenever a part of the page arrives. */
  readonly readAttemptMs: number;
  /** A read with all its retries. */
  readonly readTotalMs: number;
  /** How long a call waits for a server that just went away before it is refused. */
  readonly patienceMs: number;
  /** What the server may take to answer whether it is there. */
  readonly probeMs: number;
  /** A subscription that is at rest is looked after so often: one that died silently is found, and resumed. */
  readonly restMs: number;
  /** How long something may be missing before a subscription that does not deliver it is resumed. */
  readonly stalledAfterMs: number;
}

export const defaultTimings: Timings = {
  appendAttemptMs: 2_500,
  appendTotalMs: 8_000,
  readAttemptMs: 3_000,
  readTotalMs: 8_000,
  patienceMs: 1_000,
  probeMs: 2_000,
  restMs: 15_000,
  stalledAfterMs: 3_000,
};

/** Retries are jittered between nothing and a step that doubles from the first to the last of these. */
export const backoffFirstMs = 50;
export const backoffLastMs = 1_000;

/** A server that is gone is asked about once in this time, so that it is found within 3 s and not stormed. */
export const probeEveryMs = 1_000;

/** Attempts of one append; its deadline comes first unless the server fails it at once every time. */
export const appendAttemptsMax = 32;

/** Rounds of an `exists` append that loses to others: each loss means that another append won. */
export const existsRoundsMax = 64;

/** Appends on their way to the server; more wait. Far above what saturates one connection. */
export const appendsInFlightMax = 1_024;

/** Bytes of those appends: 32 of the largest. */
export const appendBytesInFlightMax = 32 * 1024 * 1024;

/** The server takes 100 streams on one connection and lets any further wait for ever; some are left spare. */
export const streamsPerConnectionMax = 90;

/** Reads at once; more wait in line within their own deadline. */
export const readsInFlightMax = 64;

/** One message of rows between the thread and its owner: big enough to be cheap, small enough to hold. */
export const chunkRowsMax = 256;
export const chunkCharactersMax = 512 * 1024;

/** Chunks of a subscription that may be on their way: one is read while the next is made. */
export const chunksInFlightMax = 2;

/** Checkpoints without an event between them come no more often. */
export const checkpointEveryMs = 10;

/** How long a subscription must be quiet before it is asked whether it has caught up. */
export const quietFirstMs = 5;
export const quietLastMs = 250;

/** How far beyond the last delivered event a quiet subscription looks; a server sends a checkpoint every 32. */
export const lookAheadEvents = 256;

/** The first round of reading past events that are not ours, doubled up to the last. */
export const roundFirstEvents = 64;
export const roundLastEvents = 4_096;

/** A thread that dies again and again is started after a delay that doubles between these. */
export const restartFirstMs = 50;
export const restartLastMs = 5_000;

/** A thread that lived so long starts again without delay. */
export const restartForgivenAfterMs = 2_000;

/** What the thread may take to say what became of a request that nobody waits for any more. */
export const abandonAnswerMs = 100;

/** What closing waits for the thread before it is ended. */
export const threadCloseMs = 1_000;
