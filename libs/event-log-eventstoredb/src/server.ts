import type { Timings } from '#event-log-eventstoredb/limits.js';
import type { Reachability } from '#event-log-eventstoredb/reachability.js';
import type { ThreadLink } from '#event-log-eventstoredb/thread-link.js';

/** The server, as everything on this side of the thread sees it. */
export interface Server {
  readonly link: ThreadLink;
  readonly reachability: Reachability;
  readonly timings: Timings;
}
