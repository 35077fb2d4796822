// A real browser for specs, where the machine has one: nothing is downloaded for it.

import { existsSync } from 'node:fs';

import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Sites are told apart by names, and none of them is asked for outside. */
const everyNameIsHere = '--host-resolver-rules=MAP * 127.0.0.1';

/** One browser for all that `check` declares; it asks for the browser while its tests run. */
export function describeInBrowser(title: string, check: (browser: () => Browser) => void): void {
  if (!existsSync(executablePath)) {
    it.skip(`${title} [gap: there is no ${executablePath} here]`, () => undefined);
    return;
  }
  describe(title, () => {
    let browser: Browser | null = null;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: [...quietly, everyNameIsHere] });
    }, 60_000);
    afterAll(() => browser?.close(), 60_000);
    check(() => {
      if (browser === null)
        throw new Error('the browser is there while tests run, not while they are declared');
      return browser;
    });
  });
}
