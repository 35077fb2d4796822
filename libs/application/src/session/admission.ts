// Whether a session may begin, by rules that commands know nothing of. They are asked once it is known whom it is about, and
// that what was shown is right: nobody else learns from the answer whether there is such a user, and in which organization.

import type { Somebody } from '#application/session/find-user.js';
import type { Rejected } from '#domain/decider.js';

/** Roles allow it, and policies of the organization do not. */
export interface PolicyDenied {
  readonly code: 'policy-denied';
  readonly notices: readonly {
    readonly notice: string;
    /** Null where the policy has none. */
    readonly code: string | null;
  }[];
}

/** Null where it may. */
export type Admit = (somebody: Somebody) => Promise<Rejected<PolicyDenied> | null>;
