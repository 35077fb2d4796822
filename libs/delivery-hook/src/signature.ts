// By which the receiver knows that a delivery came from here, and when it was sent.

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** A secret that is being replaced signs beside its successor, until the receiver knows that one. */
export type HookSecrets = readonly KeyObject[];

export const hookSecret = (text: string): KeyObject => createSecretKey(text, 'utf8');

export interface SignedHeaders {
  /** Seconds since 1970. */
  readonly 'countersign-timestamp': string;
  /** `v1=<hex>`, one for each secret, with commas between them. */
  readonly 'countersign-signature': string;
}

/** HMAC-SHA256 over `<timestamp>.<body>`: neither can be exchanged for that of another delivery. */
export function signed(body: string, secrets: HookSecrets, now: number): SignedHeaders {
  const timestamp = String(Math.floor(now / 1_000));
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
  );
  return { 'countersign-timestamp': timestamp, 'countersign-signature': signatures.join(',') };
}
