// How the text of a setting becomes a value. Every refusal says what is allowed and never what was
// given: a connection string or a key must not end up on a screen because of a typing error.

import { isIP, isIPv4, isIPv6 } from 'node:net';

import { type Argon2Parameters, isBearable } from '#secrets/stored-hash.js';

export type Parsed<Value> =
  | { readonly status: 'accepted'; readonly value: Value }
  | { readonly status: 'refused' };

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export type EventLogChoice =
  | { readonly engine: 'embedded' }
  | { readonly engine: 'eventstoredb'; readonly connectionString: string };

export type ReadModelsChoice =
  | { readonly engine: 'embedded' }
  | { readonly engine: 'postgres'; readonly url: string };

const refused = { status: 'refused' } as const;
const accepted = <Value>(value: Value): Parsed<Value> => ({ status: 'accepted', value });

export function parseListenAddress(text: string): Parsed<ListenAddress> {
  const [, name = '', digits = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const host = hostOf(name);
  const port = Number(digits);
  return host !== undefined && port <= 65_535 ? accepted({ host, port }) : refused;
}

/** Null where nothing is served. */
export function parseMetricsListen(text: string): Parsed<ListenAddress | null> {
  return text === 'off' ? accepted(null) : parseListenAddress(text);
}

function hostOf(name: string): string | undefined {
  if (name === 'localhost') return '127.0.0.1';
  if (isIPv4(name)) return name;
  const [, inBrackets = ''] = /^\[(.*)\]$/.exec(name) ?? [];
  return isIPv6(inBrackets) ? inBrackets : undefined;
}

export function isLoopback(host: string): boolean {
  return host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

export function parseDirectory(text: string): Parsed<string> {
  return text.includes('\0') ? refused : accepted(text);
}

const esdbHost = String.raw`(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?`;
const esdbConnectionString = new RegExp(
  String.raw`^esdb(?:\+discover)?://(?:[^\s/?#@]+@)?${esdbHost}(?:,${esdbHost})*/?(?:\?[^\s#]*)?$`,
);

export function parseEventLog(text: string): Parsed<EventLogChoice> {
  if (text === 'embedded') return accepted({ engine: 'embedded' });
  if (!esdbConnectionString.test(text)) return refused;
  return accepted({ engine: 'eventstoredb', connectionString: text });
}

/** What the driver would fill in by itself, from the environment or by guessing, has to be said here. */
export function parseReadModels(text: string): Parsed<ReadModelsChoice> {
  if (text === 'embedded') return accepted({ engine: 'embedded' });
  if (!/^postgres(?:ql)?:\/\/[^\s#]+$/.test(text) || !URL.canParse(text)) return refused;
  const { hostname, username, pathname } = new URL(text);
  const isWhole = hostname !== '' && username !== '' && /^\/[^/]+$/.test(pathname);
  return isWhole ? accepted({ engine: 'postgres', url: text }) : refused;
}

/** Whether it can be read and what is in it is looked at by master-key-file.ts. */
export function parseFile(text: string): Parsed<string | null> {
  return text.includes('\0') ? refused : accepted(text);
}

export function parseNetworks(text: string): Parsed<readonly string[]> {
  const networks = text.split(',').map((part) => part.trim());
  return networks.every(isNetwork) ? accepted(networks) : refused;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const bitsMax = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (bitsMax === -1 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
}

/** Each in the one form that a browser sends: lower case, no default port, no path. None stands for several. */
export function parseOrigins(text: string): Parsed<readonly string[]> {
  const origins = text.split(',').map((part) => part.trim());
  return origins.every(isOrigin) ? accepted(origins) : refused;
}

function isOrigin(text: string): boolean {
  if (!/^(?:https:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])|http:\/\/localhost)(?::\d{1,5})?$/.test(text))
    return false;
  return URL.canParse(text) && new URL(text).origin === text;
}

export function parseHttpUrl(text: string): Parsed<string> {
  if (!URL.canParse(text)) return refused;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  return isHttp && isPlain ? accepted(url.href.replace(/\/$/, '')) : refused;
}

/** Where it leads is looked at by config.ts and, at each delivery, by the hook. */
export function parseHookUrl(text: string): Parsed<string> {
  if (!URL.canParse(text)) return refused;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '' && url.hash === '';
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  return isHttp && isPlain ? accepted(url.href) : refused;
}

/** In the form in which a URL has them. */
export function parseHosts(text: string): Parsed<readonly string[]> {
  const hosts = text.split(',').map((part) => hostAsInUrls(part.trim()));
  return hosts.every((host) => host !== null) ? accepted(hosts) : refused;
}

function hostAsInUrls(text: string): string | null {
  if (isIPv6(text)) return new URL(`http://[${text}]`).hostname.slice(1, -1);
  const isName = /^[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})$/.test(text) && URL.canParse(`http://${text}`);
  return isName ? new URL(`http://${text}`).hostname : null;
}

export function parsePasswordHash(text: string): Parsed<Argon2Parameters> {
  const [, memory, passes, lanes] = /^m=(\d{1,6}),t=(\d{1,6}),p=(\d{1,2})$/.exec(text) ?? [];
  const parameters = { memoryKibibytes: Number(memory), passes: Number(passes), parallelism: Number(lanes) };
  return isBearable(parameters) ? accepted(parameters) : refused;
}

/** Besides the calls of the contract. */
export const dialectNames = ['tenant', 'api-key', 'me-2fa', 'mfa-enroll'] as const;
export type DialectName = (typeof dialectNames)[number];

/** Each but once: naming one twice is a mistake somewhere. */
export function parseDialects(text: string): Parsed<readonly DialectName[]> {
  if (text === 'none') return accepted([]);
  const names = text.split(',').map((part) => part.trim());
  const known = dialectNames.filter((name) => names.includes(name));
  return known.length === names.length ? accepted(known) : refused;
}

/** RFC 6265 §4.1.1: a token, and short, since every request carries it. */
export function parseCookieName(text: string): Parsed<string> {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? accepted(text) : refused;
}

export function parseYesNo(text: string): Parsed<boolean> {
  return text === 'yes' || text === 'no' ? accepted(text === 'yes') : refused;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

export function parseLogLevel(text: string): Parsed<LogLevel> {
  const level = logLevels.find((known) => known === text);
  return level === undefined ? refused : accepted(level);
}
