// The files of TLS, read and tried at start, so that a mistake in them is found before anybody is let in.

import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

import { type Settings, settingsTable } from '#server/settings.js';
import { StartRefusal } from '#server/start-refusal.js';
import type { TlsOptions } from '#transport/tls.js';

type TlsSettings = Pick<Settings, 'tlsCertificate' | 'tlsKey' | 'tlsClientAuthority'>;

/** Null without TLS. That the files belong together is checked by config.ts. */
export function readTls(settings: TlsSettings): TlsOptions | null {
  if (settings.tlsCertificate === null || settings.tlsKey === null) return null;
  const certificate = read('tlsCertificate', settings.tlsCertificate);
  const key = read('tlsKey', settings.tlsKey);
  const { tlsClientAuthority } = settings;
  const clientAuthority = tlsClientAuthority === null ? null : read('tlsClientAuthority', tlsClientAuthority);
  attempt('tlsCertificate', 'is not a certificate in PEM', () => createSecureContext({ cert: certificate }));
  attempt('tlsKey', 'is not the key of that certificate, in PEM and without a password', () =>
    createSecureContext({ cert: certificate, key }),
  );
  if (clientAuthority !== null)
    attempt('tlsClientAuthority', 'is not a certificate in PEM', () =>
      createSecureContext({ ca: clientAuthority }),
    );
  return { certificate, key, clientAuthority };
}

function read(name: keyof TlsSettings, path: string): string {
  return attempt(name, `cannot be read: ${path}`, () => readFileSync(path, 'utf8'));
}

function attempt<Result>(name: keyof TlsSettings, problem: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw new StartRefusal(`${settingsTable[name].name} ${problem}`, { cause: error });
  }
}
