// What a call was counted by, so that its answer can tell: what is left, and when all of it is there again.

import type { Limit } from '#access/rate-limits.js';
import type { Taken } from '#access/token-buckets.js';
import type { QuotaFigure, QuotaFigures } from '#application/quota/quotas.js';
import type { AnswerHeaders } from '#transport/call.js';

/** As headers name it. */
export type LimitName = 'calls' | 'checks' | 'hashes' | 'own-checks' | 'own-hashes' | 'address' | 'logins';

interface Counted {
  readonly name: LimitName;
  readonly limit: Limit;
  readonly taken: Taken;
}

export interface QuotasTold {
  /** Null while nothing was counted, too. */
  readonly figures: () => QuotaFigures | null;
  readonly counted: () => Promise<void> | null;
}

export class Tally {
  /** Where headers cost little; elsewhere only a refusal tells them. */
  readonly isAlwaysTold: boolean;
  readonly #counted: Counted[] = [];
  #refusing: Counted | null = null;
  #quotas: QuotasTold | null = null;

  constructor({ isAlwaysTold }: { readonly isAlwaysTold: boolean }) {
    this.isAlwaysTold = isAlwaysTold;
  }

  /** What the organization of the caller used, once it is known whose call it is; null where it has no ceiling. */
  get quotas(): QuotaFigures | null {
    return this.#quotas?.figures() ?? null;
  }

  /** Null where there is nothing to wait for. */
  countQuotas(): Promise<void> | null {
    return this.#quotas?.counted() ?? null;
  }

  /** Looked up only where an answer tells it. */
  tellQuotas(quotas: QuotasTold): void {
    this.#quotas = quotas;
  }

  /** One request may be several calls of the contract, and is counted as one. */
  has(name: LimitName): boolean {
    return this.#counted.some((counted) => counted.name === name);
  }

  note(name: LimitName, limit: Limit, taken: Taken): void {
    const counted = { name, limit, taken };
    this.#counted.push(counted);
    if (!taken.allowed) this.#refusing = counted;
  }

  /** The three are of the bucket that refused the call, else of the first that it took of. Nothing where it took of none. */
  headersAt(now: number): AnswerHeaders {
    const first = this.#refusing ?? this.#counted[0];
    if (first === undefined) return none;
    const { limitPerSecond, remaining, fullAtMs } = first.taken;
    return {
      'x-ratelimit-limit': String(limitPerSecond),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': new Date(fullAtMs).toISOString(),
      'ratelimit-policy': this.#counted.map(policyOf).join(', '),
      ratelimit: this.#counted.map((counted) => leftOf(counted, now)).join(', '),
    };
  }
}

export function quotaHeadersOf(figures: QuotaFigures | null): AnswerHeaders {
  if (figures === null) return none;
  const { turns, relationships, resetAt } = figures;
  return {
    ...headersOf('turns', turns),
    ...headersOf('relationships', relationships),
    'x-quota-reset': new Date(resetAt).toISOString(),
  };
}

const headersOf = (name: string, { used, ceiling }: QuotaFigure): AnswerHeaders => ({
  [`x-quota-${name}-used`]: String(used),
  ...(ceiling !== null && { [`x-quota-${name}-limit`]: String(ceiling) }),
});

const none: AnswerHeaders = {};

/** Parameters of draft-ietf-httpapi-ratelimit-headers-10: a quota, and the seconds in which it fills up. */
const policyOf = ({ name, limit: { burst, perSecond } }: Counted): string =>
  `"${name}";q=${Math.floor(burst)};w=${Math.ceil(burst / perSecond)}`;

const leftOf = ({ name, taken: { remaining, fullAtMs } }: Counted, now: number): string =>
  `"${name}";r=${remaining};t=${Math.max(0, Math.ceil((fullAtMs - now) / 1_000))}`;
