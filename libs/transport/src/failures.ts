import type { CallRefusal } from '#transport/refusals.js';

/** Of whatever keeps events, keys or rows: which of its failures means what for a caller. */
const failures: Readonly<Record<string, CallRefusal>> = {
  unavailable: { code: 'unavailable' },
  'outcome-unknown': { code: 'outcome-unknown' },
  'too-slow': { code: 'unavailable' },
};
const keepers: ReadonlySet<string> = new Set(['EventLogError', 'KeyStoreError', 'ModelStoreError']);
/** Of a thread that makes rows. */
const threadAway = 'ProjectingAway';

const internal: CallRefusal = { code: 'internal' };

/** By name and code, since transport does not reach the log and the keys behind commands. Nothing else is told. */
export function failureOf(error: unknown): CallRefusal {
  if (error instanceof Error && error.name === threadAway) return { code: 'unavailable' };
  if (!(error instanceof Error && keepers.has(error.name) && 'code' in error)) return internal;
  return (
    (typeof error.code === 'string' && Object.hasOwn(failures, error.code) && failures[error.code]) ||
    internal
  );
}
