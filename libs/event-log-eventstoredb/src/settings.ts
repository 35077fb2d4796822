// What a log is opened with, and the connection string that the client gets.

import type { Timings } from '#event-log-eventstoredb/limits.js';

export interface ForeignEvents {
  /** Since the last report. */
  readonly count: number;
  readonly lastStream: string;
  readonly lastType: string;
  readonly reason: string;
}

export interface EventStoreDbSettings {
  /** `esdb://…` or `esdb+discover://…`, as EventStoreDB's own clients take it. */
  readonly connectionString: string;
  readonly timings?: Partial<Timings>;
  /** Events of other writers that do not have the port's shape were skipped. */
  readonly onForeignEvents?: (foreign: ForeignEvents) => void;
  /** The client's thread died and is started again. */
  readonly onRestart?: (reason: string) => void;
}

const knownKeys: readonly string[] = [
  'usercertfile',
  'userkeyfile',
  'maxdiscoverattempts',
  'connectionname',
  'defaultdeadline',
  'discoveryinterval',
  'gossiptimeout',
  'nodepreference',
  'tls',
  'tlsverifycert',
  'tlscafile',
  'throwonappendfailure',
  'keepaliveinterval',
  'keepalivetimeout',
];

/** Throws `TypeError`; the text never holds the connection string, which may hold a password. */
export function checkConnectionString(connectionString: string): void {
  if (!/^esdb(\+discover)?:\/\/./.test(connectionString)) {
    throw new TypeError('the connection string must begin with esdb:// or esdb+discover://');
  }
  const query = connectionString.split('?', 2)[1] ?? '';
  const keys = query.split('&').map((pair) => pair.split('=', 1)[0] ?? '');
  const unknown = keys.find(
    (key) => key !== '' && !knownKeys.includes(key.toLowerCase().replace(/[_-]/g, '')),
  );
  if (unknown === undefined) return;
  throw new TypeError(`the connection string has an option that the client does not know: ${unknown}`);
}

/** Without the user and password that may stand before the hosts. */
export function withoutSecrets(text: string, connectionString: string): string {
  const userInfo = /^[^:]+:\/\/([^@/?]*)@/.exec(connectionString)?.[1];
  if (userInfo === undefined || userInfo === '') return text;
  return [userInfo, ...userInfo.split(':')].reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

/** The client's own default, around which each connection gets a value of its own. */
const keepAliveTimeoutMs = 10_000;
const connectionVariants = 1_000;

/**
 * grpc-js shares one connection between channels with equal options, also after it failed, with its growing
 * delay before the next attempt. A timeout that differs by a millisecond makes each client's connection its
 * own. Conflicts must be thrown: the client's other way of telling them is wrong.
 */
export function connectionStringFor(connectionString: string, connection: number): string {
  const trimmed = connectionString.trim().replace(/\/+$/, '');
  const joint = trimmed.includes('?') ? '&' : '?';
  const timeout = keepAliveTimeoutMs + (connection % connectionVariants);
  return `${trimmed}${joint}keepAliveTimeout=${timeout}&throwOnAppendFailure=true`;
}
