// What a row of the table knows of a protocol: a call by its name and the canonical JSON of its message goes out,
// and what was told comes back in the same form from each.

import type { JsonObject } from '@bufbuild/protobuf';

/** What a call may bring along besides its message. */
export interface Brings {
  /** Null for none at all. */
  readonly token?: string | null;
  /** Further headers or metadata, by names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly compressed?: boolean;
  /** With a field that no version of the message has. */
  readonly fieldOfTomorrow?: boolean;
}

export interface Told {
  /** gRPC's number; 0 where it was done. */
  readonly status: number;
  readonly message: string;
  /** Each with the name of its type. */
  readonly details: readonly JsonObject[];
  /** Empty where it was refused. */
  readonly answer: JsonObject;
  /** And trailers, where the protocol has them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Protocol {
  readonly name: string;
  /** UNIMPLEMENTED, or NOT_FOUND where a method is a path like any other. */
  readonly noSuchMethod: 12 | 5;
  /** By `package.Service/Method`. */
  call(path: string, request: JsonObject, brings?: Brings): Promise<Told>;
  close(): void;
}

/** What each protocol adds to the headers of any call. */
export function headersOf({ token = null, headers = {} }: Brings): Record<string, string> {
  return token === null ? { ...headers } : { authorization: `Bearer ${token}`, ...headers };
}
