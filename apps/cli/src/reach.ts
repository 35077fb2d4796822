// The two ways to the same deed: by the API of a service that runs, or with the application opened over the data
// directory by this process, under its lock.

import type { Call } from '#cli/command.js';
import { notNow } from '#cli/command-failure.js';
import { type House, openHouse } from '#cli/house.js';
import { isReady, runningOn, urlOf } from '#cli/running.js';
import { ServiceApi } from '#cli/service-api.js';
import { embeddedDirectoryOf, settingsOf } from '#cli/settings-of.js';

export interface Ways<Answer> {
  readonly byApi: (service: ServiceApi) => Promise<Answer>;
  /** Null where only a running service can do it. */
  readonly offline: ((house: House) => Promise<Answer>) | null;
}

export async function reach<Answer>(call: Call, { byApi, offline }: Ways<Answer>): Promise<Answer> {
  const url = await serviceOf(call);
  if (url !== null) return await byApi(ServiceApi.of(call, url));
  if (offline === null)
    throw notNow('no service runs on the data directory', 'start it, or name one elsewhere by --url');
  const house = await openHouse(call);
  try {
    return await offline(house);
  } finally {
    await house.close();
  }
}

/** Null where the log is on this machine, and no service was named: then its files are read. */
export async function serviceElsewhere(call: Call): Promise<ServiceApi | null> {
  const isHere = call.given.text('url') === null && settingsOf(call).eventLog.engine === 'embedded';
  if (isHere) return null;
  const url = await serviceOf(call);
  if (url !== null) return ServiceApi.of(call, url);
  throw notNow(
    'the log is elsewhere, and no service is ready here',
    'start it, or name one elsewhere by --url',
  );
}

/** Where a service is that is to be called; null where none runs. */
export async function serviceOf(call: Call): Promise<string | null> {
  const given = call.given.text('url');
  if (given !== null) return urlGiven(given);
  const settings = settingsOf(call);
  const url = urlOf(settings);
  if (settings.eventLog.engine === 'embedded')
    return runningOn(embeddedDirectoryOf(call)) === null ? null : url;
  return (await isReady(url)) ? url : null;
}

function urlGiven(text: string): string {
  if (/^https?:\/\/[^/?#@]+\/?$/.test(text) && URL.canParse(text)) return text.replace(/\/$/, '');
  throw notNow('--url must be http:// or https:// with a host and a port', 'such as http://127.0.0.1:8080');
}
