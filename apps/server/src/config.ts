// From the environment to settings, or to everything that is wrong with it. Pure: what a file or a
// directory holds is looked at by those who use it.

import { isIP } from 'node:net';

import { hostOf } from '#delivery-hook/destination.js';
import { isPublicAddress } from '#delivery-hook/public-address.js';
import { nearest } from '#server/nearest.js';
import { isLoopback, type ListenAddress } from '#server/setting-values.js';
import { type Setting, type Settings, settingEntries, settingsTable } from '#server/settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Configuration =
  | { readonly status: 'accepted'; readonly settings: Settings }
  /** Each names its setting and says what is allowed, in one line, and quotes no value. */
  | { readonly status: 'refused'; readonly problems: readonly string[] };

export function readConfiguration(environment: Environment): Configuration {
  const given = Object.keys(environment).filter((name) => /^countersign_/i.test(name));
  const known = new Set<string>(settingEntries.map(([, setting]) => setting.name));
  const unknown = given.filter((name) => !known.has(name)).map(refuseUnknown);
  const results = settingEntries.map(([key, setting]) => [key, readSetting(setting, environment)] as const);
  const bad = results.flatMap(([, result]) => (result.status === 'refused' ? [result.problem] : []));
  const problems = [...unknown, ...bad];
  if (problems.length > 0) return { status: 'refused', problems };
  const settings = Object.fromEntries(
    results.map(([key, result]) => [key, result.status === 'accepted' ? result.value : null]),
  ) as unknown as Settings; // Each key of the table was read by its own parser, just above.
  const together =
    refuseHalfOfTls(settings) ??
    refuseExposedPlaintext(settings) ??
    refuseHalfOfHook(settings) ??
    refuseHookInside(settings);
  if (together !== undefined) return { status: 'refused', problems: [together] };
  return { status: 'accepted', settings };
}

type Reading =
  | { readonly status: 'accepted'; readonly value: unknown }
  | { readonly status: 'refused'; readonly problem: string };

function readSetting(setting: Setting<unknown>, environment: Environment): Reading {
  const text = environment[setting.name] ?? setting.fallback;
  if (text === null) return { status: 'accepted', value: null };
  const mustBe = `${setting.name} must be ${setting.allowed}`;
  if (text.trim() === '') return { status: 'refused', problem: mustBe };
  const parsed = setting.parse(text);
  switch (parsed.status) {
    case 'accepted':
      return parsed;
    case 'refused':
      return { status: 'refused', problem: mustBe };
  }
}

function refuseHalfOfTls({ tlsCertificate, tlsKey, tlsClientAuthority }: Settings): string | undefined {
  const { tlsCertificate: certificate, tlsKey: key, tlsClientAuthority: authority } = settingsTable;
  if (tlsCertificate !== null && tlsKey === null) return `${key.name} must be given with ${certificate.name}`;
  if (tlsKey !== null && tlsCertificate === null) return `${certificate.name} must be given with ${key.name}`;
  if (tlsClientAuthority !== null && tlsCertificate === null)
    return `${certificate.name} must be given with ${authority.name}`;
  return undefined;
}

function refuseExposedPlaintext(settings: Settings): string | undefined {
  if (settings.tlsEndedByProxy || settings.tlsCertificate !== null) return undefined;
  const exposed = (['listen', 'metricsListen'] as const).find((key) => isExposed(settings[key]));
  if (exposed === undefined) return undefined;
  const { tlsEndedByProxy } = settingsTable;
  return `${settingsTable[exposed].name} must be a loopback address: off loopback nothing is served in the clear, unless ${settingsTable.tlsCertificate.name} is given or ${tlsEndedByProxy.name}=yes says that a trusted proxy ends TLS`;
}

function refuseHalfOfHook({ hookUrl, hookSecretFile, hookAllowedHosts }: Settings): string | undefined {
  const { hookUrl: url, hookSecretFile: file, hookAllowedHosts: hosts } = settingsTable;
  if (hookUrl !== null && hookSecretFile === null) return `${file.name} must be given with ${url.name}`;
  if (hookUrl !== null) return undefined;
  if (hookSecretFile !== null) return `${url.name} must be given with ${file.name}`;
  return hookAllowedHosts === null ? undefined : `${url.name} must be given with ${hosts.name}`;
}

/** What can be seen of it already; a name is looked up at each delivery. */
function refuseHookInside({ hookUrl, hookAllowedHosts }: Settings): string | undefined {
  if (hookUrl === null) return undefined;
  const url = new URL(hookUrl);
  const host = hostOf(url);
  if (hookAllowedHosts?.includes(host)) return undefined;
  const isInside = isIP(host) === 0 ? host === 'localhost' : !isPublicAddress(host);
  if (url.protocol === 'https:' && !isInside) return undefined;
  const { hookUrl: setting, hookAllowedHosts: hosts } = settingsTable;
  return `${setting.name} must be https:// and public, unless ${hosts.name} names its host`;
}

const isExposed = (address: ListenAddress | null): boolean => address !== null && !isLoopback(address.host);

function refuseUnknown(name: string): string {
  const names = settingEntries.map(([, setting]) => setting.name);
  const likely = nearest(name.toUpperCase(), names);
  const hint = likely === null ? `allowed are ${names.join(', ')}` : `did you mean ${likely}?`;
  return `${printable(name)} is not a setting; ${hint}`;
}

/** A name comes from outside: it may not break the one line, or repaint the screen. */
function printable(name: string): string {
  return name.slice(0, 64).replaceAll(/[^A-Za-z0-9_]/g, '?');
}
