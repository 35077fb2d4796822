// What one connection and one request may take. The times let an attacker who sends or reads a byte at a
// time hold a connection for 15 s, and leave a slow phone enough.

/** Far above every call there is: the largest carries a name, a code and a few ids. */
export const bodyBytesMax = 64 * 1024;

/** All headers of a request together; a token and its proxy's headers fit four times over. */
export const headerBytesMax = 16 * 1024;

/** From the first byte of a request to the last of its headers. */
export const headersTimeoutMs = 10_000;

/** From the first byte of a request to the last of its body. */
export const requestTimeoutMs = 14_000;

/** How often the two above are looked at: the sum stays within 15 s. */
export const timeoutCheckMs = 1_000;

/** Without a byte in either direction while a request is open: the reader has gone. */
export const silenceTimeoutMs = 15_000;

/** Longer than the 60 s for which common proxies keep a connection: the proxy ends it, not we under its request. */
export const keepAliveTimeoutMs = 65_000;

/** A route parameter is an id of at most 200 characters, percent-encoded at worst. */
export const routeParameterCharactersMax = 600;
