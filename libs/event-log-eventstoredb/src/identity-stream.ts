/**
 * Holds one event, whose id is the log's identity. Not a `$` stream: those need an administrator. It is
 * hidden from every reader, and the port refuses to write to it.
 */
export const identityStream = 'countersign.log-identity';
export const identityType = 'countersign.log-identified';
