// The W3C's Trace Context §3.2: version, trace id, parent id, flags. What is malformed is none.

export interface TraceParent {
  readonly traceId: string;
  /** Of the caller's own span. */
  readonly spanId: string;
  /** Whether the caller records its part of the trace. */
  readonly isSampled: boolean;
}

const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

export function traceParentOf(header: string | null): TraceParent | null {
  if (header === null) return null;
  const [, traceId, spanId, flags] = form.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags as string, 16) & 1) === 1 };
}
