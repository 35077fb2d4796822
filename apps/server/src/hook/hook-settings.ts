// What the settings say of the delivery hook, with its secrets read, so that a mistake is found before anybody is let in.

import type { Hook } from '#delivery-hook/destination.js';
import { type HookSecrets, hookSecret } from '#delivery-hook/signature.js';
import { readOwnersFile } from '#server/owners-file.js';
import { type Settings, settingsTable } from '#server/settings.js';
import { StartRefusal } from '#server/start-refusal.js';

export interface HookSettings {
  readonly hook: Hook;
  readonly secrets: HookSecrets;
}

type Given = Pick<Settings, 'hookUrl' | 'hookSecretFile' | 'hookAllowedHosts'>;

/** 128 bits and more in any usual form of text; longer than the longest is no secret but some other file. */
const secretForm = /^[\x21-\x7e]{32,256}$/;
/** One that signs, and one that is being replaced by it, or replaces it. */
const secretsMax = 2;

/** Null without a hook. That the settings belong together is checked by config.ts. */
export function readHook({ hookUrl, hookSecretFile, hookAllowedHosts }: Given): HookSettings | null {
  if (hookUrl === null || hookSecretFile === null) return null;
  const allowedHosts = new Set(hookAllowedHosts ?? []);
  return { hook: { url: new URL(hookUrl), allowedHosts }, secrets: readSecrets(hookSecretFile) };
}

function readSecrets(path: string): HookSecrets {
  const setting = settingsTable.hookSecretFile.name;
  const lines = readOwnersFile(setting, path).replace(/\n$/, '').split('\n');
  if (lines.length <= secretsMax && lines.every((line) => secretForm.test(line)))
    return lines.map(hookSecret);
  throw new StartRefusal(
    `${setting}: ${path} must have one or two lines, each with a secret of 32 to 256 characters without spaces`,
  );
}
