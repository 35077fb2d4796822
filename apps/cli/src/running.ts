// Whether a service runs on a data directory, and whether it answers.

import { DirectoryLock } from '#event-log-sqlite/directory-lock.js';
import type { Settings } from '#server/settings.js';

/** A service that is there answers at once; one that is not is refused at once. */
const answerWithinMs = 3_000;

export interface Running {
  /** Of the process that holds the data directory: a service, or a command like this one. */
  readonly pid: number;
}

export function runningOn(directory: string): Running | null {
  return DirectoryLock.holderOf(directory);
}

/** Where a service with these settings is reached from this machine. */
export function urlOf({ listen, tlsCertificate }: Settings): string {
  const { host, port } = listen;
  const scheme = tlsCertificate === null ? 'http' : 'https';
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const name = everywhere[host] ?? host;
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

export async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(answerWithinMs) })).ok;
  } catch {
    return false;
  }
}
