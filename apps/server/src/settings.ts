// Every setting, once: config.ts reads by this table and docs/settings.md is written from it.

import { kibibytePassesMax, lanesMax, memoryKibibytesMax } from '#secrets/stored-hash.js';
import {
  dialectNames,
  logLevels,
  type Parsed,
  parseCookieName,
  parseDialects,
  parseDirectory,
  parseEventLog,
  parseFile,
  parseHookUrl,
  parseHosts,
  parseHttpUrl,
  parseListenAddress,
  parseLogLevel,
  parseMetricsListen,
  parseNetworks,
  parseOrigins,
  parsePasswordHash,
  parseReadModels,
  parseYesNo,
} from '#server/setting-values.js';
import { cookieNameByDefault } from '#transport/dialects/mfa-enroll/cookie.js';

export interface Setting<Value> {
  readonly name: string;
  readonly meaning: string;
  /** Completes the sentence "<name> must be …". */
  readonly allowed: string;
  /** The text that stands when nothing is given; null when the value is null then. */
  readonly fallback: string | null;
  readonly parse: (text: string) => Parsed<Value>;
}

export const settingsTable = {
  listen: {
    name: 'COUNTERSIGN_LISTEN',
    meaning: 'Where the one port listens. Port 0 takes a free one, which the log names.',
    allowed: '<IP address or localhost>:<port>, an IPv6 address in brackets',
    fallback: '127.0.0.1:8080',
    parse: parseListenAddress,
  },
  dataDirectory: {
    name: 'COUNTERSIGN_DATA_DIR',
    meaning: 'Where the embedded log, read models and keys live. Made with mode 0700 when it is missing.',
    allowed: 'a directory that can be written',
    fallback: './data',
    parse: parseDirectory,
  },
  eventLog: {
    name: 'COUNTERSIGN_EVENT_LOG',
    meaning: 'Which engine keeps the events.',
    allowed: '`embedded`, or an EventStoreDB connection string: esdb://… or esdb+discover://…',
    fallback: 'embedded',
    parse: parseEventLog,
  },
  readModels: {
    name: 'COUNTERSIGN_READ_MODELS',
    meaning:
      'Which engine keeps the read models, and with PostgreSQL the keys of users, too: several servers on one EventStoreDB share both.',
    allowed: '`embedded`, or a PostgreSQL URL: postgres://<user>:<password>@<host>:<port>/<database>',
    fallback: 'embedded',
    parse: parseReadModels,
  },
  masterKeyFile: {
    name: 'COUNTERSIGN_MASTER_KEY_FILE',
    meaning:
      'The keys that wrap the key of each user; the first seals, all open. Without it, the first start makes one in the data directory.',
    allowed: 'a file that only its owner can read, with a line per key: <id> <32 bytes in base64>',
    fallback: null,
    parse: parseFile,
  },
  passwordHash: {
    name: 'COUNTERSIGN_PASSWORD_HASH',
    meaning:
      'What passwords are hashed with, by Argon2id: memory in KiB, passes, lanes. Hashes made with less are made anew at the next login. Less than the default is for tests.',
    allowed: `KiB, passes and lanes, written as m=19456,t=2,p=1, with at most ${lanesMax} lanes, 8 KiB a lane to ${memoryKibibytesMax} KiB in all, and KiB times passes at most ${kibibytePassesMax}`,
    fallback: 'm=19456,t=2,p=1',
    parse: parsePasswordHash,
  },
  passwordBlocklist: {
    name: 'COUNTERSIGN_PASSWORD_BLOCKLIST',
    meaning:
      'Passwords that nobody may choose, in whatever case, such as those of a list of leaks. Read at the start: a million lines take about a second, and eight megabytes from then on.',
    allowed: 'a file in UTF-8 of at most 256 MiB, with a password on each line',
    fallback: null,
    parse: parseFile,
  },
  tlsCertificate: {
    name: 'COUNTERSIGN_TLS_CERT',
    meaning:
      'The certificate of the one port, with those that signed it. TLS is spoken where it and its key are given.',
    allowed: 'a file of certificates in PEM',
    fallback: null,
    parse: parseFile,
  },
  tlsKey: {
    name: 'COUNTERSIGN_TLS_KEY',
    meaning: 'The key of that certificate.',
    allowed: 'a file with a key in PEM',
    fallback: null,
    parse: parseFile,
  },
  tlsClientAuthority: {
    name: 'COUNTERSIGN_TLS_CLIENT_CA',
    meaning: 'The authority that certificates of clients must come from. Without it, none is asked for.',
    allowed: 'a file of certificates in PEM',
    fallback: null,
    parse: parseFile,
  },
  tlsEndedByProxy: {
    name: 'COUNTERSIGN_TLS_ENDED_BY_PROXY',
    meaning: 'Whether a trusted proxy in front ends TLS. Without it, only loopback is served in the clear.',
    allowed: '`yes` or `no`',
    fallback: 'no',
    parse: parseYesNo,
  },
  trustedProxies: {
    name: 'COUNTERSIGN_TRUSTED_PROXIES',
    meaning: 'The addresses or networks whose forwarded headers count.',
    allowed: 'IP addresses or networks such as 10.0.0.0/8, with commas between them',
    fallback: null,
    parse: parseNetworks,
  },
  dialects: {
    name: 'COUNTERSIGN_DIALECTS',
    meaning: 'Which REST dialects are served besides the calls of the contract.',
    allowed: `\`none\`, or names with commas between them, each but once, of ${dialectNames.join(', ')}`,
    fallback: dialectNames.join(','),
    parse: parseDialects,
  },
  cookieName: {
    name: 'COUNTERSIGN_COOKIE_NAME',
    meaning:
      'What the dialect mfa-enroll calls the cookie of a session. Where COUNTERSIGN_EXTERNAL_URL is https, `__Host-` is put before it.',
    allowed: '1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first',
    fallback: cookieNameByDefault,
    parse: parseCookieName,
  },
  corsOrigins: {
    name: 'COUNTERSIGN_CORS_ORIGINS',
    meaning: 'The origins whose pages may call from a browser. Without it, no other origin may.',
    allowed:
      'origins as browsers send them, https://… or http://localhost with or without a port, with commas between them',
    fallback: null,
    parse: parseOrigins,
  },
  metricsListen: {
    name: 'COUNTERSIGN_METRICS_LISTEN',
    meaning:
      'Where `/metrics` is served for Prometheus, over TLS where the one port speaks it. Port 0 takes a free one, which the log names.',
    allowed: '`off`, or <IP address or localhost>:<port>, an IPv6 address in brackets',
    fallback: '127.0.0.1:9464',
    parse: parseMetricsListen,
  },
  otelEndpoint: {
    name: 'COUNTERSIGN_OTEL_ENDPOINT',
    meaning:
      'The collector that spans of traces are sent to, by OTLP over HTTP; `/v1/traces` is added. Without it, nothing is traced.',
    allowed: 'an http:// or https:// URL without credentials, query or fragment',
    fallback: null,
    parse: parseHttpUrl,
  },
  hookUrl: {
    name: 'COUNTERSIGN_HOOK_URL',
    meaning:
      'The receiver that is told of what happens to users: see [operations/delivery-hook.md](operations/delivery-hook.md). Without it, nobody is.',
    allowed:
      'an https:// URL without credentials or fragment; http:// and a private address only where COUNTERSIGN_HOOK_ALLOWED_HOSTS names its host',
    fallback: null,
    parse: parseHookUrl,
  },
  hookSecretFile: {
    name: 'COUNTERSIGN_HOOK_SECRET_FILE',
    meaning: 'What deliveries are signed by; with two lines by each, while one replaces the other.',
    allowed:
      'a file that only its owner can read, with one or two lines, each a secret of 32 to 256 characters',
    fallback: null,
    parse: parseFile,
  },
  hookAllowedHosts: {
    name: 'COUNTERSIGN_HOOK_ALLOWED_HOSTS',
    meaning: 'Hosts of the receiver that may have a private address, and be spoken to in the clear.',
    allowed: 'host names or IP addresses, without ports or brackets, with commas between them',
    fallback: null,
    parse: parseHosts,
  },
  externalUrl: {
    name: 'COUNTERSIGN_EXTERNAL_URL',
    meaning: 'Where callers find the service: who it says it is in the proofs that it signs, as their `iss`.',
    allowed: 'an http:// or https:// URL without credentials, query or fragment',
    fallback: 'http://localhost:8080',
    parse: parseHttpUrl,
  },
  logLevel: {
    name: 'COUNTERSIGN_LOG_LEVEL',
    meaning: 'The least severe lines that are written.',
    allowed: `one of ${logLevels.join(', ')}`,
    fallback: 'info',
    parse: parseLogLevel,
  },
} as const satisfies Record<string, Setting<unknown>>;

type Table = typeof settingsTable;
type ValueOf<Entry> =
  Entry extends Setting<infer Value>
    ? Entry extends { readonly fallback: null }
      ? Value | null
      : Value
    : never;

export type Settings = { readonly [Key in keyof Table]: ValueOf<Table[Key]> };

export const settingEntries = Object.entries(settingsTable) as readonly (readonly [
  keyof Settings,
  Setting<unknown>,
])[];
