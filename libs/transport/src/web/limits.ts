// What a call of a browser may take. Each holds whatever its headers say.

/** Far above every call there is: the largest carries a user with its metadata. Also after decompression. */
export const messageBytesMax = 64 * 1024;

/** Of gRPC-Web: flags and a length, before each message. */
export const frameHeadBytes = 5;

/** The largest message with its head, in base64. */
export const bodyBytesMax = Math.ceil((messageBytesMax + frameHeadBytes) / 3) * 4;

/** A call's deadline where it names none, and the longest that it may name. */
export const callWithinMs = 10_000;
