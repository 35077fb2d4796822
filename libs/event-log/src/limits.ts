// Each limit is small enough for every EventStoreDB server (1 MiB an append by default up to 25.0) and
// the same on every engine, so that moving from one to another refuses nothing that was accepted before.

/** One append shares one transaction and one answer; a thousand events is far above what one command makes. */
export const eventsPerAppendMax = 1_000;

/** Type, data and metadata of one event as UTF-8. Data that is larger than this is a file, not a fact. */
export const eventBytesMax = 512 * 1024;

/** All events of one append together. */
export const appendBytesMax = 1024 * 1024;

/** One page of a read: what one caller may hold in memory at a time. */
export const eventsPerReadMax = 4_096;

/** How far back an append that expects only `exists` looks for its own ids, to recognise a retry. */
export const existsLookbackEvents = 256;

/** EventStoreDB carries stream names in gRPC trailers: printable ASCII only. */
export const nameCharactersMax = 512;
