// Streams over REST: a line of JSON for each message, in the envelope that gateways of gRPC have made known.

/** https://github.com/ndjson/ndjson-spec */
export const streamContentType = 'application/x-ndjson';
